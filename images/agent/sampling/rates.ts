// From two readings of the counters to a sample. Pure.
import type { Inventory } from '../../../manager/protocol/inventory.ts'
import type { GuestSample, HostSample, Sample } from '../../../manager/protocol/sample.ts'
import type { Counters } from './counters.ts'
import type { DiskCounters } from './diskstats.ts'
import { type NetCounters, otherEnd } from './net-dev.ts'

const DOM0 = 0
const MIB = 2 ** 20

export interface Moment {
  /** The host's clock, milliseconds since the epoch. */
  readonly at: number
  /** By a clock that does not jump, in milliseconds. */
  readonly steady: number
  readonly counters: Counters
}

/**
 * What was used between the two. Which disks and NICs are the host's, and which vifs are whose, is the inventory's to say;
 * a guest that was not there at both moments has no rates and is left out. Undefined when no time has passed.
 */
export function sampleBetween(
  before: Moment,
  after: Moment,
  inventory: Pick<Inventory, 'blockDevices' | 'nics' | 'guests'>,
): Sample | undefined {
  const milliseconds = Math.round(after.steady - before.steady)
  if (milliseconds < 1) return undefined
  const per = (from: number | undefined, to: number | undefined): number => rate(from, to, milliseconds / 1000)
  return {
    at: after.at,
    milliseconds,
    host: hostSample(before.counters, after.counters, inventory, per),
    guests: guestSamples(before.counters, after.counters, inventory, per),
  }
}

type Per = (from: number | undefined, to: number | undefined) => number

function hostSample(from: Counters, to: Counters, { blockDevices, nics }: Pick<Inventory, 'blockDevices' | 'nics'>, per: Per): HostSample {
  const cpus = to.domains.map(({ domid, uuid, cpuSeconds }) => {
    const earlier = from.domains.find((domain) => domain.domid === domid && domain.uuid === uuid)
    return { domid, used: per(earlier?.cpuSeconds, cpuSeconds) }
  })
  return {
    cpus: cpus.reduce((sum, { used }) => sum + used, 0),
    threads: to.threads,
    dom0Cpus: cpus.find(({ domid }) => domid === DOM0)?.used ?? 0,
    freeBytes: to.freeBytes,
    totalBytes: to.totalBytes,
    dom0AvailableBytes: to.dom0AvailableBytes,
    disks: blockDevices.flatMap(({ name }) => {
      const [earlier, now] = [from.disks.get(name), to.disks.get(name)]
      if (!earlier || !now) return []
      return [{ name, ...transfer(earlier, now, per), busy: Math.min(1, per(earlier.busyMilliseconds, now.busyMilliseconds) / 1000) }]
    }),
    nics: nics.flatMap(({ name }) => {
      const [earlier, now] = [from.interfaces.get(name), to.interfaces.get(name)]
      return earlier && now ? [{ name, ...traffic(earlier, now, per) }] : []
    }),
  }
}

function guestSamples(from: Counters, to: Counters, { guests }: Pick<Inventory, 'guests'>, per: Per): readonly GuestSample[] {
  return guests.flatMap(({ uuid, domid, nics }) => {
    const [earlier, now] = [from, to].map(({ domains }) => domains.find((domain) => domain.domid === domid && domain.uuid === uuid))
    if (!earlier || !now) return []
    const vifs = nics.flatMap(({ vif }) => (vif === undefined ? [] : [vif]))
    return [
      {
        uuid,
        cpus: per(earlier.cpuSeconds, now.cpuSeconds),
        memoryBytes: now.mebibytes * MIB,
        ...transfer(from.vbds.get(domid) ?? NO_DISK, to.vbds.get(domid) ?? NO_DISK, per),
        ...traffic(together(from, vifs), together(to, vifs), per),
      },
    ]
  })
}

const NO_DISK: DiskCounters = { reads: 0, writes: 0, readBytes: 0, writtenBytes: 0 }
const NO_TRAFFIC: NetCounters = { receivedBytes: 0, sentBytes: 0, receivedPackets: 0, sentPackets: 0, lostPackets: 0 }

/** Of a guest's interfaces, as the guest sees them. */
function together({ interfaces }: Counters, vifs: readonly string[]): NetCounters {
  return vifs
    .map((vif) => otherEnd(interfaces.get(vif) ?? NO_TRAFFIC))
    .reduce(
      (sum, one) => ({
        receivedBytes: sum.receivedBytes + one.receivedBytes,
        sentBytes: sum.sentBytes + one.sentBytes,
        receivedPackets: sum.receivedPackets + one.receivedPackets,
        sentPackets: sum.sentPackets + one.sentPackets,
        lostPackets: sum.lostPackets + one.lostPackets,
      }),
      NO_TRAFFIC,
    )
}

function transfer(from: DiskCounters, to: DiskCounters, per: Per) {
  return {
    readBytesPerSecond: per(from.readBytes, to.readBytes),
    writtenBytesPerSecond: per(from.writtenBytes, to.writtenBytes),
    readsPerSecond: per(from.reads, to.reads),
    writesPerSecond: per(from.writes, to.writes),
  }
}

function traffic(from: NetCounters, to: NetCounters, per: Per) {
  return {
    receivedBytesPerSecond: per(from.receivedBytes, to.receivedBytes),
    sentBytesPerSecond: per(from.sentBytes, to.sentBytes),
    receivedPacketsPerSecond: per(from.receivedPackets, to.receivedPackets),
    sentPacketsPerSecond: per(from.sentPackets, to.sentPackets),
    lostPacketsPerSecond: per(from.lostPackets, to.lostPackets),
  }
}

/** Three decimals. A counter that went back was begun anew: nothing is known of that time, and nothing is claimed. */
function rate(from: number | undefined, to: number | undefined, seconds: number): number {
  if (from === undefined || to === undefined || to < from) return 0
  return Math.round(((to - from) / seconds) * 1000) / 1000
}
