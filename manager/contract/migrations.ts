// Guests that move to another host, with their disks. Append-only within /api/v1. Sizes are bytes, spans milliseconds.
import { z } from 'zod'
import { rateBytes, startedAutomation } from './automations.ts'
import { hostId, hostRef } from './hosts.ts'
import { operation } from './operation.ts'
import { onThings } from './target.ts'
import { vmRef } from './vms.ts'

/** How a guest moves. */
export const moveHow = {
  /** That the guest may stand still at its end. */
  maxPauseMs: z.number().int().min(100).max(600_000).default(2000),
  /** Of the memory and of each disk, a second; left out: as many as the network carries. */
  rateBytes: rateBytes.optional(),
  /** `10.77.0.0/24`; left out: the fastest that both hosts have an address in. */
  network: z.string().max(64).optional(),
  /** How long its old disks are kept, to go back to. */
  keepMs: z
    .number()
    .int()
    .min(0)
    .max(30 * 86_400_000)
    .default(3_600_000),
}

/** Of a guest that runs, and is stopped for its move once its disks are there, and started on the new host. */
const restart = z.strictObject({
  /** `not live`: where it cannot go live as it stands; `always`: whether it can or not. */
  when: z.enum(['not live', 'always']).default('not live'),
  /** `clean`: where it has not powered off when its seconds are over, it stays; `clean, then hard`: it is ended. */
  how: z.enum(['clean', 'clean, then hard']).default('clean'),
  seconds: z.number().int().min(1).max(86_400).default(120),
  /** When all of the copy is compared with the disk: in the stop, which is longer by it, or before it. */
  compare: z.enum(['running', 'stopped']).default('stopped'),
})

const asked = z.strictObject({
  ref: vmRef,
  /** Left out: the host that placement finds best. */
  host: hostRef.optional(),
  /** `left`: snapshots of disks that are copied stay with the LVs that are left behind, which are kept for good; left out: they are in the way. */
  snapshots: z.enum(['refused', 'left']).optional(),
  /** Left out: it is not stopped. */
  restart: restart.optional(),
  ...moveHow,
})

const askedPlan = asked.extend({
  /** `told`: the plan says of every other host whether it could take the guest. */
  others: z.enum(['left out', 'told']).default('left out'),
})

const plan = z
  .object({
    guest: z.string(),
    /**
     * `live`: it runs on meanwhile; `stopped`: it runs nowhere, and only its disks go; `restarted`: it is stopped when its disks are there, and
     * started on the new host. Missing: it cannot be moved as it stands.
     */
    way: z.enum(['live', 'stopped', 'restarted']).optional(),
    from: z.object({ host: hostId, name: z.string() }).optional(),
    to: z.object({ host: hostId, name: z.string() }).optional(),
    network: z.string().optional(),
    /** Of the network that is known; missing: it does not say. */
    megabits: z.number().optional(),
    /** That are copied. */
    diskBytes: z.number(),
    /**
     * Of them, where it can be moved as it stands, what is known not to be sent: `zeroBytes`: of thin disks, never written; `thereBytes`: of which
     * the new host has an older copy, but for what has changed since.
     */
    notSent: z.object({ zeroBytes: z.number(), thereBytes: z.number() }).optional(),
    /** What becomes of each, where it can be moved as it stands: `stays`: on these LUNs, by WWID, which both hosts see. */
    disks: z
      .array(
        z.object({ vdev: z.string(), sizeBytes: z.number(), how: z.enum(['copied', 'stays']), vg: z.string(), luns: z.array(z.string()) }),
      )
      .optional(),
    memoryBytes: z.number(),
    /** About, all of it: each disk is read, and compared where it is; missing: nothing says how fast the network is, or it cannot be moved. */
    takesMs: z.number().optional(),
    /** Of one that is restarted: for about how long it is down, beyond what it takes to power off and to boot. */
    pauseAtMostMs: z.number(),
    /** It cannot go live as it stands, and could with a stop of about so long: as `restart` asks for. */
    withRestart: z.object({ stopMs: z.number() }).optional(),
    steps: z.array(z.object({ what: z.string(), undo: z.string().optional() })),
    /** All that is in the way; none: it can be begun. */
    refusals: z.array(z.object({ code: z.string(), reason: z.string() })),
    /** Where they were asked for, and the guest lies on a host; `fits`: the best first. */
    others: z
      .object({
        fits: z.array(z.object({ host: hostId, name: z.string() })),
        refused: z.array(z.object({ host: hostId, name: z.string(), why: z.array(z.object({ code: z.string(), reason: z.string() })) })),
      })
      .optional(),
  })
  .meta({ id: 'MigrationPlan' })

