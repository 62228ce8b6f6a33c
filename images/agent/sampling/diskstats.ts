// /proc/diskstats (Linux: Documentation/admin-guide/iostats.rst): what each block device did since the kernel started.

export interface DiskCounters {
  readonly reads: number
  readonly writes: number
  readonly readBytes: number
  readonly writtenBytes: number
  /** Milliseconds in which something was going on; missing for guests' disks, where nobody counts them. */
  readonly busyMilliseconds?: number
}

/** Of this file, whatever the disk's own sectors are. */
export const SECTOR_BYTES = 512

/** By the kernel's name. Lines of another form are passed over. */
export function parseDiskstats(text: string): ReadonlyMap<string, DiskCounters> {
  const found = new Map<string, DiskCounters>()
  for (const line of text.split('\n')) {
    const [, , name, ...rest] = line.trim().split(/\s+/)
    const [reads = Number.NaN, , readSectors = Number.NaN, , writes = Number.NaN, , writtenSectors = Number.NaN, , , busy = Number.NaN] =
      rest.map(Number)
    if (name === undefined || ![reads, readSectors, writes, writtenSectors, busy].every(Number.isSafeInteger)) continue
    found.set(name, {
      reads,
      writes,
      readBytes: readSectors * SECTOR_BYTES,
      writtenBytes: writtenSectors * SECTOR_BYTES,
      busyMilliseconds: busy,
    })
  }
  return found
}
