// The routes of what the pool has as a whole: connectivity, placement, CPU levels, alarms, events.
import { z } from 'zod'
import { emptied, found, json, ofDone, type Route, route } from './route.ts'
import { hostRef } from './routes-hosts.ts'
import {
  alarm,
  cpuExplanation,
  cpuPool,
  localStorage,
  matrix,
  placement,
  placementAsk,
  poolEvent,
  thing,
  thingDetail,
} from './schema-pool.ts'

/** Of a thing or an alarm: what a host reported may be part of it. */
const key = z.string().min(1).max(1024)
const ofKey = z.strictObject({ key })

export const POOL_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/matrix',
    role: 'viewer',
    summary: 'The connectivity matrix: hosts × shared storage and networks',
    answer: matrix,
    run: async (_asked, deps) => ({ kind: 'tagged', of: deps.matrix }),
  }),
  route({
    method: 'GET',
    path: '/things',
    role: 'viewer',
    summary: 'Shared storage and networks, without the cells of each host',
    answer: z.object({ things: z.array(thing) }),
    run: async (_asked, { operations }) => json({ things: [...(await operations.things())] }),
  }),
  route({
    method: 'GET',
    path: '/things/:key',
    role: 'viewer',
    summary: 'One thing, and how each host reaches it, or why not',
    params: ofKey,
    answer: thingDetail,
    run: async ({ params }, { operations }) => found(await operations.thing(params.key), `thing ${JSON.stringify(params.key)}`),
  }),
  route({
    method: 'POST',
    path: '/things/:key/scan',
    role: 'operator',
    status: 202,
    summary: 'Have a host look which disk images lie on a file system or export; what it finds is in GET /things/:key',
    params: ofKey,
    answer: thingDetail,
    run: async ({ params }, { operations }) => ofDone(await operations.scan(params.key)),
  }),
  route({
    method: 'GET',
    path: '/local-storage',
    role: 'viewer',
    summary: 'Disks and VGs that a host has for itself',
    answer: z.object({ hosts: z.array(localStorage) }),
    run: async (_asked, { operations }) => json({ hosts: [...(await operations.localStorage())] }),
  }),
  route({
    method: 'POST',
    path: '/placement',
    role: 'viewer',
    effect: 'asks',
    summary: 'Which hosts reach all that a guest needs, and what is in the way on the others',
    body: placementAsk,
    answer: placement,
    run: async ({ body }, { operations }) => json(await operations.place(body)),
  }),
  route({
    method: 'GET',
    path: '/cpu',
    role: 'viewer',
    summary: 'CPU levels and the groups of hosts that can exchange guests',
    answer: cpuPool,
    run: async (_asked, { operations }) => json(await operations.cpu()),
  }),
  route({
    method: 'GET',
    path: '/cpu/explain',
    role: 'viewer',
    summary: 'Whether a guest may move live from one host to another, and what is in the way',
    query: z.strictObject({ from: hostRef, to: hostRef, type: z.enum(['pv', 'pvh', 'hvm']).default('pvh') }),
    answer: cpuExplanation,
    run: async ({ query: { from, to, type } }, { operations }) => ofDone(await operations.explainCpu(from, to, type)),
  }),
  route({
    method: 'GET',
    path: '/alarms',
    role: 'viewer',
    summary: 'Open alarms, newest first',
    answer: z.object({ alarms: z.array(alarm) }),
    run: async (_asked, { operations }) => json({ alarms: [...(await operations.alarms())] }),
  }),
  route({
    method: 'DELETE',
    path: '/alarms/:key',
    role: 'operator',
    status: 204,
    summary: 'Clear an alarm',
    params: ofKey,
    run: async ({ params }, { operations }, { user }) => emptied(ofDone(await operations.clearAlarm(params.key, user))),
  }),
  route({
    method: 'GET',
    path: '/events',
    role: 'viewer',
    summary: 'What changes, as server-sent events: `event` is the kind, `data` this as JSON',
    answer: poolEvent,
    run: async () => ({ kind: 'events' }),
  }),
  route({
    method: 'GET',
    path: '/metrics',
    role: 'viewer',
    summary: 'The manager itself, for Prometheus',
    run: async (_asked, { metrics }) => ({ kind: 'text', text: await metrics() }),
  }),
  route({
    method: 'GET',
    path: '/openapi.json',
    role: 'viewer',
    summary: 'This description',
    answer: z.object({ openapi: z.string() }),
    run: async (_asked, { document }) => json(document()),
  }),
]
