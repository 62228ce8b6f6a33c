// /sys/bus/xen-backend/devices/vbd-DOMID-DEVID/statistics (Linux: drivers/block/xen-blkback/xenbus.c): what guests did with their disks.
import type { Backend } from '../backend.ts'
import { whole } from '../inventory/accept.ts'
import { type DiskCounters, SECTOR_BYTES } from './diskstats.ts'

const FOLDER = '/sys/bus/xen-backend/devices'

/** By domid, all vbds of a domain together. */
export async function readVbds(backend: Backend): Promise<ReadonlyMap<number, DiskCounters>> {
  const names = (await backend.list(FOLDER)).flatMap((name) => {
    const domid = whole(/^vbd-(\d{1,5})-\d+$/.exec(name)?.[1])
    return domid === undefined ? [] : [{ domid, folder: `${FOLDER}/${name}/statistics` }]
  })
  const found = new Map<number, DiskCounters>()
  const all = await Promise.all(
    names.map(async ({ domid, folder }) => {
      const count = async (file: string): Promise<number> => whole(await backend.read(`${folder}/${file}`)) ?? 0
      const [reads, writes, readSectors, writtenSectors] = await Promise.all([
        count('rd_req'),
        count('wr_req'),
        count('rd_sect'),
        count('wr_sect'),
      ])
      return { domid, reads, writes, readBytes: readSectors * SECTOR_BYTES, writtenBytes: writtenSectors * SECTOR_BYTES }
    }),
  )
  for (const { domid, ...own } of all) found.set(domid, sum(found.get(domid), own))
  return found
}

function sum(a: DiskCounters | undefined, b: DiskCounters): DiskCounters {
  if (!a) return b
  return {
    reads: a.reads + b.reads,
    writes: a.writes + b.writes,
    readBytes: a.readBytes + b.readBytes,
    writtenBytes: a.writtenBytes + b.writtenBytes,
  }
}
