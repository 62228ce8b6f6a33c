// What the gateway is given.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '../../appliance/wire/log.ts'
import type { Rate } from '../access/rate.ts'
import type { Enrolment } from '../enrolment/enrol.ts'
import type { AgentBook } from './book.ts'
import type { ConnectionLimits, HeardEpochs } from './connection.ts'
import type { DiskImages } from './disk-images.ts'

export interface GatewayOptions {
  readonly listen: { readonly address: string; readonly port: number }
  /** PEM: of the listener, and its certificate with the authority's below. */
  readonly tls: { readonly key: string; readonly certificate: string }
  readonly enrolment: Enrolment
  readonly book: AgentBook
  readonly epoch: number
  readonly epochs?: HeardEpochs
  /** What agents are upgraded to. */
  readonly bundle?: Buffer
  /** What guests' disks begin with. */
  readonly images?: DiskImages
  /** Answers the appliances; false when the request is not one of theirs. */
  readonly appliances: (request: IncomingMessage, response: ServerResponse) => boolean
  readonly log: Log
  readonly now: () => number
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  readonly limits?: ConnectionLimits
  readonly enrolRate?: Rate
  readonly patience?: number
  /** For an agent to say that it is there, ms. */
  readonly probePatience?: number
  /** A message of an agent has come. */
  readonly count?: (bytes: number) => void
}
