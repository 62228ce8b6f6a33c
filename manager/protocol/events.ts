// What the kernel of a host tells the moment it happens; the delta that follows from it comes within a second.
import { z } from 'zod'
import { name, record } from './values.ts'

/** udev's word for what happened to a device. */
const action = z.enum(['add', 'remove', 'change', 'move', 'online', 'offline', 'bind', 'unbind'])

/** A device came, went or changed. */
const device = record({
  kind: z.literal('device'),
  action,
  /** The kernel's: `block`, `net`, `scsi`, `fc_host`, `iscsi_session`, `xen-backend`. */
  subsystem: name,
  /** Last part of its path in sysfs: `sda1`, `vbd-3-51712`. */
  device: name,
})

/** A link or an address changed, as `ip monitor` tells it. */
const network = record({ kind: z.literal('network'), what: z.enum(['link', 'address']), interface: name })

export const kernelEvent = z.discriminatedUnion('kind', [device, network])

export type KernelEvent = z.output<typeof kernelEvent>
