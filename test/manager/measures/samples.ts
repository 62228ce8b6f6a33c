// Samples of hosts as their agents send them, made up.

import type { GuestSample, Sample } from '../../../manager/protocol/sample.ts'
import { uuid } from '../../../manager/protocol/values.ts'

export const GIB = 2 ** 30
export const uuidOf = (index: number) => uuid.parse(`00000000-0000-4000-8000-${String(index).padStart(12, '0')}`)

const NO_TRANSFER = { readBytesPerSecond: 0, writtenBytesPerSecond: 0, readsPerSecond: 0, writesPerSecond: 0 }
const NO_TRAFFIC = {
  receivedBytesPerSecond: 0,
  sentBytesPerSecond: 0,
  receivedPacketsPerSecond: 0,
  sentPacketsPerSecond: 0,
  lostPacketsPerSecond: 0,
}

export function guestSample(index: number, changed: Partial<GuestSample> = {}): GuestSample {
  return { uuid: uuidOf(index), cpus: 0.5, memoryBytes: GIB, ...NO_TRANSFER, ...NO_TRAFFIC, ...changed }
}

export function sampleOf(guests: readonly GuestSample[], host: Partial<Sample['host']> = {}): Sample {
  return {
    at: 0,
    milliseconds: 5000,
    host: {
      ...{ cpus: 2, threads: 8, dom0Cpus: 0.1, freeBytes: 3 * GIB, totalBytes: 4 * GIB, dom0AvailableBytes: GIB / 4 },
      disks: [{ name: 'sda', ...NO_TRANSFER, busy: 0, readBytesPerSecond: 100, writtenBytesPerSecond: 200 }],
      nics: [{ name: 'eth0', ...NO_TRAFFIC, receivedBytesPerSecond: 10, sentBytesPerSecond: 20 }],
      ...host,
    },
    guests: [...guests],
  }
}
