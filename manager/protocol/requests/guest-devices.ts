// The requests that change what a guest that runs has, or is called: disks and NICs that come and go, and its name. Each looks first, and
// what it comes to is what the agent starts the guest with again.
import { z } from 'zod'
import { lvOf } from '../guest-disk.ts'
import { mac, record, type Uuid, uuid } from '../values.ts'
import { guestDisk, guestName, guestNic } from './guest-config.ts'
import { type Hold, holding } from './holds.ts'
import { short } from './request.ts'

const was = z.enum(['there', 'not there'])
type Disk = Pick<z.output<typeof guestDisk>, 'disk' | 'vg'>

/** The guest has this disk at this place of its bus. Refused as a start is: not ready, another guest's, open elsewhere. */
export const attachDisk = short({
  since: 6,
  body: record({ kind: z.literal('attach-disk'), uuid, disk: guestDisk }),
  answer: record({ kind: z.literal('disk-attached'), was }),
  changes: 'host',
  pace: 'quick',
  holds: ({ uuid: guest, disk }) => [...ofGuest({ uuid: guest }), ...ofDisk(disk)],
  limit: 120_000,
})

/** The guest has let go of it, and it is closed. Refused while the guest uses it. */
export const detachDisk = short({
  since: 6,
  body: record({ kind: z.literal('detach-disk'), uuid, disk: record({ disk: uuid, vg: guestDisk.unwrap().shape.vg }) }),
  answer: record({ kind: z.literal('disk-detached'), was }),
  changes: 'host',
  pace: 'quick',
  holds: ({ uuid: guest, disk }) => [...ofGuest({ uuid: guest }), ...ofDisk(disk)],
  limit: 120_000,
})

export const attachNic = short({
  since: 6,
  body: record({ kind: z.literal('attach-nic'), uuid, nic: guestNic }),
  answer: record({ kind: z.literal('nic-attached'), was }),
  changes: 'host',
  pace: 'quick',
  holds: ofGuest,
  limit: 120_000,
})

export const detachNic = short({
  since: 6,
  body: record({ kind: z.literal('detach-nic'), uuid, mac }),
  answer: record({ kind: z.literal('nic-detached'), was }),
  changes: 'host',
  pace: 'quick',
  holds: ofGuest,
  limit: 120_000,
})

/** Xen and xenstore call it so. Refused while another guest of this host is called so. */
export const renameGuest = short({
  since: 6,
  body: record({ kind: z.literal('rename-guest'), uuid, name: guestName }),
  answer: record({ kind: z.literal('guest-renamed'), was: guestName }),
  changes: 'host',
  pace: 'quick',
  holds: ofGuest,
  limit: 60_000,
})

function ofGuest({ uuid: guest }: { readonly uuid: Uuid }): readonly Hold[] {
  return holding('write', { kind: 'guest', uuid: guest })
}

function ofDisk({ disk, vg }: Disk): readonly Hold[] {
  return holding('read', { kind: 'lv', vg: vg.name, name: lvOf(disk) })
}

/** Each under its own kind. */
export const guestDevicesRequests = {
  'attach-disk': attachDisk,
  'detach-disk': detachDisk,
  'attach-nic': attachNic,
  'detach-nic': detachNic,
  'rename-guest': renameGuest,
} as const
