// What is told: notices become events with words for people, and many events one message. Pure.
import { z } from 'zod'
import { isAtLeast, severityOf } from '../alarms/severity.ts'
import { SEVERITIES, type Severity, TOPICS, type Topic } from '../protocol/notifications.ts'
import { AUTOMATION_FAILED, type Notice } from '../store/tables/notices.ts'
import type { Settings } from './target.ts'

/** Of the version of the schema that webhooks are sent. Members are added to it, and none is taken away. */
const event = z.strictObject({
  /** Counts all events of this manager: one that comes again has the same. */
  seq: z.number(),
  /** Milliseconds since the epoch. */
  at: z.number(),
  state: z.enum(['raised', 'resolved', 'failed', 'test']),
  severity: z.enum(SEVERITIES),
  topic: z.enum(TOPICS),
  kind: z.string(),
  /** The same of what is raised and what is resolved. */
  subject: z.string(),
  host: z.strictObject({ id: z.string(), name: z.string() }).optional(),
  text: z.string(),
  /** Its page. */
  link: z.string(),
})

export const messageSchema = z.strictObject({
  /** The same each time that it is sent. */
  id: z.string(),
  /** When it was made. */
  at: z.number(),
  /** The manager's page. */
  site: z.string(),
  target: z.string(),
  /** The first of them. */
  events: z.array(event),
  /** Events beyond these. */
  more: z.number(),
  /** So many were not told, as too many others came meanwhile. */
  dropped: z.number(),
})

export type Event = z.output<typeof event>
export type Message = z.output<typeof messageSchema>

/** In one message. */
export const MOST_EVENTS = 100

export interface Place {
  /** `https://10.77.0.1:8443`. */
  readonly site: string
  readonly hostName: (id: string) => string
}

type Wanted = Pick<Settings, 'severity'> & { readonly topics: readonly Topic[] }

/** Whether a target is told of it; never of what is wrong with itself. */
export function isFor(name: string, { severity, topics }: Wanted, notice: Notice): boolean {
  if (notice.subject === failureKey(name)) return false
  return topics.includes(topicOf(notice.kind)) && isAtLeast(severityIn(notice), severity)
}

/** Of the alarm that this target is not reached. */
export const failureKey = (name: string): string => `notification-failed ${name}`

export interface NewMessage extends Pick<Message, 'id' | 'at' | 'target' | 'dropped'> {
  readonly notices: readonly Notice[]
}

/** What is worst comes first, and then what happened first. */
export function messageOf({ notices, ...made }: NewMessage, place: Place): Message {
  const events = notices.map((notice) => eventOf(notice, place))
  const worst = [...events].sort((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || a.seq - b.seq)
  return { ...made, site: place.site, events: worst.slice(0, MOST_EVENTS), more: Math.max(0, events.length - MOST_EVENTS) }
}

export function testMessage(
  { id, at, target, who }: Pick<Message, 'id' | 'at' | 'target'> & { readonly who: string },
  site: string,
): Message {
  const text = `This is a test: ${who} asked for it. Nothing has happened.`
  const only: Event = {
    seq: 0,
    at,
    state: 'test',
    severity: 'info',
    topic: 'alarms',
    kind: 'notification',
    subject: 'test',
    text,
    link: site,
  }
  return { id, at, site, target, events: [only], more: 0, dropped: 0 }
}

/** A line: `critical: disk-failing on node01`, `12 events: 3 critical`. */
export function subjectOf({ events, more }: Pick<Message, 'events' | 'more'>): string {
  const [first] = events
  const count = events.length + more
  if (count === 1 && first) return sayEvent(first)
  const raised = events.filter(({ state }) => state !== 'resolved')
  const said = [...SEVERITIES].reverse().flatMap((severity) => {
    const some = raised.filter((one) => one.severity === severity).length
    return some > 0 ? [`${some} ${severity}`] : []
  })
  const resolved = events.length - raised.length
  return `${count} events: ${[...said, ...(resolved > 0 ? [`${resolved} resolved`] : []), ...(more > 0 ? [`${more} more`] : [])].join(', ')}`
}

/** Plain text, for people. */
export function textOf(message: Message): string {
  const { events, more, dropped, site, target, id } = message
  const said = events.map((one) => [`${sayEvent(one)}`, `  ${sayTime(one.at)}`, `  ${oneLine(one.text)}`, `  ${one.link}`].join('\n'))
  return [
    ...said,
    ...(more > 0 ? [`And ${more} more: ${site}/alarms`] : []),
    ...(dropped > 0 ? [`${dropped} older events were not told, as too many others came meanwhile.`] : []),
    `-- \nHostless at ${site}, to the notification target ${target}; message ${id}`,
  ].join('\n\n')
}

function sayEvent({ state, severity, kind, host }: Event): string {
  const what = oneLine(`${kind}${host ? ` on ${host.name}` : ''}`)
  return state === 'resolved' || state === 'test' ? `${state}: ${what}` : `${severity}: ${what}`
}

function eventOf(notice: Notice, { site, hostName }: Place): Event {
  const { seq, at, state, kind, subject, host, text } = notice
  const topic = topicOf(kind)
  const about = { ...{ seq, at, state, severity: severityIn(notice), topic, kind, subject }, text }
  if (topic === 'automations') return { ...about, link: `${site}/automations/${encodeURIComponent(subject.split(' ').at(-1) ?? '')}` }
  if (host === null) return { ...about, link: `${site}/${topic}` }
  return { ...about, host: { id: host, name: hostName(host) }, link: `${site}/hosts/${encodeURIComponent(host)}` }
}

function topicOf(kind: string): Topic {
  if (kind === AUTOMATION_FAILED || kind === 'automation-waits') return 'automations'
  return kind === 'boot-stuck' ? 'boots' : 'alarms'
}

const severityIn = ({ kind }: Notice): Severity => (kind === AUTOMATION_FAILED ? 'warning' : severityOf(kind))

const sayTime = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** Whoever named a host, or wrote what is quoted: it stays one line. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ').trim()
}
