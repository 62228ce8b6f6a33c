// What the benchmark of the manager, the server that it measures, and the hosts that load it say to each other (IPC).
import type { ManagerAddress } from '../../manager/protocol/appliance.ts'

export interface HostIdentity {
  readonly host: string
  /** PEM. */
  readonly certificate: string
}

/** Written by the server, read by the load: with one key for all, as keys are no part of what is measured. */
export interface Identities {
  readonly key: string
  readonly hosts: readonly HostIdentity[]
}

export type ToServer =
  | { readonly kind: 'usage' }
  /** The rows of the matrix and a row of cells, timed. */
  | { readonly kind: 'list' }
  /** Whether a host with this MAC is in the matrix. */
  | { readonly kind: 'row'; readonly mac: string }

export type FromServer =
  /** `token`: a viewer's, for the API; empty where there is none. */
  | { readonly kind: 'ready'; readonly address: ManagerAddress; readonly secret: string; readonly token: string }
  /** CPU in microseconds since the start, resident bytes; the longest that its thread was busy with one thing since it was asked last, ms. */
  | { readonly kind: 'usage'; readonly cpu: number; readonly resident: number; readonly blockedMs: number }
  | { readonly kind: 'list'; readonly matrixMs: number }
  | { readonly kind: 'row'; readonly there: boolean }

export interface LoadOptions {
  readonly address: ManagerAddress
  /** File of Identities. */
  readonly identities: string
  readonly samplePeriod: number
}

export type ToLoad =
  | { readonly kind: 'connect'; readonly options: LoadOptions }
  | { readonly kind: 'steady'; readonly milliseconds: number }
  /** All connections break, and all hosts come back with nothing new to tell. */
  | { readonly kind: 'storm' }

export type FromLoad =
  /** All are connected, and their inventories are answered for. */
  | { readonly kind: 'connected'; readonly milliseconds: number; readonly ingest: readonly number[]; readonly bytes: number }
  | { readonly kind: 'back'; readonly milliseconds: number }
  | { readonly kind: 'steady'; readonly samples: readonly number[]; readonly reports: readonly number[]; readonly lost: number }
