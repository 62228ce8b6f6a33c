// Something that the manager is to be told. A source keeps what it offers until that is acknowledged, and offers it again till then.

export interface Push {
  readonly path: string
  readonly body: object
  /** The manager has it on disk. */
  readonly acknowledged: () => void
}

/** What is to be told next; undefined when all is told. */
export type Source = () => Push | undefined
