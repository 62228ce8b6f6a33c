// Everything that counts upwards on a host and its guests, read at one moment. Two of these make a sample.
import { type Backend, remembering } from '../backend.ts'
import { meminfo } from '../inventory/meminfo.ts'
import { xlInfo } from '../inventory/xl-info.ts'
import { type DomainRow, xlList } from '../inventory/xl-list.ts'
import { type DiskCounters, parseDiskstats } from './diskstats.ts'
import { type NetCounters, parseNetDev } from './net-dev.ts'
import { readVbds, type Vbds } from './vbd-sysfs.ts'

export interface Counters {
  /** dom0 among them. */
  readonly domains: readonly DomainRow[]
  readonly threads: number
  readonly totalBytes: number
  readonly freeBytes: number
  readonly dom0AvailableBytes: number
  readonly disks: ReadonlyMap<string, DiskCounters>
  readonly interfaces: ReadonlyMap<string, NetCounters>
  readonly vbds: Vbds
}

/** Undefined when one of them was not read: its zeros would be believed. A domain's own that are odd cost only themselves. */
export async function readCounters(backend: Backend): Promise<Counters | undefined> {
  const once = remembering(backend)
  const [domains, info, dom0, disks, interfaces, vbds] = await Promise.all([
    xlList(once),
    xlInfo(once),
    meminfo(once),
    once.read('/proc/diskstats'),
    once.read('/proc/net/dev'),
    readVbds(once),
  ])
  const { threads, totalBytes, freeBytes } = info.value
  const { availableBytes } = dom0.value
  // dom0 at least is always there.
  if (domains.value.length === 0 || threads === undefined || totalBytes === undefined || freeBytes === undefined) return undefined
  if (availableBytes === undefined || disks === undefined || interfaces === undefined) return undefined
  return {
    domains: domains.value,
    threads,
    totalBytes,
    freeBytes,
    dom0AvailableBytes: availableBytes,
    disks: parseDiskstats(disks),
    interfaces: parseNetDev(interfaces),
    vbds,
  }
}
