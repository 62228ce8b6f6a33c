// The request settle-mirror: while the guest stands still, the copy becomes this host's own, or stays a mirror. Its LV is tagged before
// the mirror goes down, so that who asks again after a crash is told what was so.
import { lvOf } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { refused } from '../requests/refusal.ts'
import { failureOf, type World } from '../requests/world.ts'
import { changeTags } from '../volumes/change.ts'
import { findGroup, volumeOf } from '../volumes/find.ts'
import { readMaps, removeMap } from '../volumes/maps.ts'
import { isWhole, lookMirror, sayMirror } from './look.ts'
import { isSettledTag, rawOf, resourceOf, settledTag } from './names.ts'

export async function settleMirror(world: World, body: RequestOf<'settle-mirror'>): Promise<AnswerOf<'settle-mirror'> | Refusal> {
  const { vg, disk, generation } = body
  const group = await findGroup(world, vg)
  if (group.kind === 'refused') return refused('unable', group.reason)
  const copy = volumeOf(group, disk)
  const name = `the copy ${vg.name}/${lvOf(disk)}`
  if (copy?.tags?.disk !== disk || copy.tags.state !== 'making') return refused('unable', `${name} is not there, or is no copy`)
  const isTold = copy.lv.tags.includes(settledTag(generation))
  const looked = await lookMirror(world, disk)
  if (looked.kind === 'unread') return refused('unable', looked.reason)
  if (!looked.mirror) {
    const raw = isTold ? await dropRaw(world, disk) : undefined
    if (raw !== undefined) return refused('unable', raw)
    return isTold
      ? { kind: 'mirror-settled', was: 'settled' }
      : refused('unable', `${name} has no mirror, and was not settled: whether it has all is not known`)
  }
  if (!isWhole(looked.mirror)) {
    // Told of an earlier look: what was whole then need not be whole now.
    await changeTags(world, copy.lv, { without: isSettledTag, and: [] })
    return refused('unable', `${name} has not all: ${sayMirror(looked.mirror)}`)
  }
  const tagged = await changeTags(world, copy.lv, { without: isSettledTag, and: [settledTag(generation)] })
  if (tagged !== undefined) return refused('unable', `${name} cannot be told to be whole: ${tagged}`)
  const failure =
    (await failureOf(world.backend, ['drbdsetup', 'down', resourceOf(disk)])) ??
    (await dropRaw(world, disk)) ??
    (await failureOf(world.backend, ['blockdev', '--flushbufs', `/dev/${vg.name}/${lvOf(disk)}`]))
  await world.collect(['drbd'])
  return failure === undefined ? { kind: 'mirror-settled', was: 'not settled' } : refused('unable', failure)
}

async function dropRaw(world: World, disk: RequestOf<'settle-mirror'>['disk']): Promise<string | undefined> {
  const maps = await readMaps(world)
  if (maps.kind === 'unread') return maps.reason
  return maps.maps.has(rawOf(disk)) ? removeMap(world, rawOf(disk)) : undefined
}
