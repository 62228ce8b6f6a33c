// What the program of a seed is told, what it says of how far it is, and where both lie: a folder a disk in RAM, for root alone.
import { z } from 'zod'
import type { Progress } from '../../../manager/protocol/requests/request.ts'
import { seedId } from '../../../manager/protocol/requests/seeds.ts'
import { bytes, count, path, record, sha256, type Uuid } from '../../../manager/protocol/values.ts'
import { readWritten } from '../files/written-json.ts'
import { GUESTS_FOLDER } from '../guests/kept.ts'
import type { World } from '../requests/world.ts'

const common = { seed: seedId, device: path, sizeBytes: bytes.min(512) }
const port = count.min(1).max(65_535)

export const seedPlan = z.discriminatedUnion('end', [
  record({
    end: z.literal('source'),
    ...common,
    to: record({ address: z.ipv4(), port, pin: sha256, from: z.ipv4() }),
    rateKBps: count.min(1).exactOptional(),
  }),
  record({ end: z.literal('target'), ...common, address: z.ipv4(), port, pin: sha256, from: z.ipv4() }),
])

export type SeedPlan = z.output<typeof seedPlan>
export type SourceSeed = Extract<SeedPlan, { end: 'source' }>
export type TargetSeed = Extract<SeedPlan, { end: 'target' }>

export interface SeedPlaces {
  readonly folder: string
  readonly plan: string
  readonly key: string
  /** Kilobytes a second from now on; empty: as fast as it goes. */
  readonly pace: string
}

/** Of all seeds of a disk: it goes with its mirror. */
export function seedsFolder(disk: Uuid): string {
  return `${SEEDS}/${disk}`
}

const SEEDS = GUESTS_FOLDER.replace(/guests$/, 'seeds')

/** `id`: as seedId takes it, so that it is no path. */
export function seedPlaces(folder: string, id: string): SeedPlaces {
  return { folder, plan: `${folder}/${id}.json`, key: `${folder}/${id}.pem`, pace: `${folder}/${id}.pace` }
}

/** Nothing of them is left. What still runs of one comes to nothing. */
export async function forgetSeeds({ files, backend }: Pick<World, 'files' | 'backend'>, disk: Uuid): Promise<void> {
  const folder = seedsFolder(disk)
  const names = await backend.list(folder)
  for (const name of names) await files.remove(`${folder}/${name}`)
  if (names.length > 0) await backend.run(['rmdir', folder], { lane: 'change' })
}

const said = record({ done: count, total: count, sent: count, heard: count, milliseconds: count })

/** Bytes: of the disk, compared and all; over the network, from S to T and back. */
export type SeedSaid = z.output<typeof said>

export function saySeed(words: SeedSaid): string {
  return `${JSON.stringify(words)}\n`
}

/** The last that it said. */
export function heardOfSeed(stdout: string): SeedSaid | undefined {
  for (const line of stdout.trimEnd().split('\n').reverse()) {
    const words = readWritten(said, line)
    if (words) return words
  }
  return undefined
}

const MIB = 1 << 20

export function seedProgress(stdout: string): Progress | undefined {
  const words = heardOfSeed(stdout)
  if (!words) return undefined
  const { done, total, sent, heard } = words
  return {
    ...{ phase: 'copying what is not there', done: Math.floor(done / MIB), total: Math.ceil(total / MIB), unit: 'MiB' },
    sent: Math.ceil((sent + heard) / MIB),
  }
}

export function readSeedPlan(text: string | undefined): SeedPlan | undefined {
  return readWritten(seedPlan, text)
}
