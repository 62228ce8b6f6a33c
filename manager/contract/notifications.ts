// Who is told of alarms, failed automations and boots that hang without looking at the page. Append-only within /api/v1. Times are
// milliseconds since the epoch. What is secret goes in and never comes out: a password, a secret, the path of a URL.
import { z } from 'zod'
import { MAIL_TLS, SEVERITIES, TOPICS } from '../protocol/notifications.ts'
import { NO_CONTENT, NOTHING, operation } from './operation.ts'
import { POOL } from './target.ts'

export const TARGET_STATES = ['off', 'working', 'waiting', 'failing', 'stopped'] as const

const name = z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,62}$/, 'is no name: 1 to 63 of a-z 0-9 _ . -, a letter or digit first')
const severity = z.enum(SEVERITIES)
const topic = z.enum(TOPICS)

/** Who is told, and whether it arrives. */
const notificationTarget = z
  .object({
    name: z.string(),
    kind: z.enum(['smtp', 'webhook']),
    /** Of a webhook: without what may be secret of it. */
    url: z.string().optional(),
    /** Whether what is sent to a webhook has a signature. */
    signed: z.boolean().optional(),
    /** Of a mail server. */
    host: z.string().optional(),
    port: z.number().optional(),
    tls: z.enum(MAIL_TLS).optional(),
    user: z.string().optional(),
    from: z.string().optional(),
    to: z.array(z.string()).optional(),
    /** Whether its certificate is checked against an authority of its own. */
    ownAuthority: z.boolean(),
    /** What is less is not told. */
    severity,
    topics: z.array(topic),
    /** `waiting`: there is something to tell, and its time comes; `failing`: it is tried again by itself; `stopped`: it is not. */
    state: z.enum(TARGET_STATES),
    /** Events that it is to be told, and was not. */
    waiting: z.number(),
    /** When something arrived last. */
    sent: z.number().optional(),
    /** When something failed last, since something arrived. */
    failed: z.number().optional(),
    /** Why. */
    error: z.string().optional(),
    /** When it is tried next, where it fails. */
    next: z.number().optional(),
    created: z.number(),
    by: z.string(),
  })
  .meta({ id: 'NotificationTarget' })

const few = (most: number) => z.string().max(most)

/** What is left out stays or, of a new one, has its default; an empty text takes away. */
const wanted = z.strictObject({
  name,
  /** Of a new one. */
  kind: z.enum(['smtp', 'webhook']).optional(),
  url: few(2048).optional(),
  /** What a webhook's signatures are made with. */
  secret: few(256).optional(),
  host: few(253).optional(),
  port: z.int().min(1).max(65_535).optional(),
  tls: z.enum(MAIL_TLS).optional(),
  user: few(256).optional(),
  password: few(256).optional(),
  from: few(254).optional(),
  to: z.array(few(254)).max(20).optional(),
  /** PEM, of the authority that signed the receiver's certificate; left out: those that Node.js knows. */
  authority: few(32_768).optional(),
  severity: severity.optional(),
  topics: z.array(topic).max(TOPICS.length).optional(),
  state: z.enum(['on', 'off']).optional(),
})

const named = z.strictObject({ name })

export const notifications = {
  list: operation({
    http: 'GET /notifications',
    role: 'operator',
    summary: 'Who is told of alarms, failed automations and boots that hang, and whether it arrives',
    input: NOTHING,
    output: z.object({ targets: z.array(notificationTarget) }),
  }),
  show: operation({
    http: 'GET /notifications/:name',
    role: 'operator',
    summary: 'One of them',
    input: named,
    output: notificationTarget,
    edited: ({ state, waiting: _waiting, sent: _sent, failed: _failed, error: _error, next: _next, ...wanted }) => ({
      ...wanted,
      isOff: state === 'off',
    }),
  }),
  set: operation({
    http: 'PUT /notifications/:name',
    role: 'admin',
    summary: 'Tell somebody by e-mail or webhook, or change that; a password is to be given again where its server is another',
    input: wanted,
    output: notificationTarget,
    changes: 'GET /notifications/:name',
    limit: 64 << 10,
    on: () => POOL,
    did: (given) => `tell notification target ${given.name}: ${sayWanted(given)}`,
  }),
  remove: operation({
    http: 'DELETE /notifications/:name',
    role: 'admin',
    summary: 'Tell them nothing more',
    input: named,
    output: NO_CONTENT,
    changes: 'GET /notifications/:name',
    on: () => POOL,
    did: ({ name: of }) => `remove notification target ${of}`,
  }),
  test: operation({
    http: 'POST /notifications/:name/test',
    role: 'operator',
    summary: 'Send a test message, and say whether the receiver took it; one that had stopped goes on when it did',
    input: named,
    output: notificationTarget,
    on: () => POOL,
    did: ({ name: of }) => `send a test message to notification target ${of}`,
  }),
}

/** Without what is secret of it. */
function sayWanted({ name: _name, url, secret, password, authority, to, topics, ...rest }: z.output<typeof wanted>): string {
  const changes = [
    ...Object.entries(rest).map(([key, value]) => `${key} ${value === '' ? 'none' : value}`),
    ...(to ? [`to ${to.join(' ')}`] : []),
    ...(topics ? [`topics ${topics.join(' ')}`] : []),
    ...(url === undefined ? [] : [`url ${openPart(url)}`]),
    ...[...changed('secret', secret), ...changed('password', password), ...changed('authority', authority)],
  ]
  return changes.join(', ') || 'nothing is changed'
}

const changed = (what: string, value: string | undefined): string[] =>
  value === undefined ? [] : [value === '' ? `without ${what}` : `another ${what}`]

/** `https://hooks.example.com/…`: what follows is often all that keeps others from posting. */
export function openPart(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  return parsed ? `${parsed.protocol}//${parsed.host}/…` : 'that is none'
}

export type NotificationTarget = z.output<typeof notificationTarget>
export type WantedTarget = z.input<typeof wanted>
