// What is measured of a host and of each guest, from one sample of the host's agent. Pure.
import type { Sample } from '../protocol/sample.ts'

/** In the order in which they are kept. */
export const MEASURES = ['cpu', 'memory', 'read', 'written', 'received', 'sent'] as const
export type Measure = (typeof MEASURES)[number]

/**
 * `cpu`: the share of the CPUs that it has, 0 to 1; `memory`: bytes in use, of a guest those that it has been given; the others bytes a
 * second, as the host or the guest sees them. Null: not known, which is not 0.
 */
export type Measured = Readonly<Record<Measure, number | null>>

export interface Taken {
  readonly host: Measured
  /** By UUID. */
  readonly guests: ReadonlyMap<string, Measured>
}

/** `vcpusOf`: undefined where no inventory says how many a guest has. */
export function measuredIn({ host, guests }: Sample, vcpusOf: (uuid: string) => number | undefined): Taken {
  return {
    host: {
      cpu: shareOf(host.cpus, host.threads),
      memory: Math.max(0, host.totalBytes - host.freeBytes),
      read: sumOf(host.disks.map((disk) => disk.readBytesPerSecond)),
      written: sumOf(host.disks.map((disk) => disk.writtenBytesPerSecond)),
      received: sumOf(host.nics.map((nic) => nic.receivedBytesPerSecond)),
      sent: sumOf(host.nics.map((nic) => nic.sentBytesPerSecond)),
    },
    guests: new Map(
      guests.map((guest) => [
        guest.uuid,
        {
          cpu: shareOf(guest.cpus, vcpusOf(guest.uuid)),
          memory: guest.memoryBytes,
          read: guest.readBytesPerSecond,
          written: guest.writtenBytesPerSecond,
          received: guest.receivedBytesPerSecond,
          sent: guest.sentBytesPerSecond,
        },
      ]),
    ),
  }
}

/** Clocks of CPU time and of the host are not the same one: a little more than all is all. */
function shareOf(used: number, of: number | undefined): number | null {
  return of ? Math.min(1, used / of) : null
}

/** Of none that was counted nothing is known. */
function sumOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0)
}
