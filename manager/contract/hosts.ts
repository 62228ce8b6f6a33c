// Hosts: what is said of them, what is taken of them, and what can be done to them. Append-only within /api/v1: a member is only ever
// added. Times are milliseconds since the epoch, sizes bytes, rates a second.
import { z } from 'zod'
import { GROUP_NAME, HOST_NAME, HOST_STATES, LONGEST_REASON, MOST_GROUPS, POWERS, PRESENCES, SERVICES, TRUSTS } from '../protocol/host.ts'
import { fieldsOf, hostFieldChanges, hostFields } from '../protocol/host-fields.ts'
import { inventory } from '../protocol/inventory.ts'
import { LONGEST_PATTERN } from '../protocol/name-pattern.ts'
import { ONCE_KINDS } from '../protocol/once.ts'
import { hostHardware, hostLoad, unreadSection } from './host-parts.ts'
import { operation } from './operation.ts'
import { onHosts, onThings, POOL } from './target.ts'

export const hostState = z.enum(HOST_STATES)

/** 16 characters of base32. */
export const hostId = z.string().regex(/^[a-z2-7]{16}$/, 'is no host id')

const hostMacs = z.array(z.object({ mac: z.string(), boot: z.boolean() }))

/** What tells a machine from others. */
export const hostIdentity = z.object({
  uuid: z.string().optional(),
  serial: z.string().optional(),
  product: z.string().optional(),
  macs: hostMacs,
})

export const host = z
  .object({
    id: hostId,
    name: z.string(),
    /** The gravest of the four below, in one word. */
    state: hostState,
    trust: z.enum(TRUSTS),
    /** `silent`: not heard of since it was approved or released, or, of a host that is `up`, for a moment. */
    presence: z.enum(PRESENCES),
    service: z.enum(SERVICES),
    power: z.enum(POWERS),
    /** Of a fence: what shows that it could run nothing. */
    proof: z.string().optional(),
    /** Since when it is in this state. */
    since: z.number(),
    groups: z.array(z.string()),
    ...hostFields,
    /** No guest is to come to it; what is on it stays. In maintenance: what its service is once that is over. */
    cordon: z.object({ reason: z.string(), who: z.string(), at: z.number() }).optional(),
    created: z.number(),
    uuid: z.string().optional(),
    macs: hostMacs,
    /** A machine boots as this host and is another than was known: approval takes it in the place of that. `differs`: in words. */
    change: z.object({ at: z.number(), differs: z.array(z.string()), was: hostIdentity, is: hostIdentity }).optional(),
    /** Of a host that may be approved: what an approval names as `seen`. It is another as soon as another machine waits. */
    seen: z.string().optional(),
    connection: z.object({ address: z.string(), agent: z.string(), since: z.number() }).optional(),
    inventory: z.object({ revision: z.number(), at: z.number() }).optional(),
    /** Missing before its first report. */
    hardware: hostHardware.optional(),
    /** What it booted, as its appliance tells. */
    image: z.object({ image: z.string(), generation: z.string() }).optional(),
    /** What it boots at its next boot instead of the pool, once, by whose order; until then. */
    once: z.object({ what: z.enum(ONCE_KINDS), who: z.string(), at: z.number(), until: z.number() }).optional(),
    /** Hosts of one number can exchange guests live; missing where the CPU is not known or the host may not run guests. */
    cpuGroup: z.number().optional(),
    load: hostLoad.optional(),
    /** That run on it; missing where that is not known. */
    guests: z.number().optional(),
    /** Sections of its report from which items may be missing, and why: what is counted in them is missing here. */
    unread: z.array(unreadSection).optional(),
    /** Open ones. */
    alarms: z.number(),
  })
  .meta({ id: 'Host' })

/** A host's id is a name, too. */
export const hostRef = z.string().regex(HOST_NAME, 'is neither a host name nor an id: 1 to 63 of a-z 0-9 -')
const ofHost = z.strictObject({ ref: hostRef })
const onHost = ({ ref }: z.output<typeof ofHost>) => onHosts(ref)
/** Its guests run there no more, whosever they are. */
const onHostWithGuests = ({ ref }: { readonly ref: string }) => onThings({ hosts: [ref], guestsOf: [ref] })

