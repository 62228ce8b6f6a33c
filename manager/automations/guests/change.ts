// `change-guest`: what a guest has, and is called, is other than before; on a guest that runs, at once. What it is refused in the middle is
// taken back: only disks that have grown stay so, and what was told to go goes last, when nothing can be refused any more.
import type { z } from 'zod'
import { recipe } from '../../automation/recipe.ts'
import { all, hook, order, progress, request, type Steps, settle, undoable } from '../../automation/steps.ts'
import type { Need } from '../../claims/needs.ts'
import { lvOf } from '../../protocol/guest-disk.ts'
import { guestDisk } from '../../protocol/requests/guest-config.ts'
import { hostLock, vgLock, vgOfAllLocks } from '../locks.ts'
import { type ChangeArgs, changeArgs, KEEP, NAME_PART, type size } from './change-args.ts'
import { changeRows } from './change-rows.ts'
import { diskNeeds, made } from './create.ts'
import { notOn, otherSpec } from './outdated.ts'
import { claimed, guestLock, remember, rowsUndo } from './parts.ts'
import { diskPart } from './rows.ts'

const DISK_PATIENCE = 6 * 3600_000

export const CHANGE_GUEST = recipe<ChangeArgs>({
  name: 'change-guest',
  version: 1,
  parse: (given) => changeArgs.parse(given),
  title: ({ guest, said }) => `change ${guest.name}: ${said.slice(0, 3).join(', ') || 'nothing'}${said.length > 3 ? ' …' : ''}`,
  locks: ({ guest, host, rename, added, grown, removed, remembered, sharedVgs }) => [
    guestLock(guest),
    ...(rename === undefined
      ? []
      : [guest.name, rename].map((name) => ({ key: `guest-name ${name}`, name: `guest ${name}`, access: 'exclusive' as const }))),
    ...(host ? [hostLock(host, 'shared')] : []),
    ...(host ? [...new Set([...added, ...grown, ...removed].map(({ vg }) => vg.name))].map((vg) => vgLock(host, vg, 'shared')) : []),
    ...vgOfAllLocks(
      [...added, ...grown, ...removed, ...(remembered ? [remembered] : [])].map(({ vg }) => vg),
      sharedVgs,
    ),
  ],
  outdated: async (db, { guest, host, before }) => (host && (await notOn(db, guest, host))) ?? otherSpec(db, guest, before),
  phases: ['claim', 'disks', 'nics', 'size', 'name', 'detach', 'grow', KEEP, 'remove'],
  noReturn: 'remove',
  run: change,
  rows: changeRows,
})

function* change(args: ChangeArgs): Steps {
  const { guest, host, said } = args
  const told = { guest: guest.name, uuid: guest.uuid, ...(host ? { host: host.name } : {}), changes: said }
  yield* hook('before', 'change', told)
  const needs = needsOf(args)
  if (needs.length > 0) {
    yield* progress('claim', `what is new of ${guest.name}`)
    yield* claimed(rowsUndo(`give back what is new of ${guest.name}`, `hostless vm show ${guest.name}`), needs)
  }
  if (args.remembered) yield* remember(args.remembered.host, guest.name, args.remembered, args.remembered.before)
  if (host) yield* onHost(args, host.id)
  yield* progress(KEEP, guest.name)
  yield* settle()
  if (host && args.removed.length > 0) {
    yield* progress('remove', args.removed.map(({ vdev: at }) => at).join(', '))
    yield* all(args.removed.map((one) => () => gone(one, host.id)))
  }
  yield* hook('after', 'change', told)
}

