// Is there room in the data directory, and how long does its disk take to promise that something is on it? An acknowledged lease and each
// step of an automation wait for that.
import { type Judged, type Reading, unknown } from '../finding.ts'

export interface Disk {
  /** Bytes that may be written by others than root. */
  readonly free: number
  /** Bytes. */
  readonly size: number
  /** Undefined where the file system has no fixed number of files. */
  readonly freeFiles: number | undefined
  /** Of each fsync of 4 KiB that was tried, ms; none where nothing may be written. */
  readonly fsyncs: readonly number[]
  /** Why nothing was tried. */
  readonly untried: string | undefined
  /** The data directory, or the nearest above it that is there. */
  readonly path: string
}

const GIB = 2 ** 30
/** Bytes: an image of dom0 and the databases grow into it. */
const ROOM = { warning: 2 * GIB, failed: GIB / 4 }
/** ms, the median. */
const SLOW = { warning: 30, failed: 250 }
const FEW_FILES = 1000

export function judgeDisk(seen: Reading<Disk>, dataDir: string): readonly Judged[] {
  if (seen.kind === 'unread') return [unknown(dataDir, seen)]
  return [spaceOf(seen.value), fsyncOf(seen.value)]
}

function spaceOf({ free, size, freeFiles, path }: Disk): Judged {
  const said = `${(free / GIB).toFixed(1)} GiB of ${(size / GIB).toFixed(1)} GiB free`
  const mend = `make room: hostless image list and image remove, hostless vm-image list; or move ${path} to a larger disk`
  if (freeFiles !== undefined && freeFiles < FEW_FILES)
    return { subject: path, result: 'failed', seen: `${said}, but only ${freeFiles} files more`, mend }
  const result = free < ROOM.failed ? 'failed' : free < ROOM.warning ? 'warning' : 'ok'
  return { subject: path, result, seen: said, ...(result === 'ok' ? {} : { mend }) }
}

function fsyncOf({ fsyncs, untried, path }: Disk): Judged {
  const subject = `fsync in ${path}`
  const sorted = fsyncs.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)]
  const longest = sorted.at(-1)
  if (median === undefined || longest === undefined)
    return { subject, result: 'unknown', seen: untried ?? 'it was not tried', mend: 'run hostless doctor as root' }
  const said = `${median.toFixed(1)} ms, at most ${longest.toFixed(1)} ms (of ${sorted.length})`
  const result = median >= SLOW.failed ? 'failed' : median >= SLOW.warning ? 'warning' : 'ok'
  const mend = 'put dataDir on an SSD, or behind a cache with a battery; on a machine that does less besides'
  return { subject, result, seen: said, ...(result === 'ok' ? {} : { mend }) }
}
