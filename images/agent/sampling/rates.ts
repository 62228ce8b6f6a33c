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
 * What was used between the two. Which disks and NICs are the host's, and which vifs are whose, is the inventory's to say. Undefined when
 * no time has passed. A disk or NIC that was not counted at both moments, or whose counters were begun anew, has no rates and is left
 * out; a guest that has such a one is left out as a whole: that nothing is known of it is not that it did nothing.
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
      if (!earlier || !now || !wentOn(earlier, now)) return []
      return [{ name, ...transfer(earlier, now, per), busy: Math.min(1, per(earlier.busyMilliseconds, now.busyMilliseconds) / 1000) }]
    }),
    nics: nics.flatMap(({ name }) => {
      const [earlier, now] = [from.interfaces.get(name), to.interfaces.get(name)]
      return earlier && now && wentOn(earlier, now) ? [{ name, ...traffic(earlier, now, per) }] : []
    }),
  }
}

function guestSamples(from: Counters, to: Counters, { guests }: Pick<Inventory, 'guests'>, per: Per): readonly GuestSample[] {
  return guests.flatMap(({ uuid, domid, nics }) => {
    const [earlier, now] = [from, to].map(({ domains }) => domains.find((domain) => domain.domid === domid && domain.uuid === uuid))
    if (!earlier || !now || now.cpuSeconds < earlier.cpuSeconds) return []
    const [diskBefore, diskNow] = [from.vbds.get(domid) ?? NO_DEVICE, to.vbds.get(domid) ?? NO_DEVICE]
    const [vifsBefore, vifsNow] = [vifsOf(from, nics), vifsOf(to, nics)]
    if (!areTheSame(diskBefore, diskNow) || !areTheSame(vifsBefore, vifsNow)) return []
    return [
      {
        uuid,
        cpus: per(earlier.cpuSeconds, now.cpuSeconds),
        memoryBytes: now.mebibytes * MIB,
        ...transfer(ofDisks(diskBefore), ofDisks(diskNow), per),
        ...traffic(ofVifs(vifsBefore), ofVifs(vifsNow), per),
      },
    ]
  })
}

type Vifs = ReadonlyMap<string, NetCounters>

const NO_DEVICE: ReadonlyMap<string, undefined> = new Map()

/** As the guest sees them. */
function vifsOf({ interfaces }: Counters, nics: readonly { readonly vif?: string | undefined }[]): Vifs {
  return new Map(
    nics.flatMap(({ vif }) => {
      const counted = vif === undefined ? undefined : interfaces.get(vif)
      return vif !== undefined && counted ? [[vif, otherEnd(counted)] as const] : []
    }),
  )
}

/** The same devices at both moments, all of them read, and none begun anew: one that came has done what nobody can date. */
function areTheSame<Counted extends object>(from: ReadonlyMap<string, Counted | undefined>, to: ReadonlyMap<string, Counted | undefined>) {
  return (
    from.size === to.size &&
    [...to].every(([name, now]) => {
      const earlier = from.get(name)
      return earlier !== undefined && now !== undefined && wentOn(earlier, now)
    })
  )
}

/** None of its counters has gone back. */
function wentOn<Counted extends object>(from: Counted, to: Counted): boolean {
  const earlier = new Map(Object.entries(from))
  return Object.entries(to).every(([name, count]) => count >= (earlier.get(name) ?? 0))
}

function ofDisks(disks: ReadonlyMap<string, DiskCounters | undefined>): DiskCounters {
  return [...disks.values()].reduce<DiskCounters>(
    (sum, one) => ({
      reads: sum.reads + (one?.reads ?? 0),
      writes: sum.writes + (one?.writes ?? 0),
      readBytes: sum.readBytes + (one?.readBytes ?? 0),
      writtenBytes: sum.writtenBytes + (one?.writtenBytes ?? 0),
    }),
    { reads: 0, writes: 0, readBytes: 0, writtenBytes: 0 },
  )
}

function ofVifs(vifs: Vifs): NetCounters {
  return [...vifs.values()].reduce<NetCounters>(
    (sum, one) => ({
      receivedBytes: sum.receivedBytes + one.receivedBytes,
      sentBytes: sum.sentBytes + one.sentBytes,
      receivedPackets: sum.receivedPackets + one.receivedPackets,
      sentPackets: sum.sentPackets + one.sentPackets,
      lostPackets: sum.lostPackets + one.lostPackets,
    }),
    { receivedBytes: 0, sentBytes: 0, receivedPackets: 0, sentPackets: 0, lostPackets: 0 },
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
