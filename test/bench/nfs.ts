// NFS: calls a second, their latency, and megabytes a second, of our server and of nfs-ganesha, by one small client.

import { join } from 'node:path'
import { z } from 'zod'
import { PROJECT } from '../lab/folders.ts'
import { RACK_ADDRESS } from '../lab/plan.ts'
import { GANESHA_EXPORT, GANESHA_MOUNT_PORT, GANESHA_NFS_PORT } from './ganesha.ts'
import type { Metric } from './metric.ts'
import { type MicroBench, missingProgram } from './micro-bench.ts'
import type { NfsLoadResult } from './nfs-load.ts'
import { startGanesha } from './peers.ts'

const OUR_PORT = 2049
const PATIENCE_MS = 180_000

const rateSchema = z.object({ callsPerSecond: z.number(), p99Ms: z.number() })
const resultSchema = z.object({
  files: z.number(),
  tree: z.string(),
  walkSeconds: z.number(),
  largest: z.string(),
  getattr: rateSchema,
  getattrDeep: rateSchema,
  lookup: rateSchema,
  lookupDeep: rateSchema,
  read64KiB: rateSchema,
  read1MiB: rateSchema,
}) satisfies z.ZodType<NfsLoadResult>

export const NFS_BENCH: MicroBench = {
  title: "NFSv3 over TCP: dom0's root, by a client of our own",
  peer: 'nfs-ganesha',
  notes: [
    'One connection. "Alone": the next call waits for the reply, as most of a boot does; "deep": 16 calls in flight. READs: 4 in flight, of the largest file.',
    'The walk is the first thing that the server is asked: it reads its tree, whatever that means to it. All data are in the page cache.',
    'nfs-ganesha has many threads and gives out files of a file system; ours is one thread of Node, with metadata in memory and the data in one tar.',
    "The client's own processor time is in the numbers, and the same for both.",
  ],
  config: {},
  missing: () => missingProgram({ 'ganesha.nfsd': 'nfs-ganesha nfs-ganesha-vfs', rpcbind: 'rpcbind', 'nfs-ls': 'libnfs-utils' }),
  startPeer: async ({ server }, work) => startGanesha(server, await work.root()),
  async load(link, work, side) {
    const where =
      side === 'ours'
        ? [String(OUR_PORT), String(OUR_PORT), `/${work.image}/${work.generation}`]
        : [String(GANESHA_NFS_PORT), String(GANESHA_MOUNT_PORT), GANESHA_EXPORT]
    const tsx = import.meta.resolve('tsx')
    const program = join(PROJECT, 'test/bench/nfs-load.ts')
    const { stdout } = await link.run([process.execPath, '--import', tsx, program, RACK_ADDRESS, ...where], PATIENCE_MS)
    const result = resultSchema.parse(JSON.parse(stdout))
    expectSameTree(work.generation, result.tree)
    return metricsOf(result)
  },
}

/** What the first server of a generation showed. */
const trees = new Map<string, string>()

function expectSameTree(generation: string, tree: string): void {
  const first = trees.get(generation)
  if (first !== undefined && first !== tree) throw new Error(`the two servers show different trees of generation ${generation}`)
  trees.set(generation, tree)
}

export function metricsOf(result: NfsLoadResult): readonly Metric[] {
  const more = (name: string, unit: string, value: number): Metric => ({ name, unit, better: 'more', value })
  const less = (name: string, unit: string, value: number): Metric => ({ name, unit, better: 'less', value })
  const megabytes = (callsPerSecond: number, kibibytes: number) => (callsPerSecond * kibibytes * 1024) / 1e6
  return [
    less(`walk of ${result.files} files`, 's', result.walkSeconds),
    more('GETATTR alone', '/s', result.getattr.callsPerSecond),
    less('GETATTR alone, p99', 'ms', result.getattr.p99Ms),
    more('GETATTR deep', '/s', result.getattrDeep.callsPerSecond),
    more('LOOKUP alone', '/s', result.lookup.callsPerSecond),
    less('LOOKUP alone, p99', 'ms', result.lookup.p99Ms),
    more('LOOKUP deep', '/s', result.lookupDeep.callsPerSecond),
    more('READ of 64 KiB', 'MB/s', megabytes(result.read64KiB.callsPerSecond, 64)),
    less('READ of 64 KiB, p99', 'ms', result.read64KiB.p99Ms),
    more('READ of 1 MiB', 'MB/s', megabytes(result.read1MiB.callsPerSecond, 1024)),
    less('READ of 1 MiB, p99', 'ms', result.read1MiB.p99Ms),
  ]
}
