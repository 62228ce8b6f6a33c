// VGs that guests' disks are made in, a host at a time, and the disks that may become one. Append-only within /api/v1. Sizes are bytes.
import { z } from 'zod'
import { vgName } from '../protocol/guest-disk.ts'
import { startedAutomation } from './automations.ts'
import { unreadSection } from './host-parts.ts'
import { hostId, hostRef } from './hosts.ts'
import { NOTHING, operation } from './operation.ts'
import { onThings } from './target.ts'

const disk = z.object({ name: z.string(), serial: z.string().optional(), wwid: z.string().optional(), sizeBytes: z.number() })

const vg = z
  .object({
    name: z.string(),
    uuid: z.string(),
    /** How operators call it, its own name among them: names of VGs may differ from host to host. */
    pools: z.array(z.string()),
    sizeBytes: z.number(),
    /** What nobody has claimed; missing where that is not known. */
    freeBytes: z.number().optional(),
    disks: z.array(disk),
    lvs: z.number(),
    /** Why nothing can be made in it now. */
    unusable: z.string().optional(),
  })
  .meta({ id: 'Vg' })

const ofHost = { host: hostId, name: z.string(), unread: z.array(unreadSection).optional() }

/** `empty`: all that are proven to be; otherwise serial numbers or WWIDs, whose signatures are wiped, but never those of a LUN that other hosts see. */
const disks = z.union([z.literal('empty'), z.array(z.string().min(1).max(256)).min(1).max(256)])
const vgRefOrName = z.string().min(1).max(63)

function which(wanted: z.output<typeof disks>): string {
  return wanted === 'empty' ? 'its empty disks' : wanted.join(', ')
}

export const storage = {
  vgs: operation({
    http: 'GET /storage/vgs',
    role: 'viewer',
    summary: 'The VGs of each host, with what is free of them',
    input: NOTHING,
    output: z.object({ hosts: z.array(z.object({ ...ofHost, vgs: z.array(vg) })) }),
  }),
  disks: operation({
    http: 'GET /storage/disks',
    role: 'viewer',
    summary: 'Which disks of each host may become a VG, and why the others may not',
    input: NOTHING,
    output: z.object({
      hosts: z.array(
        z.object({
          ...ofHost,
          /** Why none of them may. */
          refused: z.string().optional(),
          disks: z.array(disk.extend({ model: z.string().optional(), verdict: z.enum(['empty', 'typed', 'in use']), why: z.string() })),
        }),
      ),
    }),
  }),
  createVg: operation({
    http: 'POST /storage/vgs',
    role: 'operator',
    status: 202,
    starts: 'automation',
    summary: 'Make a VG of disks of a host',
    input: z.strictObject({ host: hostRef, name: vgName, disks, /** Where its name is another. */ pool: vgName.optional() }),
    output: startedAutomation,
    on: ({ host, disks: wanted }) => onThings({ hosts: [host], disks: { host, disks: wanted } }),
    did: ({ host, name, disks: wanted }, say) => `make VG ${name} on ${say.host(host)} of ${which(wanted)}`,
  }),
  extendVg: operation({
    http: 'POST /storage/vgs/:vg/extend',
    role: 'operator',
    status: 202,
    starts: 'automation',
    summary: 'Add disks of its host to a VG',
    input: z.strictObject({ vg: vgRefOrName, host: hostRef, disks }),
    output: startedAutomation,
    on: ({ host, vg: of, disks: wanted }) => onThings({ hosts: [host], vg: { host, vg: of }, disks: { host, disks: wanted } }),
    did: ({ host, vg: ref, disks: wanted }, say) => `extend VG ${ref} on ${say.host(host)} by ${which(wanted)}`,
  }),
  removeVg: operation({
    http: 'POST /storage/vgs/:vg/remove',
    role: 'operator',
    status: 202,
    starts: 'automation',
    summary: 'Remove a VG without LVs: its disks are empty then',
    input: z.strictObject({ vg: vgRefOrName, host: hostRef }),
    output: startedAutomation,
    on: ({ host, vg: of }) => onThings({ hosts: [host], vg: { host, vg: of } }),
    did: ({ host, vg: ref }, say) => `remove VG ${ref} on ${say.host(host)}`,
  }),
}

export type HostVgs = z.output<typeof storage.vgs.output>['hosts'][number]
export type StoredVg = z.output<typeof vg>
export type HostDisks = z.output<typeof storage.disks.output>['hosts'][number]
export type WantedDisks = z.output<typeof disks>
