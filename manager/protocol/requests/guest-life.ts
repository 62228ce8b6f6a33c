// The requests that start and end a guest on a host, and what is done to one that runs. Each looks first: it says how things shall be.
import { z } from 'zod'
import { lvOf } from '../guest-disk.ts'
import { count, record, type Uuid, uuid } from '../values.ts'
import { guestConfig, restartPolicy } from './guest-config.ts'
import { type Hold, holding } from './holds.ts'
import { long, short } from './request.ts'

/**
 * Its domain is there, made from this. One that is there already stays as it is. Refused for a disk that is not `ready`, is another
 * guest's, or is open elsewhere. From now on the agent keeps the restart policy, also while the manager is away.
 */
export const startGuest = long({
  since: 5,
  body: record({ kind: z.literal('start-guest'), guest: guestConfig, restart: restartPolicy }),
  answer: record({ kind: z.literal('guest-started'), domid: count, was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'long',
  yields: 'to urgent',
  holds: ({ guest }) => [
    ...ofGuest(guest),
    ...holding('read', ...guest.disks.map(({ disk, vg }) => ({ kind: 'lv' as const, vg: vg.name, name: lvOf(disk) }))),
  ],
  limit: 600_000,
})

/** The guest was asked to power off, and its domain is gone. Refused, with the guest as it is, after so long. Ends its restart policy. */
export const stopGuest = long({
  since: 5,
  body: record({ kind: z.literal('stop-guest'), uuid, seconds: count.min(1).max(86_400) }),
  answer: record({ kind: z.literal('guest-stopped'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'long',
  yields: 'to urgent',
  holds: ofGuest,
  limit: 86_700_000,
})

/** Its domain is gone, at once and without its help. Ends its restart policy. */
export const destroyGuest = short({
  since: 5,
  body: record({ kind: z.literal('destroy-guest'), uuid }),
  answer: record({ kind: z.literal('guest-destroyed'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'urgent',
  holds: ofGuest,
  limit: 120_000,
})

/** It has been asked to reboot since it was this domain; one with another number has. */
export const rebootGuest = short({
  since: 5,
  body: record({ kind: z.literal('reboot-guest'), uuid, domid: count }),
  answer: record({ kind: z.literal('guest-rebooted'), was: z.enum(['this domain', 'another domain']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofGuest,
  limit: 60_000,
})

/** Paused by Xen, or not. */
export const pauseGuest = short({
  since: 5,
  body: record({ kind: z.literal('pause-guest'), uuid, state: z.enum(['paused', 'running']) }),
  answer: record({ kind: z.literal('guest-paused'), state: z.enum(['paused', 'running']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofGuest,
  limit: 60_000,
})

/** What it has of memory and CPUs now, within the most that it was started with. What is left out stays. */
export const resizeGuest = short({
  since: 5,
  body: record({
    kind: z.literal('resize-guest'),
    uuid,
    memoryMiB: count.min(1).exactOptional(),
    vcpus: count.min(1).max(512).exactOptional(),
  }),
  answer: record({ kind: z.literal('guest-resized'), memoryMiB: count, vcpus: count }),
  changes: 'host',
  pace: 'quick',
  holds: ofGuest,
  limit: 60_000,
})

function ofGuest({ uuid: guest }: { readonly uuid: Uuid }): readonly Hold[] {
  return holding('write', { kind: 'guest', uuid: guest })
}

/** Each under its own kind. */
export const guestLifeRequests = {
  'start-guest': startGuest,
  'stop-guest': stopGuest,
  'destroy-guest': destroyGuest,
  'reboot-guest': rebootGuest,
  'pause-guest': pauseGuest,
  'resize-guest': resizeGuest,
} as const
