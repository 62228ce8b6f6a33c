// Guests as the manager keeps them, and what can be done to them; what hosts report of guests is guests.ts's. Append-only within /api/v1.
// Times are milliseconds since the epoch, sizes bytes; of a spec sizes are written as 8G.
import { z } from 'zod'
import { guestChange } from '../protocol/guest-change.ts'
import { guestSpec } from '../protocol/guest-spec.ts'
import { GUEST_STATES } from '../protocol/guest-state.ts'
import { guestName } from '../protocol/requests/guest-config.ts'
import { startedAutomation } from './automations.ts'
import { hostId, hostRef } from './hosts.ts'
import { operation } from './operation.ts'
import { onGuest, onThings } from './target.ts'

export const vmState = z.enum([...GUEST_STATES, 'unmanaged'])

const vmAddress = z.object({
  address: z.string(),
  mac: z.string(),
  /** By the guest's own tools in xenstore, in what its NIC sent (ARP, neighbour discovery), or both: what a guest claims, never proof. */
  how: z.enum(['told', 'seen', 'both']),
  /** By the clock of its host; `last` to five minutes. */
  since: z.number(),
  last: z.number(),
})

const vm = z
  .object({
    uuid: z.string(),
    name: z.string(),
    state: vmState,
    /** Where the word alone does not say it. */
    why: z.string().optional(),
    /** Where it runs, or its disks lie. */
    host: hostId.optional(),
    hostName: z.string().optional(),
    /** Of the domain that runs. */
    domid: z.number().optional(),
    vcpus: z.number(),
    memoryBytes: z.number(),
    /** Of all its disks; missing for a domain that hostless did not make. */
    diskBytes: z.number().optional(),
    /** That its first disk began with, as its spec names it. */
    image: z.string().optional(),
    networks: z.array(z.string()),
    macs: z.array(z.string()),
    /** Of the domain that runs; missing where its host does not tell. */
    addresses: z.array(vmAddress).optional(),
    /** Sentences: addresses that others use, too, on one network with it. */
    clashes: z.array(z.string()).optional(),
    groups: z.array(z.string()),
    tags: z.array(z.string()),
    notes: z.string(),
    restart: z.string().optional(),
    created: z.number().optional(),
    createdBy: z.string().optional(),
    /** That has it now. */
    automation: z.object({ id: z.string(), title: z.string(), recipe: z.string() }).optional(),
  })
  .meta({ id: 'Vm' })

const vmDisk = z.object({
  id: z.string(),
  vdev: z.string(),
  sizeBytes: z.number(),
  access: z.enum(['read-write', 'read-only']),
  /** `leaving`: the guest has it no more, and it is yet to be removed. */
  state: z.enum(['making', 'ready', 'leaving']),
  image: z.string().optional(),
  /** What cloud-init is told at the first boot. */
  content: z.literal('seed').optional(),
  /** What the guest opens, and what lies below it, down to the disks of the machine. */
  device: z.string(),
  lv: z.string(),
  vg: z.string(),
  /** Whether its host reports the LV; `unread`: what would tell was not read. */
  found: z.enum(['yes', 'no', 'unread']).optional(),
  /** As its host reports them; missing where it does not. */
  below: z.array(z.object({ device: z.string(), serial: z.string().optional(), wwid: z.string().optional() })).optional(),
})

const vmNic = z.object({
  /** Missing for a domain that hostless did not make. */
  network: z.string().optional(),
  mac: z.string().optional(),
  /** Kilobytes a second that it may send. */
  rateKBps: z.number().optional(),
  /** `mac`: its host's bridge drops what it sends from another MAC. */
  filter: z.enum(['mac']).optional(),
  /** As its host reports them now: what it is attached to, and the host's end. */
  bridge: z.string().optional(),
  vif: z.string().optional(),
})

const vmSeen = z.object({
  host: hostId,
  hostName: z.string(),
  domid: z.number(),
  /** As Xen has it. */
  state: z.string(),
  disks: z.array(z.object({ vdev: z.string(), target: z.string(), access: z.enum(['read-write', 'read-only']) })),
  /** Its configuration could not be read: it may have disks and NICs that are not here. */
  unread: z.literal(true).optional(),
})