const groupName = z.string().regex(GROUP_NAME, 'is no group name: 1 to 63 of a-z 0-9 _ . -, a letter or digit first')

/** Machines of one approval. */
export const MOST_ADMITTED = 1000
/** Of them the audit log names so many. */
const MOST_SAID = 40

/** What an operator may change of a host; what is left out stays. */
const hostChange = z.strictObject({
  name: z.string().regex(HOST_NAME, 'is no host name: 1 to 63 of a-z 0-9 -, a letter or digit first and last').optional(),
  groups: z.array(groupName).max(MOST_GROUPS).optional(),
  ...hostFieldChanges,
})

/** Of one answer: a list of ten thousand in one would keep all others waiting. */
export const MOST_HOSTS = 500

const hostPage = z.strictObject({
  limit: z.coerce.number<number | string>().int().min(1).max(MOST_HOSTS).default(MOST_HOSTS),
  /** From behind this name on, whether or not a host has it: `next` of the page before. */
  after: z.string().regex(HOST_NAME, 'is no host name').optional(),
  state: hostState.optional(),
  group: groupName.optional(),
})
export type HostPage = z.output<typeof hostPage>

const PROOF = 'what shows that the host cannot run anything now? A fence needs a proof'

const historyEntry = z.object({ at: z.number(), who: z.string(), what: z.string() })

