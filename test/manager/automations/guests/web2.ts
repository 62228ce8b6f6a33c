// A second guest beside the rig's first.
import { z } from 'zod'
import { uuidOf } from '../../claims/hosts.ts'
import { createArgs } from './rig.ts'

export const WEB2 = uuidOf(0x22)
const DISK2 = uuidOf(0x23)
const made = z.looseObject({ guest: z.looseObject({ disks: z.array(z.looseObject({})) }), disks: z.array(z.looseObject({})) })

export function web2(changed: Parameters<typeof createArgs>[0] = {}): unknown {
  const { guest, disks, ...others } = made.parse(createArgs(changed, 'web2', WEB2))
  const nics = [{ mac: '00:16:3e:01:02:04', bridge: 'xenbr0' }]
  const of = (all: readonly object[]) => all.map((one) => ({ ...one, disk: DISK2 }))
  return { ...others, guest: { ...guest, disks: of(guest.disks), nics }, disks: of(disks) }
}
