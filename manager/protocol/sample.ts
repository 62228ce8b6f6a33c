// What the host and its guests used since the sample before: rates, already divided by the time between, and levels.
import { z } from 'zod'
import { bytes, count, list, name, record, uuid } from './values.ts'

/** A rate or a share: finite, not negative. */
const rate = z.number().nonnegative()

const traffic = {
  receivedBytesPerSecond: rate,
  sentBytesPerSecond: rate,
  receivedPacketsPerSecond: rate,
  sentPacketsPerSecond: rate,
  /** Both directions: errors and drops. */
  lostPacketsPerSecond: rate,
}

const transfer = {
  readBytesPerSecond: rate,
  writtenBytesPerSecond: rate,
  readsPerSecond: rate,
  writesPerSecond: rate,
}

const hostSample = record({
  /** Physical CPUs in use by dom0 and all guests, as a number of CPUs: 2.5 of `threads`. */
  cpus: rate,
  threads: count,
  dom0Cpus: rate,
  /** Of the machine, in Xen's hands. */
  freeBytes: bytes,
  totalBytes: bytes,
  dom0AvailableBytes: bytes,
  /** Busy: the share of the time in which the disk had something to do, 0 to 1. */
  disks: list(record({ name, ...transfer, busy: rate }), 4096),
  nics: list(record({ name, ...traffic }), 256),
})

const guestSample = record({
  uuid,
  /** As a number of CPUs. */
  cpus: rate,
  memoryBytes: bytes,
  ...transfer,
  ...traffic,
})

export const sample = record({
  /** The host's clock, milliseconds since the epoch; it may be wrong. */
  at: count,
  /** What the rates were taken over, by a clock that does not jump. */
  milliseconds: z.int().positive(),
  host: hostSample,
  guests: list(guestSample, 2048),
})

export type Sample = z.output<typeof sample>
export type HostSample = z.output<typeof hostSample>
export type GuestSample = z.output<typeof guestSample>