export const hosts = {
  list: operation({
    http: 'GET /hosts',
    role: 'viewer',
    summary: 'Hosts by name, a page of them: all, or those of a state or a group',
    input: hostPage,
    /** `next`: there are more, behind this name. */
    output: z.object({ hosts: z.array(host), next: z.string().optional() }),
  }),
  show: operation({
    http: 'GET /hosts/:ref',
    role: 'viewer',
    summary: 'One host',
    input: ofHost,
    output: host,
    edited: ({ id, name, groups, ...of }) => ({ id, name, groups: groups.toSorted(), ...fieldsOf(of) }),
  }),
  inventory: operation({
    http: 'GET /hosts/:ref/inventory',
    role: 'viewer',
    summary: 'All that the agent of a host has reported of it',
    input: ofHost,
    output: inventory,
  }),
  history: operation({
    http: 'GET /hosts/:ref/history',
    role: 'viewer',
    summary: 'What happened to a host, newest first',
    input: ofHost.extend({ limit: z.coerce.number<number | string>().int().min(1).max(1000).default(100) }),
    output: z.object({ entries: z.array(historyEntry) }),
  }),
  change: operation({
    http: 'PATCH /hosts/:ref',
    role: 'operator',
    summary: 'Change name, groups or notes of a host: all that is given, or nothing',
    input: ofHost.extend(hostChange.shape),
    output: host,
    changes: 'GET /hosts/:ref',
    limit: 64 << 10,
    on: ({ ref, groups }) => onThings({ hosts: [ref], ...(groups === undefined ? {} : { regrouped: { host: ref, groups } }) }),
    did: ({ ref, ...change }, say) => `change host ${say.host(ref)}: ${JSON.stringify(change)}`,
  }),
  approve: operation({
    http: 'POST /hosts/:ref/approve',
    role: 'operator',
    summary: 'Let a pending host into the pool',
    /** `seen`: the host's `seen` as it was looked at; without it only a host that has no `change` is approved. */
    input: ofHost.extend({ seen: z.string().max(64).optional() }),
    output: host,
    on: onHost,
    did: ({ ref }, say) => `approve host ${say.host(ref)}`,
  }),
  admit: operation({
    http: 'POST /admissions',
    role: 'operator',
    summary: 'Let machines that wait into the pool, with names by a pattern and groups: each with all of it, or not at all',
    input: z.strictObject({
      /** In the order of their names; `seen` as in an approval of one. */
      hosts: z
        .array(z.strictObject({ ref: hostRef, seen: z.string().max(64).optional() }))
        .min(1)
        .max(MOST_ADMITTED),
      /** `node{01..37}`, or `node{01..}` for as many as they are; left out: they keep theirs. */
      names: z.string().max(LONGEST_PATTERN).optional(),
      /** Besides those that they are in. */
      groups: z.array(groupName).max(MOST_GROUPS).default([]),
    }),
    /** `ref` as it was given, `name` as it is now. */
    output: z.object({
      admitted: z.array(z.object({ ref: z.string(), name: z.string() })),
      refused: z.array(z.object({ ref: z.string(), name: z.string(), reason: z.string() })),
    }),
    limit: 256 << 10,
    // In which groups a host is says who acts on it.
    on: ({ hosts: machines, groups }) => (groups.length > 0 ? POOL : onHosts(...machines.map(({ ref }) => ref))),
    did: ({ hosts: machines, names, groups }, say) => {
      const who = machines.slice(0, MOST_SAID).map(({ ref }) => say.host(ref))
      const more = machines.length > MOST_SAID ? ` and ${machines.length - MOST_SAID} more` : ''
      const as = [names === undefined ? '' : ` as ${names}`, groups.length === 0 ? '' : ` in ${groups.join(', ')}`].join('')
      return `approve ${machines.length === 1 ? 'host' : `${machines.length} hosts`} ${who.join(', ')}${more}${as}`
    },
  }),
  reject: operation({
    http: 'POST /hosts/:ref/reject',
    role: 'admin',
    summary: 'Shut a host out: its certificates are revoked',
    input: ofHost,
    output: host,
    on: onHostWithGuests,
    did: ({ ref }, say) => `reject host ${say.host(ref)}`,
  }),
  maintain: operation({
    http: 'POST /hosts/:ref/maintain',
    role: 'operator',
    summary: 'Take a host without guests out of service',
    input: ofHost,
    output: host,
    on: onHost,
    did: ({ ref }, say) => `take host ${say.host(ref)} into maintenance`,
  }),
  resume: operation({
    http: 'POST /hosts/:ref/resume',
    role: 'operator',
    summary: 'End the maintenance of a host',
    input: ofHost,
    output: host,
    on: onHost,
    did: ({ ref }, say) => `end the maintenance of host ${say.host(ref)}`,
  }),
  cordon: operation({
    http: 'POST /hosts/:ref/cordon',
    role: 'operator',
    summary: 'Let no guest come to a host: what is on it stays, runs on, and may start there',
    input: ofHost.extend({
      reason: z
        .string()
        .min(1)
        .max(LONGEST_REASON)
        .refine((reason) => !/\p{C}/u.test(reason), 'has characters that are not printable')
        .default('no reason given'),
    }),
    output: host,
    on: onHost,
    did: ({ ref, reason }, say) => `cordon host ${say.host(ref)}: ${reason}`,
  }),
  uncordon: operation({
    http: 'POST /hosts/:ref/uncordon',
    role: 'operator',
    summary: 'Let guests come to a host again',
    input: ofHost,
    output: host,
    on: onHost,
    did: ({ ref }, say) => `uncordon host ${say.host(ref)}`,
  }),
  fence: operation({
    http: 'POST /hosts/:ref/fence',
    role: 'admin',
    summary: 'Say that a host cannot run anything now, with the proof',
    /** `proof`: what says that it cannot. */
    input: ofHost.extend({ proof: z.string(PROOF).min(1, PROOF).max(512) }),
    output: host,
    on: onHostWithGuests,
    did: ({ ref, proof }, say) => `fence host ${say.host(ref)}: ${proof}`,
  }),
  release: operation({
    http: 'POST /hosts/:ref/release',
    role: 'operator',
    summary: 'Take a fenced host back into service',
    input: ofHost,
    output: host,
    on: onHost,
    did: ({ ref }, say) => `release host ${say.host(ref)}`,
  }),
}

/** What an operator or admin does with a host as a whole. */
export const HOST_ACTIONS = ['approve', 'reject', 'cordon', 'uncordon', 'maintain', 'resume', 'fence', 'release'] as const
export type HostAction = (typeof HOST_ACTIONS)[number]

export type Host = z.output<typeof host>
export type HostIdentity = z.output<typeof hostIdentity>
export type HostLoad = z.output<typeof hostLoad>
export type HostHardware = z.output<typeof hostHardware>
export type HostChange = z.output<typeof hostChange>
export type HistoryEntry = z.output<typeof historyEntry>