const move = z
  .object({
    automation: z.string(),
    guest: z.string(),
    /** As it, and its hosts, were called. */
    name: z.string(),
    from: z.object({ host: hostId, name: z.string() }),
    to: z.object({ host: hostId, name: z.string() }),
    way: z.enum(['live', 'stopped', 'restarted']),
    outcome: z.enum(['done', 'failed', 'aborted']),
    reason: z.string().optional(),
    who: z.string(),
    /** Milliseconds since the epoch. */
    began: z.number(),
    ended: z.number(),
    /** Sent for disks that were copied whole; of memory, in all tries. */
    diskBytes: z.number(),
    /** Of these disks, what did not have to be sent: zeros, what was there already, what could be pressed; missing: nobody knows. */
    savedBytes: z.number().optional(),
    memoryBytes: z.number(),
    /** That it stood still at most, or was down for it; missing: it never was. */
    pauseMs: z.number().optional(),
  })
  .meta({ id: 'Move' })

export const migrations = {
  list: operation({
    http: 'GET /migrations',
    role: 'viewer',
    summary: 'Moves that have ended, whatever came of them, the newest first: from where to where, bytes, seconds, pause',
    input: z.strictObject({
      /** UUID or name, also of one that is not there any more. */
      guest: vmRef.optional(),
      /** That they came from or went to: id or name. */
      host: hostRef.optional(),
      limit: z.coerce.number<number | string>().int().min(1).max(1000).default(100),
      /** `next` of the page before. */
      before: z
        .string()
        .regex(/^\d{1,15}-[\w-]{1,64}$/, 'is no next of a page')
        .optional(),
    }),
    /** `next`: there may be more. */
    output: z.object({ moves: z.array(move), next: z.string().optional() }),
  }),
  plan: operation({
    http: 'POST /vms/:ref/migration-plan',
    role: 'viewer',
    summary: 'How a guest would be moved: over what, how long, with which steps, and all that is in the way; nothing is done',
    input: askedPlan,
    output: plan,
  }),
  planAll: operation({
    http: 'POST /migration-plans',
    role: 'viewer',
    summary: 'How several guests would be moved, each as if those before it were under way; nothing is done',
    input: asked.omit({ ref: true }).extend({ refs: z.array(vmRef).min(1).max(1000) }),
    output: z.object({ plans: z.array(plan) }),
    limit: 128 << 10,
  }),
  start: operation({
    http: 'POST /vms/:ref/migrate',
    role: 'operator',
    status: 202,
    starts: 'automation',
    summary: 'Move a guest to another host with its disks: live where it runs, or with a stop where that is asked for',
    input: asked,
    output: startedAutomation,
    on: ({ ref, host }) => onThings({ guests: [ref], ...(host === undefined ? {} : { hosts: [host] }) }),
    did: ({ ref, host, restart: stop }) =>
      `migrate guest ${ref}${host === undefined ? '' : ` to ${host}`}${stop ? (stop.when === 'always' ? ', with a stop' : ', with a stop if need be') : ''}`,
  }),
}

export type MigrationAsk = z.output<typeof asked>
export type MigrationPlan = z.output<typeof plan>
export type Move = z.output<typeof move>