function* onHost(args: ChangeArgs, host: string): Steps {
  const { guest, live, resize, rename, added, grown, removed, newNics, goneNics } = args
  const { uuid: id, name } = guest
  if (added.length > 0) yield* progress('disks', added.map(({ vdev: at }) => at).join(', '))
  yield* all(added.map((one) => () => arrival(one, args, host)))
  if (live === 'yes') {
    if (newNics.length > 0) yield* progress('nics', newNics.map((one) => one.mac).join(', '))
    for (const nic of newNics) {
      const back = { kind: 'detach-nic', uuid: id, mac: nic.mac } as const
      yield* turned(host, `take NIC ${nic.mac} from ${name}`, `xl network-detach ${name} ${nic.mac}`, back, {
        kind: 'attach-nic',
        uuid: id,
        nic,
      })
    }
    if (resize) {
      yield* progress('size', sayRest(resize.to))
      const back = { kind: 'resize-guest', uuid: id, ...resize.from } as const
      yield* turned(host, `give ${name} ${sayRest(resize.from)} again`, `hostless vm set ${name}`, back, { ...back, ...resize.to })
    }
    if (rename !== undefined) {
      yield* progress('name', rename)
      const back = { kind: 'rename-guest', uuid: id, name } as const
      yield* turned(host, `call it ${name} again`, `xl rename ${rename} ${name}`, back, { ...back, name: rename })
    }
    if (removed.length + goneNics.length > 0) yield* progress('detach', name)
    for (const { mac: at, attached } of goneNics) {
      if (!attached) continue
      const back = { kind: 'attach-nic', uuid: id, nic: attached } as const
      yield* turned(host, `give NIC ${at} back to ${name}`, `xl network-attach ${name} mac=${at}`, back, {
        kind: 'detach-nic',
        uuid: id,
        mac: at,
      })
    }
    for (const { attached } of removed) {
      if (!attached) continue
      const { disk, vg, vdev: at } = attached
      const back = { kind: 'attach-disk', uuid: id, disk: attached } as const
      yield* turned(host, `give disk ${at} back to ${name}`, `hostless vm show ${name}`, back, {
        kind: 'detach-disk',
        uuid: id,
        disk: { disk, vg },
      })
    }
  }
  if (grown.length > 0) yield* progress('grow', grown.map(({ vdev: at }) => at).join(', '))
  for (const { disk, vg, sizeBytes } of grown) yield* request(host, { kind: 'grow-disk', vg, disk, sizeBytes }, { patience: DISK_PATIENCE })
}

/** A disk that is made, and given to the guest if that runs. */
function* arrival(one: ChangeArgs['added'][number], { guest, live, epoch }: ChangeArgs, host: string): Steps {
  const { disk, vg, vdev: at, access } = one
  yield* made(one, { guest, host: { id: host, name: host }, epoch })
  if (live === 'no') return
  const config = guestDisk.parse({ disk, vg, generation: 1, vdev: at, access })
  const back = { kind: 'detach-disk', uuid: guest.uuid, disk: { disk, vg } } as const
  const command = `xl block-detach ${guest.name} ${at}`
  yield* turned(host, `take disk ${at} from ${guest.name}`, command, back, { kind: 'attach-disk', uuid: guest.uuid, disk: config })
}

type Live = Parameters<typeof request>[1]

/** Something of a guest that runs, and what takes it back. */
function* turned(host: string, what: string, command: string, back: Live, there: Live): Steps {
  yield* undoable({ what, command, requests: [order(host, back)] }, request(host, there))
}

function* gone({ disk, vg }: ChangeArgs['removed'][number], host: string): Steps {
  yield* request(host, { kind: 'remove-disk', vg, disk }, { onAbort: 'finish', patience: DISK_PATIENCE })
}

function needsOf(args: ChangeArgs): readonly Need[] {
  const { guest, host, rename, added, grown, newNics } = args
  const of = { guest: guest.uuid, keep: guest.name }
  return [
    ...(rename === undefined ? [] : [{ ...of, part: NAME_PART, kind: 'guest-name', name: rename } as const]),
    ...(host ? added.flatMap((disk) => diskNeeds(disk, { guest, host })) : []),
    ...(host ? grown.flatMap((disk) => grownNeeds(disk, of, host.id)) : []),
    ...newNics.map(({ mac: at }): Need => ({ ...of, part: `nic ${at}`, kind: 'mac', mac: at })),
  ]
}

/** What it has of the same part is replaced by it: to write it is a need of it, too. */
function grownNeeds(
  { disk, vg, sizeBytes, space }: ChangeArgs['grown'][number],
  of: { readonly guest: string; readonly keep: string },
  host: string,
): readonly Need[] {
  const part = { ...of, part: diskPart(disk), host }
  return [
    ...(space === 'thick' ? [{ ...part, kind: 'space', vg: vg.uuid, lv: lvOf(disk), bytes: sizeBytes } as const] : []),
    { ...part, kind: 'writer', device: `/dev/${vg.name}/${lvOf(disk)}` },
  ]
}

function sayRest({ memoryMiB, vcpus }: z.output<typeof size>): string {
  return [...(memoryMiB === undefined ? [] : [`${memoryMiB} MiB`]), ...(vcpus === undefined ? [] : [`${vcpus} vCPUs`])].join(', ')
}
