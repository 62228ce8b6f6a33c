// The requests begin-bitmap, close-bitmap and take-generation: how DRBD 8.4 is told that a copy which it has not made is that of a disk, but
// for what was written since. It knows by generations: T's current one is to be that of S's bitmap. In another order they are not, and DRBD
// sends all.
import { lvOf, mirrorOf } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { refused } from '../requests/refusal.ts'
import { failureOf, type World } from '../requests/world.ts'
import { generationsOf, UNREAD } from './generations.ts'
import { lookMirror, sayMissing } from './look.ts'
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

/** Undefined: it is there, with its disk, and looks for nobody. */
async function notAlone(world: World, { disk, minor }: Pick<RequestOf<'begin-bitmap'>, 'disk' | 'minor'>): Promise<string | undefined> {
  const looked = await lookMirror(world, disk)
  if (looked.kind === 'unread') return looked.reason
  const { mirror } = looked
  if (mirror?.minor !== minor) return sayMissing(disk, minor)
  if (mirror.disk === 'Diskless') return `the mirror of the disk ${disk} has no disk here`
  return mirror.connection === 'StandAlone' ? undefined : `the mirror of the disk ${disk} is ${mirror.connection}, and not alone any more`
}

export const bitmapChanges = { 'begin-bitmap': beginBitmap, 'close-bitmap': closeBitmap, 'take-generation': takeGeneration } as const
