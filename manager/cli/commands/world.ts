// What all commands have of the world around them.
import type { Log } from '../../../appliance/wire/log.ts'
import type { World } from '../engine/answer.ts'

/** Logs are opened by who logs. */
export interface CommandWorld extends Omit<World, 'log'> {
  /** Of what serves. */
  readonly serverLog: () => Promise<Log>
  /** Of what ends with an answer. */
  readonly log: () => Promise<Log>
}

/** Commands by name. */
export type Wanted = readonly string[] | 'all'
