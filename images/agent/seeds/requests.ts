// The requests prepare-seed, receive-seed, send-seed and pace-seed: each end is a program of its own, which the next agent finds
// again. What has ended without success begins again under another id: what is there already is not sent twice.
import { lvOf, type VgRef } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Uuid } from '../../../manager/protocol/values.ts'
import { lookMirror } from '../mirrors/look.ts'
import { refused } from '../requests/refusal.ts'
import type { Task } from '../requests/task.ts'
import { failureOf, saidBy } from '../requests/world.ts'
import type { StreamWorld } from '../streams/relays.ts'
import { heardOfSeed, type SeedPlan, seedPlaces, seedProgress, seedsFolder } from './plan.ts'

export async function prepareSeed(
  { backend, files, relays }: StreamWorld,
  { seed, disk }: RequestOf<'prepare-seed'>,
): Promise<AnswerOf<'prepare-seed'>> {
  const places = seedPlaces(seedsFolder(disk), seed)
  const known = await backend.read(places.key)
  if (known !== undefined) return { kind: 'seed-prepared', pin: relays.pinOf(known) }
  const { key, pin } = relays.identity()
  await files.write(places.key, key, 0o600)
  return { kind: 'seed-prepared', pin }
}

export async function receiveSeed(
  world: StreamWorld,
  body: RequestOf<'receive-seed'>,
  task: Task,
): Promise<AnswerOf<'receive-seed'> | Refusal> {
  const { seed, sizeBytes, address, port, from, pin } = body
  const plan = { end: 'target', seed, device: deviceIn(body), sizeBytes, address, port, from, pin } as const
  const ended = await run(world, body, plan, task)
  return typeof ended === 'string' ? refused('unable', ended) : { kind: 'seed-received' }
}

export async function sendSeed(world: StreamWorld, body: RequestOf<'send-seed'>, task: Task): Promise<AnswerOf<'send-seed'> | Refusal> {
  const { seed, sizeBytes, to, rateKBps } = body
  const plan = { end: 'source', seed, device: deviceIn(body), sizeBytes, to, ...(rateKBps === undefined ? {} : { rateKBps }) } as const
  const ended = await run(world, body, plan, task)
  if (typeof ended === 'string') return refused('unable', ended)
  const said = heardOfSeed(ended.stdout)
  if (!said) return refused('unable', 'it has ended, and not said how much it has sent')
  return { kind: 'seed-sent', bytes: said.sent + said.heard, milliseconds: said.milliseconds }
}

export async function paceSeed(
  { backend, files }: StreamWorld,
  { seed, disk, rateKBps }: RequestOf<'pace-seed'>,
): Promise<AnswerOf<'pace-seed'> | Refusal> {
  const places = seedPlaces(seedsFolder(disk), seed)
  if ((await backend.read(places.plan)) === undefined) return refused('unable', `this host sends no seed ${seed} now`)
  await files.write(places.pace, rateKBps === undefined ? '' : String(rateKBps), 0o600)
  return { kind: 'seed-paced' }
}

interface Of {
  readonly vg: VgRef
  readonly disk: Uuid
  readonly minor: number
}

/** Below the mirror: it stands alone, and nothing that goes by it is in the way. */
function deviceIn({ vg, disk }: Of): string {
  return `/dev/${vg.name}/${lvOf(disk)}`
}

async function run(world: StreamWorld, of: Of, plan: SeedPlan, task: Task): Promise<string | { readonly stdout: string }> {
  const { backend, files, relays } = world
  const places = seedPlaces(seedsFolder(of.disk), plan.seed)
  const looked = await lookMirror(world, of.disk)
  if (looked.kind === 'unread') return looked.reason
  const { mirror } = looked
  if (mirror?.minor !== of.minor || mirror.connection !== 'StandAlone')
    return `there is no mirror of the disk ${of.disk} with minor ${of.minor} that stands alone`
  if (plan.end === 'target' && mirror.role === 'Primary') return `the disk ${of.disk} is written to here: it is no copy`
  if ((await backend.read(places.key)) === undefined) return `there is no key of the seed ${plan.seed} here: prepare it first`
  await files.write(places.plan, JSON.stringify(plan), 0o600)
  // What was written through it before is on the disk: the program goes past the cache.
  const unflushed = await failureOf(backend, ['blockdev', '--flushbufs', plan.device])
  if (unflushed !== undefined) return unflushed
  const command = relays.seed(places.folder, plan.seed)
  const ran = await task.run('seed', command, { seconds: SECONDS, progressOf: seedProgress })
  const failure = saidBy(command, ran)
  return failure ?? { stdout: ran.kind === 'ended' ? ran.stdout : '' }
}

const SECONDS = 7 * 86_400
