// The NFS load: run at the client's end with address, NFS port, MOUNT port and export path; prints a NfsLoadResult as JSON.
// Walks the export once, then repeats single calls for a few seconds each, one or several in flight.

import { createHash } from 'node:crypto'
import { check, type EncodedCall, getattr, lookup, mountRoot, NfsConnection, read } from './nfs-client.ts'
import { type WalkedFile, walk } from './nfs-walk.ts'
import { percentile } from './statistics.ts'

export interface CallRate {
  readonly callsPerSecond: number
  /** Of single calls. */
  readonly p99Ms: number
}

export interface NfsLoadResult {
  readonly files: number
  /** Of all paths, types, and sizes of regular files: two servers of one tree give the same. */
  readonly tree: string
  readonly walkSeconds: number
  /** The file that READ reads. */
  readonly largest: string
  readonly getattr: CallRate
  readonly getattrDeep: CallRate
  readonly lookup: CallRate
  readonly lookupDeep: CallRate
  readonly read64KiB: CallRate
  readonly read1MiB: CallRate
}

const PHASE_MS = 2_000
const DEEP = 16
/** As much as a kernel's read-ahead keeps in flight. */
const READS = 4
const SAMPLE = 2_000
const KIB = 1024
const REGULAR = 1

const [host = '', nfsPort = '', mountPort = '', path = ''] = process.argv.slice(2)

const root = await mountRoot(host, Number(mountPort), path)
const connection = await NfsConnection.open(host, Number(nfsPort))
const startedAt = performance.now()
const files = await walk(connection, root)
const walkSeconds = (performance.now() - startedAt) / 1000

const sample = spread(files, SAMPLE)
const [largest] = files.filter(({ type }) => type === REGULAR).sort((a, b) => b.size - a.size)
if (!largest) throw new Error('the export has no regular file')
const getattrs = sample.map(({ handle }) => getattr(handle))
const lookups = sample.map(({ directory, name }) => lookup(directory, name))

const result: NfsLoadResult = {
  files: files.length,
  tree: digestOf(files),
  walkSeconds,
  largest: largest.path,
  getattr: await load(getattrs, 1),
  getattrDeep: await load(getattrs, DEEP),
  lookup: await load(lookups, 1),
  lookupDeep: await load(lookups, DEEP),
  read64KiB: await load(reads(largest, 64 * KIB), READS, 64 * KIB),
  read1MiB: await load(reads(largest, 1024 * KIB), READS, 1024 * KIB),
}
connection.close()
process.stdout.write(`${JSON.stringify(result)}\n`)

/** Sends the calls again and again, `depth` in flight, for PHASE_MS. Rejects on the first call that fails or is short. */
async function load(calls: readonly EncodedCall[], depth: number, least = 0): Promise<CallRate> {
  const latencies: number[] = []
  let next = 0
  const begun = performance.now()
  const until = begun + PHASE_MS
  const worker = async (): Promise<void> => {
    for (let now = begun; now < until; ) {
      const call = calls[next++ % calls.length]
      if (!call) throw new Error('there are no calls to send')
      const sentAt = performance.now()
      check(await connection.send(call), least)
      now = performance.now()
      latencies.push(now - sentAt)
    }
  }
  await Promise.all(Array.from({ length: depth }, worker))
  const seconds = (performance.now() - begun) / 1000
  return { callsPerSecond: latencies.length / seconds, p99Ms: percentile(latencies, 0.99) }
}

/** Of directories and links the size is the file system's own affair. */
function digestOf(walked: readonly WalkedFile[]): string {
  const hash = createHash('sha256')
  for (const { path: name, type, size } of walked) hash.update(`${name}\0${type}\0${type === REGULAR ? size : ''}\n`)
  return hash.digest('hex')
}

/** The whole pieces of a file, from its beginning. */
function reads({ path: name, handle, size }: WalkedFile, bytes: number): readonly EncodedCall[] {
  const pieces = Math.floor(size / bytes)
  if (pieces === 0) throw new Error(`the largest file, ${name}, has ${size} bytes: too small to read ${bytes} at a time`)
  return Array.from({ length: pieces }, (_, index) => read(handle, index * bytes, bytes))
}

/** `count` of them at equal distances, in an order that jumps about: the same for both servers. */
function spread<Item>(items: readonly Item[], count: number): readonly Item[] {
  const step = Math.max(Math.floor(items.length / count), 1)
  const chosen = items.filter((_, index) => index % step === 0)
  return chosen.map((_, index) => chosen[(index * 7919) % chosen.length]).flatMap((item) => (item === undefined ? [] : [item]))
}
