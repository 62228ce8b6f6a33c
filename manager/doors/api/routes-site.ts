// The routes of what an admin wants on every host: iSCSI targets to log in to, properties to report.
import { z } from 'zod'
import { json, ofDone, type Route, route } from './route.ts'
import { newSiteConnection, newSiteProperties, siteConnection, siteProperties, task } from './schema-site.ts'

export const SITE_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/connections',
    role: 'viewer',
    summary: 'The iSCSI targets that hosts are to be logged in to, and how far each host is',
    answer: z.object({ connections: z.array(siteConnection) }),
    run: async (_asked, { site }) => json({ connections: [...(await site.connections())] }),
  }),
  route({
    method: 'POST',
    path: '/connections',
    role: 'operator',
    status: 201,
    summary: 'Log all hosts, or those of some groups, in to a target or a portal',
    body: newSiteConnection,
    answer: siteConnection,
    limit: 64 << 10,
    run: async ({ body }, { site }, { user }) => ofDone(await site.connect(body, user)),
  }),
  route({
    method: 'DELETE',
    path: '/connections/:id',
    role: 'operator',
    summary: 'Log the hosts out again; it is listed until none has a session',
    params: z.strictObject({ id: z.string().regex(/^[\w-]{1,64}$/, 'is no id of a connection') }),
    answer: siteConnection,
    run: async ({ params: { id } }, { site }, { user }) => ofDone(await site.disconnect(id, user)),
  }),
  route({
    method: 'GET',
    path: '/manager/tasks',
    role: 'viewer',
    summary: 'What the manager sees to by itself: when it looked last, when it looks next, what that waits for',
    answer: z.object({ tasks: z.array(task) }),
    run: async (_asked, { site }) => json({ tasks: site.tasks().map((one) => ({ ...one, waitsFor: [...one.waitsFor] })) }),
  }),
  route({
    method: 'GET',
    path: '/properties',
    role: 'viewer',
    summary: 'The file of properties, and what each host says of itself by it',
    answer: siteProperties,
    run: async (_asked, { site }) => json(await site.properties()),
  }),
  route({
    method: 'PUT',
    path: '/properties',
    role: 'admin',
    summary: 'Another file of properties: its commands run as root on every host',
    body: newSiteProperties,
    answer: siteProperties,
    limit: 192 << 10,
    run: async ({ body: { text } }, { site }, { user }) => ofDone(await site.setProperties(text, user)),
  }),
]