export const vmDetail = vm
  .extend({
    /** As it can be given back: hostless vm apply. Missing for a domain that hostless did not make. */
    spec: z.record(z.string(), z.unknown()).optional(),
    disks: z.array(vmDisk),
    /** As its spec has them, and as they stand on the host that runs it. */
    nics: z.array(vmNic).optional(),
    /** Each domain that a host reports of it: more than one is a conflict, or the end of a migration. */
    seen: z.array(vmSeen).optional(),
  })
  .meta({ id: 'VmDetail' })

const places = z.object({
  /** The best first. */
  fits: z.array(z.object({ host: hostId, name: z.string() })),
  refused: z.array(z.object({ host: hostId, name: z.string(), reasons: z.array(z.string()) })),
})

/** Two files of a seed, with all that JSON escapes of them, beside the rest: what is too large is told by its name. */
const SPEC_BODY = 8 << 20
/** With many ssh keys. */
const KEPT_SPEC_BODY = 1 << 20

/** By name or UUID. */
export const vmRef = guestName
const ofVm = z.strictObject({ ref: vmRef })
const hosts = z.array(hostRef).min(1).max(4096)
const starting = { role: 'operator', status: 202, starts: 'automation', output: startedAutomation } as const

const change = z
  .object({
    what: z.string(),
    when: z.enum(['at once', 'from its next start on']),
    loses: z.enum(['nothing', 'data']),
  })
  .meta({ id: 'VmChange' })

const vmPage = z.strictObject({
  /** Left out: all. */
  limit: z.coerce.number<number | string>().int().min(1).max(1000).optional(),
  /** `next` of the page before. */
  after: z.string().max(256).optional(),
  state: vmState.optional(),
  /** Name or id of the host on which it runs, or its disks lie. */
  host: hostRef.optional(),
  group: z.string().max(64).optional(),
  tag: z.string().max(64).optional(),
})
export type VmPage = z.output<typeof vmPage>

