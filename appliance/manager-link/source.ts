// Something that the manager is to be told. A source keeps what it offers until that is acknowledged, and offers it again till then.

export interface Push {
  readonly path: string
  readonly body: object
  /** The manager has it on disk. */
  readonly acknowledged: () => void
  /** A manager that does not take it at all is not asked again: it is older than this appliance. */
  readonly optional?: true
}

/** What is to be told next; undefined when all is told. */
export type Source = () => Push | undefined
