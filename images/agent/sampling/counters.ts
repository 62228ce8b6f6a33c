// Everything that counts upwards on a host and its guests, read at one moment. Two of these make a sample.
import { type Backend, remembering } from '../backend.ts'
import { meminfo } from '../inventory/meminfo.ts'
import { xlInfo } from '../inventory/xl-info.ts'
import { type DomainRow, xlList } from '../inventory/xl-list.ts'
import { type DiskCounters, parseDiskstats } from './diskstats.ts'
import { type NetCounters, parseNetDev } from './net-dev.ts'
import { readVbds } from './vbd-sysfs.ts'

export interface Counters {
  /** dom0 among them. */
  readonly domains: readonly DomainRow[]
  readonly threads: number
  readonly totalBytes: number
  readonly freeBytes: number
  readonly dom0AvailableBytes: number
  readonly disks: ReadonlyMap<string, DiskCounters>
  readonly interfaces: ReadonlyMap<string, NetCounters>
  /** By domid. */
  readonly vbds: ReadonlyMap<number, DiskCounters>
}

/** What cannot be read counts as nothing. */
export async function readCounters(backend: Backend): Promise<Counters> {
  const once = remembering(backend)
  const [domains, info, dom0, disks, interfaces, vbds] = await Promise.all([
    xlList(once),
    xlInfo(once),
    meminfo(once),
    once.read('/proc/diskstats'),
    once.read('/proc/net/dev'),
    readVbds(once),
  ])
  return {
    domains: domains.value,
    threads: info.value.threads ?? 0,
    totalBytes: info.value.totalBytes ?? 0,
    freeBytes: info.value.freeBytes ?? 0,
    dom0AvailableBytes: dom0.value.availableBytes ?? 0,
    disks: parseDiskstats(disks ?? ''),
    interfaces: parseNetDev(interfaces ?? ''),
    vbds,
  }
}
