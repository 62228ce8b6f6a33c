// A disk goes to its new host over our own stream, before its mirror is joined: what is zero is never sent, nor what is there already, as on
// the way back; DRBD sends what the guest wrote meanwhile. Where that fails twice, DRBD copies all: a move does not fail for it.
import { StepFailed } from '../../automation/failure.ts'
import { all, newId, progress, request, type Steps } from '../../automation/steps.ts'
import type { MigrateArgs } from './args.ts'
import { COPY_PATIENCE, joined, type Met, type Mirrored, mirrorAt, SHORT_PATIENCE, type Synced, synced } from './disks.ts'
import { kilobytes } from './rates/paced.ts'

export const SEED = 'seed'
const TRIES = 2

export interface Seeded {
  readonly mirror: Mirrored
  /** Undefined: its copy is still to be made by DRBD. */
  readonly bytes: number | undefined
}

/** One disk after the other: their hosts have places for so many. */
export function* seeded(args: MigrateArgs, mirrors: readonly Mirrored[]): Steps<readonly Seeded[]> {
  const all: Seeded[] = []
  for (const mirror of mirrors) all.push({ mirror, bytes: yield* copyOf(args, mirror) })
  return all
}

function* copyOf(args: MigrateArgs, one: Mirrored): Steps<number | undefined> {
  const { vdev, sizeBytes } = one
  for (let tries = 1; ; tries += 1) {
    const size = `${vdev}, ${Math.ceil(sizeBytes / MIB)} MiB`
    yield* progress(SEED, tries === 1 ? size : `${size}, once more`)
    const made = yield* tried(args, one)
    if (made.kind === 'seeded') return made.bytes
    if (tries < TRIES) continue
    yield* progress(SEED, `${vdev} is copied by its mirror, all of it: ${made.reason}`.slice(0, MOST_SAID))
    if (made.kind === 'half told') yield* anew(args, one)
    return undefined
  }
}

const MIB = 1 << 20
const MOST_SAID = 300

type Tried =
  | { readonly kind: 'seeded'; readonly bytes: number }
  /** `half told`: the copy may have been told what it is a copy of. */
  | { readonly kind: 'failed' | 'half told'; readonly reason: string }

function* tried(args: MigrateArgs, one: Mirrored): Steps<Tried> {
  const { from, to, over, rateBytes } = args
  const { disk, minor, port, sizeBytes } = one
  const [source, target] = [
    { vg: one.from, disk, minor },
    { vg: one.to, disk, minor },
  ] as const
  const short = { patience: SHORT_PATIENCE }
  let told: 'half told' | 'failed' = 'failed'
  try {
    const seed = yield* newId()
    const prepared = { kind: 'prepare-seed', seed, disk } as const
    const [near, far] = yield* all([() => request(from.id, prepared, short), () => request(to.id, prepared, short)])
    // Whatever is written from here on is in the bitmap, whichever of it the copy has, too.
    const { generation } = yield* request(from.id, { kind: 'begin-bitmap', ...source }, short)
    const long = { patience: COPY_PATIENCE }
    const coming = { seed, ...target, sizeBytes, address: over.to, port, from: over.from, pin: near.pin } as const
    const going = { address: over.to, port, pin: far.pin, from: over.from }
    const [, { bytes }] = yield* all([
      () => request(to.id, { kind: 'receive-seed', ...coming }, long),
      () => request(from.id, { kind: 'send-seed', seed, ...source, sizeBytes, to: going, ...kilobytes(rateBytes) }, long),
    ])
    // In this order: two of one generation are the same for DRBD, whatever the bitmap says.
    yield* request(from.id, { kind: 'close-bitmap', ...source, generation }, short)
    told = 'half told'
    yield* request(to.id, { kind: 'take-generation', ...target, sizeBytes, generation }, short)
    return { kind: 'seeded', bytes }
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
    return { kind: told, reason: error.message }
  }
}

/** So that nothing but all of it makes it a copy. */
function* anew({ to }: MigrateArgs, { to: vg, disk, minor, sizeBytes }: Mirrored): Steps {
  yield* request(to.id, { kind: 'drop-mirror', vg, disk, minor }, { patience: SHORT_PATIENCE })
  yield* request(to.id, { kind: 'open-mirror', vg, disk, minor, sizeBytes, role: 'secondary' }, { patience: SHORT_PATIENCE })
}

/** The two meet, and have the same. Of the bytes that were sent for it the seed's are some. */
export function* completed(args: MigrateArgs, { mirror, bytes }: Seeded): Steps<Synced> {
  if (bytes === undefined) {
    yield* joined(args, mirror)
    return yield* synced(args, mirror)
  }
  const met = yield* metGuarded(args, mirror)
  const one = yield* synced(args, mirror, met)
  return { ...one, sent: bytes + one.sent }
}

function* metGuarded(args: MigrateArgs, one: Mirrored): Steps<Met> {
  const { from, to } = args
  const short = { patience: SHORT_PATIENCE }
  const target = { kind: 'connect-mirror', ...mirrorAt(args, one, 'to') } as const
  yield* request(to.id, { ...target, meet: 'soon' }, short)
  let met: Met = 'to be compared'
  try {
    const { writes } = yield* request(from.id, { kind: 'join-mirror', ...mirrorAt(args, one, 'from') }, short)
    if (writes === 'held') met = 'in order'
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
    yield* request(from.id, { kind: 'connect-mirror', ...mirrorAt(args, one, 'from') }, short)
  }
  yield* request(to.id, target, short)
  return met
}
