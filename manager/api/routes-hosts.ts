// The routes of hosts and their guests.
import { z } from 'zod'
import { GROUP_NAME, HOST_NAME, LONGEST_NOTES, UNPRINTABLE_NOTES } from '../hosts/operator.ts'
import { inventory } from '../protocol/inventory.ts'
import { found, json, ofDone, type Route, route } from './route.ts'
import {
  bootAttempt,
  bootSettings,
  guest,
  HOST_ACTIONS,
  type HostAction,
  historyEntry,
  host,
  hostActionBody,
  hostChange,
} from './schema-hosts.ts'

/** A host's id is a name, too. */
export const hostRef = z.string().regex(HOST_NAME, 'is neither a host name nor an id: 1 to 63 of a-z 0-9 -')
const ofHost = z.strictObject({ ref: hostRef })

const change = hostChange.extend({
  name: z.string().regex(HOST_NAME, 'is no host name: 1 to 63 of a-z 0-9 -, a letter or digit first and last').optional(),
  groups: z.array(z.string().regex(GROUP_NAME, 'is no group name: 1 to 63 of a-z 0-9 _ . -, a letter or digit first')).max(64).optional(),
  notes: z
    .string()
    .max(LONGEST_NOTES)
    .refine((notes) => !UNPRINTABLE_NOTES.test(notes), 'has characters that are not printable')
    .optional(),
})

export const historyLimit = z.coerce.number().int().min(1).max(1000).default(100)

const ACTIONS: Readonly<Record<HostAction, { readonly role: 'operator' | 'admin'; readonly summary: string }>> = {
  approve: { role: 'operator', summary: 'Let a pending host into the pool' },
  reject: { role: 'admin', summary: 'Shut a host out: its certificates are revoked' },
  maintain: { role: 'operator', summary: 'Take a host without guests out of service' },
  resume: { role: 'operator', summary: 'End the maintenance of a host' },
  fence: { role: 'admin', summary: 'Say that a host cannot run anything now, with the proof' },
  release: { role: 'operator', summary: 'Take a fenced host back into service' },
}

const noHost = (ref: string) => `host ${ref}`

export const HOST_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/hosts',
    role: 'viewer',
    summary: 'All hosts, by name',
    answer: z.object({ hosts: z.array(host) }),
    run: async (_asked, { hosts }) => ({ kind: 'tagged', of: hosts }),
  }),
  route({
    method: 'GET',
    path: '/hosts/:ref',
    role: 'viewer',
    summary: 'One host',
    params: ofHost,
    answer: host,
    run: async ({ params: { ref } }, { operations }) => found(await operations.host(ref), noHost(ref)),
  }),
  route({
    method: 'PATCH',
    path: '/hosts/:ref',
    role: 'operator',
    summary: 'Change name, groups or notes of a host: all that is given, or nothing',
    params: ofHost,
    body: change,
    answer: host,
    limit: 64 << 10,
    run: async ({ params: { ref }, body }, { operations }, { user }) => ofDone(await operations.changeHost(ref, body, user)),
  }),
  route({
    method: 'PUT',
    path: '/hosts/:ref/boot',
    role: 'operator',
    summary: 'What a host boots from its next boot on: what is left out stays, null is the default of its appliance',
    params: ofHost,
    body: bootSettings,
    answer: host,
    run: async ({ params: { ref }, body }, { operations }, { user }) => ofDone(await operations.setBoot(ref, body, user)),
  }),
  ...HOST_ACTIONS.map((action) =>
    route({
      method: 'POST',
      path: `/hosts/:ref/${action}`,
      ...ACTIONS[action],
      params: ofHost,
      body: hostActionBody,
      answer: host,
      run: async ({ params: { ref }, body }, { operations }, { user }) => ofDone(await operations.actOnHost(ref, action, body, user)),
    }),
  ),
  route({
    method: 'GET',
    path: '/hosts/:ref/inventory',
    role: 'viewer',
    summary: 'All that the agent of a host has reported of it',
    params: ofHost,
    answer: inventory,
    run: async ({ params: { ref } }, { operations }) => found(await operations.inventory(ref), `inventory of a host ${ref}`),
  }),
  route({
    method: 'GET',
    path: '/hosts/:ref/history',
    role: 'viewer',
    summary: 'What happened to a host, newest first',
    params: ofHost,
    query: z.strictObject({ limit: historyLimit }),
    answer: z.object({ entries: z.array(historyEntry) }),
    run: async ({ params: { ref }, query: { limit } }, { operations }) => {
      const entries = await operations.history(ref, limit)
      return found(entries && { entries: [...entries] }, noHost(ref))
    },
  }),
  route({
    method: 'GET',
    path: '/hosts/:ref/boots',
    role: 'viewer',
    summary: 'The boot attempts of a host, newest first',
    params: ofHost,
    answer: z.object({ boots: z.array(bootAttempt) }),
    run: async ({ params: { ref } }, { operations }) => {
      const boots = await operations.boots(ref)
      return found(boots && { boots: [...boots] }, noHost(ref))
    },
  }),
  route({
    method: 'GET',
    path: '/guests',
    role: 'viewer',
    summary: 'All guests, by host',
    answer: z.object({ guests: z.array(guest) }),
    run: async (_asked, { operations }) => json({ guests: [...(await operations.guests())] }),
  }),
]
