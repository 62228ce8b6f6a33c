// The requests attach-disk and detach-disk: a disk comes to a guest that runs, or goes from it. A guest that uses a disk keeps it.
import type { Guest } from '../../../manager/protocol/guests.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { closeDevices, openDevices } from '../guests/devices.ts'
import { changeKept } from '../guests/kept.ts'
import { runningGuest, settled } from '../guests/running.ts'
import { devicePath, diskLine, oddWord } from '../guests/xl-config.ts'
import { refused } from './refusal.ts'
import { type Task, UNWATCHED } from './task.ts'
import { failureOf, type World } from './world.ts'

export async function attachDisk(
  world: World,
  { uuid, disk }: RequestOf<'attach-disk'>,
  { signal }: Task = UNWATCHED,
): Promise<AnswerOf<'attach-disk'> | Refusal> {
  const odd = oddWord([disk.vdev, disk.disk])
  if (odd !== undefined) return refused('unable', odd)
  const guest = await runningGuest(world, uuid)
  if (typeof guest === 'string') return refused('unable', guest)
  const there = guest.disks.find(({ vdev }) => vdev === disk.vdev)
  if (there && there.target !== devicePath(disk.disk))
    return refused('unable', `it has another disk at ${disk.vdev} already: ${there.target}`)
  const elsewhere = has(guest, disk.disk) && !there
  if (elsewhere) return refused('unable', `it has this disk already, and not at ${disk.vdev}`)
  if (!there) {
    const closed = await openDevices(world, { uuid, disks: [disk] }, signal)
    if (closed !== undefined) return refused('unable', closed)
    const failure = await failureOf(world.backend, ['xl', 'block-attach', String(guest.domid), diskLine(disk)])
    const after = await settled(world, uuid, (now) => has(now, disk.disk))
    if (typeof after === 'string') return refused('unknown', after)
    if (!has(after, disk.disk)) {
      const left = await closeDevices(world, { uuid, disks: [disk] })
      const reason = failure ?? 'xl has attached it, and Xen does not show it'
      return refused('unable', left === undefined ? reason : `${reason}; and ${left}`)
    }
  }
  await changeKept(world, uuid, ({ disks, ...kept }) => ({ ...kept, disks: [...disks.filter((one) => one.vdev !== disk.vdev), disk] }))
  await world.collect(['guests', 'lvs'])
  return { kind: 'disk-attached', was: there ? 'there' : 'not there' }
}

export async function detachDisk(world: World, { uuid, disk }: RequestOf<'detach-disk'>): Promise<AnswerOf<'detach-disk'> | Refusal> {
  const guest = await runningGuest(world, uuid)
  if (typeof guest === 'string') return refused('unable', guest)
  const there = guest.disks.find(({ target }) => target === devicePath(disk.disk))
  if (there) {
    if (guest.state === 'paused') return refused('unable', `it is paused, and lets go of nothing: let it run first`)
    const failure = await failureOf(world.backend, ['xl', 'block-detach', String(guest.domid), there.vdev])
    const after = await settled(world, uuid, (now) => !has(now, disk.disk))
    if (typeof after === 'string') return refused('unknown', after)
    if (has(after, disk.disk))
      return refused('unable', `it does not let go of ${there.vdev}, which it may have mounted: ${failure ?? 'Xen shows it still'}`)
  }
  const left = await closeDevices(world, { uuid, disks: [{ ...disk, generation: 0, vdev: there?.vdev ?? 'xvda', access: 'read-write' }] })
  if (left !== undefined) return refused('unable', left)
  await changeKept(world, uuid, ({ disks, ...kept }) => ({ ...kept, disks: disks.filter((one) => one.disk !== disk.disk) }))
  await world.collect(['guests', 'lvs'])
  return { kind: 'disk-detached', was: there ? 'there' : 'not there' }
}

function has({ disks }: Guest, disk: RequestOf<'detach-disk'>['disk']['disk']): boolean {
  return disks.some(({ target }) => target === devicePath(disk))
}

export const attachDiskChanges = { 'attach-disk': attachDisk, 'detach-disk': detachDisk } as const
