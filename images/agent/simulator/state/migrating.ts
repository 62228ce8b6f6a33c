// What `xl migrate` is about, where its transport is another one than our relay.

/** What `xl migrate -s '' GUEST COMMAND` runs: by a part of its text, to which host its stream goes. */
export interface Transport {
  readonly command: string
  readonly to: string
  /** Whether it keeps the word back that the guest is received, until it is told. */
  readonly holds: boolean
}

/** `sending` memory, `received` with its word kept back, then what became of it. */
export interface Migration {
  readonly id: number
  readonly uuid: string
  readonly from: string
  readonly to: string
  readonly phase: 'sending' | 'received' | 'done' | 'aborted'
  /** Whether the transport keeps the word back until it is told. */
  readonly holds: boolean
  readonly staysPaused: boolean
  /** Whether the transport starts `xl migrate-receive` itself; otherwise one has to wait there. */
  readonly brings: boolean
  /** When all memory is there. */
  readonly due: number
  readonly why?: string
}
