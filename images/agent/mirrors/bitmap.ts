// The requests begin-bitmap, close-bitmap and take-generation: how DRBD 8.4 is told that a copy which it has not made is that of a disk, but
// for what was written since. It knows by generations: T's current one is to be that of S's bitmap. In another order they are not, and DRBD
// sends all.
import { lvOf, mirrorOf } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { refused } from '../requests/refusal.ts'
import { failureOf, type World } from '../requests/world.ts'
import { lookMirror } from './look.ts'
import { attachCommand } from './open.ts'

export async function beginBitmap(world: World, body: RequestOf<'begin-bitmap'>): Promise<AnswerOf<'begin-bitmap'> | Refusal> {
  const why = await notAlone(world, body)
  if (why !== undefined) return refused('unable', why)
  const renew = ['drbdsetup', 'new-current-uuid', String(body.minor)] as const
  // Two, so that what this forgets is of no bitmap any more: one alone would be the bitmap's generation of a copy of before, as if that had
  // been closed. The first forgets nothing: should it be the last, that copy is closed indeed.
  const failure = (await failureOf(world.backend, renew)) ?? (await failureOf(world.backend, [...renew, '--clear-bitmap']))
  if (failure !== undefined) return refused('unable', failure)
  const generations = await generationsOf(world, body.minor)
  return generations ? { kind: 'bitmap-begun', generation: generations.current } : refused('unable', UNREAD)
}

export async function closeBitmap(world: World, body: RequestOf<'close-bitmap'>): Promise<AnswerOf<'close-bitmap'> | Refusal> {
  const why = await notAlone(world, body)
  if (why !== undefined) return refused('unable', why)
  const before = await generationsOf(world, body.minor)
  if (before?.bitmap === body.generation) return { kind: 'bitmap-closed', was: 'closed' }
  if (before?.current !== body.generation)
    return refused('unable', `the bitmap is not of generation ${body.generation}: ${before ? `it is of ${before.current}` : UNREAD}`)
  const failure = await failureOf(world.backend, ['drbdsetup', 'new-current-uuid', String(body.minor)])
  if (failure !== undefined) return refused('unable', failure)
  const after = await generationsOf(world, body.minor)
  return after?.bitmap === body.generation
    ? { kind: 'bitmap-closed', was: 'not closed' }
    : refused('unable', `the bitmap is not of generation ${body.generation}, though it was closed`)
}

export async function takeGeneration(world: World, body: RequestOf<'take-generation'>): Promise<AnswerOf<'take-generation'> | Refusal> {
  const { vg, disk, minor, sizeBytes, generation } = body
  const { backend } = world
  const why = await notAlone(world, body)
  if (why !== undefined) return refused('unable', why)
  const before = await generationsOf(world, minor)
  if (!before) return refused('unable', UNREAD)
  if (before.current === generation && before.isUpToDate) return { kind: 'generation-taken', was: 'taken' }
  const meta = `/dev/${vg.name}/${mirrorOf(disk)}`
  const metadata = ['drbdmeta', '--force', String(minor), 'v08', meta, 'flex-external'] as const
  const failure =
    // It knows of nothing that it lacks: new metadata says that it lacks all.
    (await failureOf(backend, ['drbdsetup', 'new-current-uuid', String(minor), '--clear-bitmap'])) ??
    (await failureOf(backend, ['drbdsetup', 'detach', String(minor)])) ??
    // (165) Unclean meta-data, otherwise.
    (await failureOf(backend, [...metadata, 'apply-al'])) ??
    (await failureOf(backend, [...metadata, 'set-gi', `${generation}:0:0:0:1:1:0:0:0:0:0`])) ??
    (await failureOf(backend, attachCommand({ vg, disk, minor, sizeBytes })))
  if (failure !== undefined) return refused('unable', `the copy ${vg.name}/${lvOf(disk)} cannot be told what it is a copy of: ${failure}`)
  const after = await generationsOf(world, minor)
  return after?.current === generation && after.isUpToDate
    ? { kind: 'generation-taken', was: 'not taken' }
    : refused('unable', `the copy ${vg.name}/${lvOf(disk)} has not taken the generation ${generation}`)
}

const UNREAD = 'its generations cannot be read'

/** Undefined: it is there, with its disk, and looks for nobody. */
async function notAlone(world: World, { disk, minor }: Pick<RequestOf<'begin-bitmap'>, 'disk' | 'minor'>): Promise<string | undefined> {
  const looked = await lookMirror(world, disk)
  if (looked.kind === 'unread') return looked.reason
  const { mirror } = looked
  if (mirror?.minor !== minor) return `there is no mirror of the disk ${disk} with minor ${minor}`
  if (mirror.disk === 'Diskless') return `the mirror of the disk ${disk} has no disk here`
  return mirror.connection === 'StandAlone' ? undefined : `the mirror of the disk ${disk} is ${mirror.connection}, and not alone any more`
}

interface Generations {
  readonly current: string
  readonly bitmap: string
  readonly isUpToDate: boolean
}

async function generationsOf({ backend }: Pick<World, 'backend'>, minor: number): Promise<Generations | undefined> {
  const ran = await backend.run(['drbdsetup', 'get-gi', String(minor)])
  return ran.kind === 'ended' && ran.exitCode === 0 ? readGenerations(ran.stdout) : undefined
}

/** `C:B:H:H:consistent:up-to-date:…`, the lowest bit of a generation is whether its host was primary. Pure. */
export function readGenerations(stdout: string): Generations | undefined {
  const [, current, bitmap, isConsistent, isUpToDate] =
    /^([0-9A-F]{16}):([0-9A-F]{16}):[0-9A-F]{16}:[0-9A-F]{16}:([01]):([01]):/m.exec(stdout) ?? []
  if (current === undefined || bitmap === undefined) return undefined
  return { current: evenOf(current), bitmap: evenOf(bitmap), isUpToDate: isConsistent === '1' && isUpToDate === '1' }
}

function evenOf(generation: string): string {
  return (BigInt(`0x${generation}`) & ~1n).toString(16).toUpperCase().padStart(16, '0')
}
