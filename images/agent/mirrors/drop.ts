// The request drop-mirror: nothing of the mirror is left on this host, and the guest, where it runs here, goes by its volume again.
import { deviceOf, lvOf, mirrorOf } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { refused } from '../requests/refusal.ts'
import { failureOf, type World } from '../requests/world.ts'
import { forgetSeeds } from '../seeds/plan.ts'
import { removeVolume } from '../volumes/change.ts'
import { findGroup } from '../volumes/find.ts'
import { readMaps, removeMap } from '../volumes/maps.ts'
import { lookMirror } from './look.ts'
import { metPath, rawOf, resourceOf, settledPath } from './names.ts'
import { endLeftSockets } from './sockets.ts'
import { putOn } from './swap.ts'

type Body = RequestOf<'drop-mirror'>
type Of = Pick<Body, 'vg' | 'disk' | 'minor'>

export async function dropMirror(world: World, body: Body): Promise<AnswerOf<'drop-mirror'> | Refusal> {
  const before = await lookMirror(world, body.disk)
  if (before.kind === 'unread') return refused('unable', before.reason)
  const failure = await takeDown(world, body)
  await world.collect(['drbd', 'lvs', 'vgs'])
  if (failure !== undefined) return refused('unable', failure)
  return { kind: 'mirror-dropped', was: before.mirror ? 'there' : 'not there' }
}

/** Undefined when nothing of it is left; twice is as once, from wherever it was left. */
export async function takeDown(world: World, { vg, disk, minor }: Of): Promise<string | undefined> {
  const looked = await lookMirror(world, disk)
  if (looked.kind === 'unread') return looked.reason
  const { mirror } = looked
  const maps = await readMaps(world)
  if (maps.kind === 'unread') return maps.reason
  if (mirror && maps.maps.has(deviceOf(disk))) {
    // What S's own disk has lost is on T alone: the volume is not what the guest has written.
    if (mirror.role === 'Primary' && mirror.disk !== 'UpToDate')
      return `the volume ${vg.name}/${lvOf(disk)} is ${mirror.disk} for DRBD, which goes on with the other copy: to go back to it would lose writes. Mend the disk first, or end the guest`
    const back = await putOn(world, { vg, disk, minor: mirror.minor ?? minor, to: 'volume' })
    if (typeof back === 'string') return back
  }
  const down = mirror && (await failureOf(world.backend, ['drbdsetup', 'down', resourceOf(disk)]))
  await endLeftSockets(world)
  if (down !== undefined) return `the DRBD resource ${resourceOf(disk)} does not go: ${down}`
  const raw = maps.maps.has(rawOf(disk)) ? await removeMap(world, rawOf(disk)) : undefined
  if (raw !== undefined) return `${rawOf(disk)} does not go: ${raw}`
  for (const path of [settledPath(disk), metPath(disk)]) await world.files.remove(path)
  await forgetSeeds(world, disk)
  return dropMeta(world, { vg, disk })
}

async function dropMeta(world: World, { vg, disk }: Pick<Of, 'vg' | 'disk'>): Promise<string | undefined> {
  const group = await findGroup(world, vg)
  if (group.kind === 'refused') return group.reason
  const meta = group.lvs.find(({ name }) => name === mirrorOf(disk))
  if (!meta) return undefined
  const stays = await removeVolume(world, meta)
  return stays === undefined ? undefined : `the LV ${vg.name}/${meta.name} does not go: ${stays}`
}
