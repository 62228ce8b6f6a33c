// /sys/bus/xen-backend/devices/vbd-DOMID-DEVID/statistics (Linux: drivers/block/xen-blkback/xenbus.c): what guests did with their disks.
import type { Backend } from '../backend.ts'
import { whole } from '../inventory/accept.ts'
import { type DiskCounters, SECTOR_BYTES } from './diskstats.ts'

const FOLDER = '/sys/bus/xen-backend/devices'

/** By domid, then by the device's own number; undefined: it counts, and could not be read whole. */
export type Vbds = ReadonlyMap<number, ReadonlyMap<string, DiskCounters | undefined>>

/** A vbd that counts nothing, such as a drive without a medium, is not among them. */
export async function readVbds(backend: Backend): Promise<Vbds> {
  const names = (await backend.list(FOLDER)).flatMap((name) => {
    const [, number, device = ''] = /^vbd-(\d{1,5})-(\d+)$/.exec(name) ?? []
    const domid = whole(number)
    return domid === undefined ? [] : [{ domid, device, folder: `${FOLDER}/${name}/statistics` }]
  })
  const all = await Promise.all(
    names.map(async ({ domid, device, folder }) => {
      const count = async (file: string) => whole(await backend.read(`${folder}/${file}`))
      const counts = await Promise.all([count('rd_req'), count('wr_req'), count('rd_sect'), count('wr_sect')])
      return { domid, device, counts }
    }),
  )
  const found = new Map<number, Map<string, DiskCounters | undefined>>()
  for (const { domid, device, counts } of all) {
    if (counts.every((count) => count === undefined)) continue
    const of = found.get(domid) ?? new Map<string, DiskCounters | undefined>()
    found.set(domid, of.set(device, counted(counts)))
  }
  return found
}

function counted([reads, writes, readSectors, writtenSectors]: readonly (number | undefined)[]): DiskCounters | undefined {
  if (reads === undefined || writes === undefined || readSectors === undefined || writtenSectors === undefined) return undefined
  return { reads, writes, readBytes: readSectors * SECTOR_BYTES, writtenBytes: writtenSectors * SECTOR_BYTES }
}
