// The request open-mirror: DRBD over the LV of a disk, by a device of its own beside the guest's, and alone. What was half made before is
// made anew; what the guest goes by already stays.
import { deviceOf, lvOf, mirrorOf } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Lv, Vg } from '../../../manager/protocol/storage.ts'
import type { Command } from '../backend.ts'
import { refused } from '../requests/refusal.ts'
import { failureOf, type World } from '../requests/world.ts'
import { activateVolume } from '../volumes/change.ts'
import { findGroup, volumeOf } from '../volumes/find.ts'
import { roundedUp, sayTags } from '../volumes/judge.ts'
import { lvmCommand, mapOfLv } from '../volumes/lvm.ts'
import { createMap, linear, readMaps } from '../volumes/maps.ts'
import { takeDown } from './drop.ts'
import { lookMirror } from './look.ts'
import { loadModule } from './module.ts'
import { metaBytes, rawOf, resourceOf, SECTOR } from './names.ts'

type Body = RequestOf<'open-mirror'>

export async function openMirror(world: World, body: Body): Promise<AnswerOf<'open-mirror'> | Refusal> {
  const loaded = await loadModule(world.backend)
  if (loaded !== undefined) return refused('unable', loaded)
  const looked = await lookMirror(world, body.disk)
  if (looked.kind === 'unread') return refused('unable', looked.reason)
  const { mirror, others } = looked
  const isThere = mirror?.minor === body.minor && mirror.role.toLowerCase() === body.role && mirror.disk !== 'Diskless'
  if (isThere) return { kind: 'mirror-opened', was: 'there' }
  const other = others.find(({ volumes }) => volumes.some(({ minor }) => minor === body.minor))
  if (other) return refused('unable', `DRBD minor ${body.minor} is taken by the resource ${other.name}`)
  const group = await findGroup(world, body.vg)
  if (group.kind === 'refused') return refused('unable', group.reason)
  const found = volumeOf(group, body.disk)
  const name = `the LV ${body.vg.name}/${lvOf(body.disk)}`
  if (!found) return refused('unable', `there is no LV ${body.vg.name}/${lvOf(body.disk)} on this host`)
  const state = body.role === 'primary' ? 'ready' : 'making'
  if (found.tags?.disk !== body.disk || found.tags.state !== state)
    return refused('unable', `${name} is not ${state === 'ready' ? 'the disk' : 'a copy that is being made'}: ${sayTags(found.lv.tags)}`)
  if (found.lv.sizeBytes < body.sizeBytes)
    return refused('unable', `${name} has ${found.lv.sizeBytes} bytes, and ${body.sizeBytes} are needed`)
  const remains = await takeDown(world, body)
  if (remains !== undefined) return refused('unable', remains)
  const failure = (await activateVolume(world, found.lv)) ?? (await build(world, group.vg, found.lv, body))
  if (failure !== undefined) {
    const stays = await takeDown(world, body)
    return refused('unable', stays === undefined ? failure : `${failure}; and what was made of it stays: ${stays}`)
  }
  await world.collect(['drbd', 'lvs', 'vgs'])
  return { kind: 'mirror-opened', was: 'not there' }
}

/** The device `raw` has to be there. */
export function attachCommand({ vg, disk, minor, sizeBytes }: Pick<Body, 'vg' | 'disk' | 'minor' | 'sizeBytes'>): Command {
  const [data, meta] = [`/dev/mapper/${rawOf(disk)}`, `/dev/${vg.name}/${mirrorOf(disk)}`]
  const size = `--size=${Math.floor(sizeBytes / SECTOR)}s`
  return ['drbdsetup', 'attach', String(minor), data, meta, 'flexible', '--on-io-error=detach', size]
}

async function build(world: World, group: Vg, lv: Lv, { vg, disk, minor, sizeBytes, role }: Body): Promise<string | undefined> {
  const { backend } = world
  const resource = resourceOf(disk)
  const meta = `/dev/${vg.name}/${mirrorOf(disk)}`
  const extents = roundedUp(metaBytes(sizeBytes), group) / group.extentBytes
  const run = (...command: Command): Promise<string | undefined> => failureOf(backend, command)
  const tag = ['--addtag', `hostless.mirror=${disk}`]
  const made =
    (await failureOf(
      backend,
      lvmCommand('lvcreate', '-ay', '-W', 'n', '-Z', 'y', '-n', mirrorOf(disk), ...tag, '-l', String(extents), vg.name),
    )) ??
    (await run('blkdiscard', '-z', meta)) ??
    (await run('drbdmeta', '--force', String(minor), 'v08', meta, 'flex-external', 'create-md')) ??
    (await run('drbdsetup', 'new-resource', resource)) ??
    (await run('drbdsetup', 'new-minor', resource, String(minor), '0'))
  if (made !== undefined) return made
  const maps = await readMaps(world)
  if (maps.kind === 'unread') return maps.reason
  const under = maps.maps.get(mapOfLv(vg.name, lv.name))
  if (!under) return `the LV ${vg.name}/${lv.name} is not active, though it was activated`
  const raw = await createMap(world, rawOf(disk), linear(Math.floor(sizeBytes / SECTOR), under.number))
  if (raw !== undefined) return `${rawOf(disk)} cannot be made: ${raw}`
  const attached = await failureOf(backend, attachCommand({ vg, disk, minor, sizeBytes }))
  if (attached !== undefined) return attached
  const promoted = role === 'primary' ? await run('drbdsetup', 'primary', String(minor), '--force') : undefined
  if (promoted !== undefined) return promoted
  const after = await lookMirror(world, disk)
  if (after.kind === 'unread') return after.reason
  return after.mirror?.sizeBytes === sizeBytes
    ? undefined
    : `the mirror over ${deviceOf(disk)} has ${after.mirror?.sizeBytes ?? 'an unknown number of'} bytes, and the disk ${sizeBytes}`
}