export const vms = {
  list: operation({
    http: 'GET /vms',
    role: 'viewer',
    summary: 'Guests by name, all or a page of them: those that hostless keeps, and domains on hosts that it did not make',
    input: vmPage,
    /** `next`: there are more, behind this guest. */
    output: z.object({ vms: z.array(vm), next: z.string().optional() }),
  }),
  show: operation({
    http: 'GET /vms/:ref',
    role: 'viewer',
    summary: 'One guest, by name or UUID: its spec, and where its disks lie',
    input: ofVm,
    output: vmDetail,
    edited: ({ spec }) => spec,
  }),
  where: operation({
    http: 'POST /placement/guest',
    role: 'viewer',
    summary: 'Which hosts could start a guest, and what is in the way on the others',
    /** `ref`: one that is there; `spec`: one that is not. */
    limit: SPEC_BODY,
    input: z.strictObject({ ref: vmRef.optional(), spec: guestSpec.optional(), hosts: hosts.optional() }),
    output: places,
  }),
  create: operation({
    ...starting,
    http: 'POST /vms',
    summary: 'Make a guest, with its disks, and start it; its seed is what cloud-init is told at its first boot',
    limit: SPEC_BODY,
    input: z.strictObject({
      spec: guestSpec,
      /** That may take it; left out: all. */
      hosts: hosts.optional(),
      power: z.enum(['on', 'off']).default('on'),
    }),
    on: ({ spec, hosts: among = [] }) => onThings({ made: { name: spec.name, groups: spec.groups, tags: spec.tags }, hosts: among }),
    did: ({ spec, hosts: on, power }) =>
      `create guest ${spec.name}${on ? ` on ${on.length === 1 ? on[0] : `one of ${on.length} hosts`}` : ''}${power === 'on' ? '' : ', stopped'}`,
  }),
  start: operation({
    ...starting,
    http: 'POST /vms/:ref/start',
    summary: 'Start a guest on the host that its disks lie on',
    input: ofVm.extend({ host: hostRef.optional() }),
    on: ({ ref, host }) => onThings({ guests: [ref], ...(host === undefined ? {} : { hosts: [host] }) }),
    did: ({ ref }) => `start guest ${ref}`,
  }),
  stop: operation({
    ...starting,
    http: 'POST /vms/:ref/stop',
    summary: 'Have a guest power off; `hard`: end it without its help; `clean, then hard`: when its seconds are over',
    input: ofVm.extend({
      how: z.enum(['clean', 'hard', 'clean, then hard']).default('clean'),
      seconds: z.number().int().min(1).max(86_400).default(120),
    }),
    on: onGuest,
    did: ({ ref, how }) => `stop guest ${ref}, ${how}`,
  }),
  reboot: operation({
    ...starting,
    http: 'POST /vms/:ref/reboot',
    summary: 'Ask a guest to reboot',
    input: ofVm,
    on: onGuest,
    did: ({ ref }) => `reboot guest ${ref}`,
  }),
  pause: operation({
    ...starting,
    http: 'POST /vms/:ref/pause',
    summary: 'Have Xen pause a guest',
    input: ofVm,
    on: onGuest,
    did: ({ ref }) => `pause guest ${ref}`,
  }),
  unpause: operation({
    ...starting,
    http: 'POST /vms/:ref/unpause',
    summary: 'Have a paused guest go on',
    input: ofVm,
    on: onGuest,
    did: ({ ref }) => `unpause guest ${ref}`,
  }),
  destroy: operation({
    ...starting,
    http: 'POST /vms/:ref/destroy',
    summary: 'End a guest at once, and remove it and its disks',
    input: ofVm.extend({ disks: z.enum(['remove', 'keep']).default('remove') }),
    on: onGuest,
    did: ({ ref, disks }) => `destroy guest ${ref}${disks === 'keep' ? ', but keep its disks' : ' and its disks'}`,
  }),
  forget: operation({
    ...starting,
    http: 'POST /vms/:ref/forget',
    summary: 'Know nothing more of a guest whose host is gone for good: fenced, rejected or removed; its disks are left behind',
    /** `confirm`: its name. */
    input: ofVm.extend({ confirm: z.string().max(128) }),
    on: onGuest,
    did: ({ ref }) => `forget guest ${ref}, whose host is gone`,
  }),
  preview: operation({
    http: 'POST /vms/:ref/preview',
    role: 'viewer',
    summary: 'What would be other of a guest, by the whole of its spec or by a change, and from when on: nothing is done',
    limit: KEPT_SPEC_BODY,
    input: ofVm.extend({ spec: guestSpec.optional(), change: guestChange.optional() }),
    output: z.object({ changes: z.array(change) }),
  }),
  change: operation({
    ...starting,
    http: 'PATCH /vms/:ref',
    changes: 'GET /vms/:ref',
    summary: 'Change a guest: what it is called, its size, its disks and NICs; on one that runs at once, as far as that can be',
    limit: KEPT_SPEC_BODY,
    input: ofVm.extend({ change: guestChange }),
    on: ({ ref, change: { groups, tags } }) => onThings({ guests: [ref], retagged: { guest: ref, groups, tags } }),
    did: ({ ref, change: { addDisks, growDisks, removeDisks, addNics, removeNics, ...keys } }) => {
      const lists = { addDisks, growDisks, removeDisks, addNics, removeNics }
      const said = [
        ...Object.entries(keys).flatMap(([key, value]) => (value === undefined ? [] : [key])),
        ...Object.entries(lists).flatMap(([key, list]) => (list.length === 0 ? [] : [key])),
      ]
      return `change guest ${ref}: ${said.join(', ') || 'nothing'}${removeDisks.length === 0 ? '' : ` (${removeDisks.join(', ')})`}`
    },
  }),
  apply: operation({
    ...starting,
    http: 'PUT /vms/:ref/spec',
    changes: 'GET /vms/:ref',
    summary: 'Have a guest be as this spec says: disks and NICs that it does not name go; what cannot be at once is from the next start on',
    limit: KEPT_SPEC_BODY,
    input: ofVm.extend({ spec: guestSpec }),
    on: ({ ref, spec: { groups, tags } }) => onThings({ guests: [ref], retagged: { guest: ref, groups, tags } }),
    did: ({ ref, spec }) => `have guest ${ref} be as a spec says${spec.name === ref ? '' : ` (${spec.name})`}`,
  }),
}

export type VmAddress = z.output<typeof vmAddress>
export type Vm = z.output<typeof vm>
export type VmDetail = z.output<typeof vmDetail>
export type VmDisk = z.output<typeof vmDisk>
export type VmChange = z.output<typeof change>
export type VmNic = z.output<typeof vmNic>
export type VmPlaces = z.output<typeof places>
