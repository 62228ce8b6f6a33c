// A guest as a host is told to run it: all that its domain is made from, nothing of what people call things elsewhere.
import { z } from 'zod'
import { vgRef } from '../guest-disk.ts'
import { kernelCmdline, kernelFile } from '../guest-kernel.ts'
import { count, list, mac, name, record, text, uuid } from '../values.ts'

/** What Xen, xenstore and host names take, and no option of a program: begins with a letter or digit, no two dashes in a row. */
export const guestName = z
  .string()
  .max(63)
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._]|-(?!-))*$/, 'is no name of a guest: letters, digits, dots, underscores and single dashes')

export const guestDisk = record({
  disk: uuid,
  vg: vgRef,
  /** Of the LV; refused with an older one: another copy is what counts. */
  generation: count,
  /** `xvda` … `xvdz`. */
  vdev: z.string().regex(/^xvd[a-z]$/, 'is no xvda … xvdz'),
  access: z.enum(['read-write', 'read-only']),
})

export const guestNic = record({
  mac,
  bridge: name,
  /** Kilobytes a second that it may send; left out: as many as it can. */
  rateKBps: count.min(1).exactOptional(),
  /** Version 10. `mac`: the bridge takes nothing from it that comes from another MAC; left out: what the guest sends. */
  filter: z.enum(['mac']).exactOptional(),
})

/**
 * `grub`: the guest's own /boot/grub on its first disk, by GRUB for PVH. `kernel`, since version 11: files of the manager's image store,
 * which the host has before it starts the guest.
 */
const boot = z.discriminatedUnion('kind', [
  record({ kind: z.literal('grub') }),
  record({ kind: z.literal('kernel'), kernel: kernelFile, initrd: kernelFile.exactOptional(), cmdline: kernelCmdline }),
])

/** Of xl.cfg(5), what may be given as it is: nothing that reaches files, programs or devices of dom0. */
export const XL_KEYS = [
  'cpu_weight',
  'cap',
  'cpus',
  'nomigrate',
  'timer_mode',
  'nestedhvm',
  'max_grant_frames',
  'max_event_channels',
] as const

export const guestConfig = record({
  uuid,
  name: guestName,
  type: z.literal('pvh'),
  boot,
  memoryMiB: count.min(1),
  maxMemoryMiB: count.min(1),
  vcpus: count.min(1).max(512),
  maxVcpus: count.min(1).max(512),
  disks: list(guestDisk, 26),
  nics: list(guestNic, 16),
  /** xl.cfg(5), `cpuid`: what the pool's level takes from the host's CPU. */
  cpuid: text(4096).exactOptional(),
  xl: list(
    record({
      key: z.enum(XL_KEYS),
      value: z
        .string()
        .max(256)
        .regex(/^[A-Za-z0-9,^-]*$/, 'has characters that xl.cfg is not given'),
    }),
    XL_KEYS.length,
  ),
})

/**
 * What the agent does by itself when the domain is not there any more, or has crashed. `never`: nothing; a crashed domain is left to be
 * looked at. `on-failure`: a crash is started anew. `always`: an end from inside, too.
 */
export const restartPolicy = z.enum(['never', 'on-failure', 'always'])

export type GuestConfig = z.output<typeof guestConfig>
export type RestartPolicy = z.output<typeof restartPolicy>
