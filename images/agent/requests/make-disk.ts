// The request make-disk: the LV of a disk with all of its content, or none. Until it is whole it is tagged `making`, and nothing opens it.
import { type DiskTags, lvOf, writeDiskTags } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Lv } from '../../../manager/protocol/storage.ts'
import type { Images, OpenedImage } from '../content/images.ts'
import { activateVolume, changeTags, createVolume, deactivateVolume, openCount, removeVolume, zero } from '../volumes/change.ts'
import { type FoundGroup, findGroup, volumeOf } from '../volumes/find.ts'
import { dependants, judge, lackOfRoom, roundedUp } from '../volumes/judge.ts'
import { refused } from './refusal.ts'
import type { Task } from './task.ts'
import type { World } from './world.ts'

type Body = RequestOf<'make-disk'>
type Answer = AnswerOf<'make-disk'> | Refusal

export async function makeDisk(world: World, images: Images, body: Body, task: Task): Promise<Answer> {
  const group = await findGroup(world, body.vg)
  if (group.kind === 'refused') return refused('unable', group.reason)
  const there = volumeOf(group, body.disk)
  const judged = there && judge(group, there, body)
  if (judged?.kind === 'refused') return refused('unable', judged.reason)
  if (judged?.kind === 'ready') return { kind: 'disk-made', sizeBytes: judged.lv.sizeBytes, was: 'there' }
  if (body.image && body.image.sizeBytes > body.sizeBytes)
    return refused('unable', `the image has ${body.image.sizeBytes} bytes, and the disk is to have ${body.sizeBytes}`)
  const image = body.image && (await images.open(body.image.id, task.signal))
  if (image?.kind === 'refused') return refused('unable', image.reason)
  try {
    if (image && image.sizeBytes !== body.image?.sizeBytes)
      return refused(
        'unable',
        `the image ${body.image?.id} has ${image.sizeBytes} bytes, and not the ${body.image?.sizeBytes} that were told`,
      )
    return await build(world, group, body, judged, image, task)
  } finally {
    image?.close()
  }
}

async function build(
  world: World,
  group: FoundGroup,
  body: Body,
  begun: { readonly lv: Lv; readonly reuse: 'as it is' | 'made anew' } | undefined,
  image: OpenedImage | undefined,
  task: Task,
): Promise<Answer> {
  if (begun) {
    const [user] = dependants(group, begun.lv)
    if (user !== undefined)
      return refused('unable', `the LV ${body.vg.name}/${begun.lv.name} is not whole, and ${user} is a snapshot of it`)
  }
  if (begun?.reuse === 'made anew') {
    const stays = await takeAway(world, begun.lv)
    if (stays !== undefined) return refused('unable', `what was begun of the disk ${body.disk} stays: ${stays}`)
  }
  const lv = begun?.reuse === 'as it is' ? { kind: 'made' as const, lv: begun.lv } : await create(world, body, image)
  if (lv.kind === 'refused') return refused('unable', lv.reason)
  const failure = await fill(world, lv.lv, body, image, task)
  if (failure === undefined) {
    // A mere tidying up: it is whole, and the next who opens it activates it.
    await deactivateVolume(world, lv.lv)
    await world.collect(['vgs', 'lvs'])
    return { kind: 'disk-made', sizeBytes: lv.lv.sizeBytes, was: 'not there' }
  }
  const stays = await takeAway(world, lv.lv)
  await world.collect(['vgs', 'lvs'])
  return refused(
    'unable',
    stays === undefined ? failure : `${failure}; the LV ${lv.lv.vg}/${lv.lv.name} stays, not ready, as it does not go: ${stays}`,
  )
}

type Created = { readonly kind: 'made'; readonly lv: Lv } | { readonly kind: 'refused'; readonly reason: string }

async function create(world: World, body: Body, image: OpenedImage | undefined): Promise<Created> {
  // Anew: room may have come or gone since, and what was begun may be gone.
  const group = await findGroup(world, body.vg)
  if (group.kind === 'refused') return group
  const lack = lackOfRoom(group, body, image?.contentBytes ?? 0)
  if (lack !== undefined) return { kind: 'refused', reason: lack }
  const { vg } = group
  const pool = body.thinPool === undefined ? {} : { thinPool: body.thinPool }
  const failure = await createVolume(world, {
    vg,
    name: lvOf(body.disk),
    ...pool,
    sizeBytes: roundedUp(body.sizeBytes, vg),
    tags: tagsOf(body, 'making'),
  })
  const after = await findGroup(world, body.vg)
  const made = after.kind === 'found' ? volumeOf(after, body.disk) : undefined
  if (failure === undefined && made) return { kind: 'made', lv: made.lv }
  // It may have come about all the same.
  const stays = made && made.tags?.state === 'making' ? await takeAway(world, made.lv) : undefined
  const reason = failure ?? (after.kind === 'refused' ? after.reason : 'lvcreate ended well, and it is not there')
  return {
    kind: 'refused',
    reason: stays === undefined ? `the LV cannot be made: ${reason}` : `the LV cannot be made: ${reason}; it stays: ${stays}`,
  }
}

/** Undefined when it is whole, and its tags say so; otherwise why not. */
async function fill(world: World, lv: Lv, body: Body, image: OpenedImage | undefined, task: Task): Promise<string | undefined> {
  const failure = await activateVolume(world, lv)
  if (failure !== undefined) return `the LV ${lv.vg}/${lv.name} cannot be activated: ${failure}`
  // What a thin pool gives to a volume reads as zero.
  const unzeroed = lv.pool === undefined ? await zero(world, task, lv, { from: 0, to: lv.sizeBytes }, 'claims') : undefined
  if (unzeroed !== undefined) return `the LV ${lv.vg}/${lv.name} cannot be zeroed: ${unzeroed}`
  const open = await openCount(world, lv)
  if (open !== 0)
    return `whether anything else writes to the LV ${lv.vg}/${lv.name} is not known: it is open ${open ?? 'an unknown number of'} times`
  const unfilled = await image?.pour(`/dev/${lv.vg}/${lv.name}`, task)
  if (unfilled !== undefined) return unfilled
  if (task.signal.aborted) return 'it was stopped before it was ready'
  const untagged = await changeTags(world, lv, {
    without: (tag) => writeDiskTags(tagsOf(body, 'making')).includes(tag),
    and: writeDiskTags(tagsOf(body, 'ready')),
  })
  return untagged === undefined ? undefined : `the LV ${lv.vg}/${lv.name} cannot be told to be ready: ${untagged}`
}

async function takeAway(world: World, lv: Lv): Promise<string | undefined> {
  const stays = await removeVolume(world, lv)
  if (stays === undefined) return undefined
  // An answer may be lost.
  const group = await findGroup(world, { name: lv.vg, uuid: lv.vgUuid })
  return group.kind === 'found' && !group.lvs.some(({ uuid }) => uuid === lv.uuid) ? undefined : stays
}

function tagsOf({ disk, guest, generation, epoch }: Body, state: DiskTags['state']): DiskTags {
  return { disk, guest, generation, epoch, state }
}
