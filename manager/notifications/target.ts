// A target of notifications: its settings, and what is secret of it. Pure: what somebody wants becomes settings, or a refusal.
import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { MAIL_TLS, type MailTls, SEVERITIES, type Severity, TOPICS, type Topic } from '../protocol/notifications.ts'

const told = {
  severity: z.enum(SEVERITIES),
  topics: z.array(z.enum(TOPICS)),
  isOn: z.boolean(),
  /** PEM. */
  authority: z.string().optional(),
}

/** As it is kept: without what is secret. `origin`: of the URL. */
export const settingsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('webhook'), origin: z.string(), isSigned: z.boolean(), ...told }),
  z.strictObject({
    kind: z.literal('smtp'),
    host: z.string(),
    port: z.number(),
    tls: z.enum(MAIL_TLS),
    user: z.string().optional(),
    from: z.string(),
    to: z.array(z.string()),
    ...told,
  }),
])
export const secretsSchema = z.strictObject({
  url: z.string().optional(),
  /** Of signatures. */
  secret: z.string().optional(),
  password: z.string().optional(),
})

export type Settings = z.output<typeof settingsSchema>
export type MailSettings = Extract<Settings, { readonly kind: 'smtp' }>
export type WebhookSettings = Extract<Settings, { readonly kind: 'webhook' }>
export type Secrets = z.output<typeof secretsSchema>

/** What is left out stays or has its default; an empty text takes away. */
export interface Wish {
  readonly kind?: 'smtp' | 'webhook' | undefined
  readonly url?: string | undefined
  readonly secret?: string | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly tls?: MailTls | undefined
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly from?: string | undefined
  readonly to?: readonly string[] | undefined
  readonly authority?: string | undefined
  readonly severity?: Severity | undefined
  readonly topics?: readonly Topic[] | undefined
  readonly state?: 'on' | 'off' | undefined
}

export interface Known {
  readonly settings: Settings
  readonly secrets: Secrets
}

type Checked = ({ readonly kind: 'settings' } & Known) | { readonly kind: 'refused'; readonly reason: string }

const PORTS: Readonly<Record<MailTls, number>> = { starttls: 587, implicit: 465, none: 25 }
/** What a mail server could take for anything else than an address is none. */
const ADDRESS = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}$/
const HOST = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?|[0-9A-Fa-f:.]{2,45})$/
/** Printable ASCII: what a login is coded of. */
const PRINTABLE = /^[\x20-\x7e]+$/
const SHORTEST_SECRET = 16

/** `known`: what there is of this name. */
export function settle(wish: Wish, known: Known | undefined): Checked {
  const kind = wish.kind ?? known?.settings.kind
  if (!kind) return refused('say whether it is told by e-mail (kind smtp) or by webhook (kind webhook)')
  if (known && known.settings.kind !== kind) return refused(`it is told by ${known.settings.kind}: remove it first, or take another name`)
  const strange = STRANGE[kind].find((name) => wish[name] !== undefined)
  if (strange) return refused(`${strange} is nothing that a target of the kind ${kind} has`)
  const authority = orNone(wish.authority, known?.settings.authority)
  if (authority !== undefined && !isCertificate(authority)) return refused('the authority is no certificate in PEM')
  const topics = wish.topics ?? known?.settings.topics ?? TOPICS
  if (topics.length === 0) return refused('say at least one topic, or switch it off')
  const common = {
    severity: wish.severity ?? known?.settings.severity ?? 'warning',
    topics: TOPICS.filter((topic) => topics.includes(topic)),
    isOn: wish.state === undefined ? (known?.settings.isOn ?? true) : wish.state === 'on',
    ...(authority === undefined ? {} : { authority }),
  }
  return kind === 'webhook' ? settleWebhook(wish, known, common) : settleMail(wish, known, common)
}

type Common = Pick<Settings, 'severity' | 'topics' | 'isOn' | 'authority'>

const STRANGE: Readonly<Record<Settings['kind'], readonly (keyof Wish)[]>> = {
  webhook: ['host', 'port', 'tls', 'user', 'password', 'from', 'to'],
  smtp: ['url', 'secret'],
}

function settleWebhook(wish: Wish, known: Known | undefined, common: Common): Checked {
  const text = wish.url ?? known?.secrets.url
  if (!text) return refused('a webhook has a URL')
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return refused('the URL of a webhook begins with https:// or http://')
  if (url.username !== '' || url.password !== '')
    return refused('the URL of a webhook has no user and no password in it: sign what is sent')
  if (url.protocol === 'http:' && common.authority !== undefined) return refused('only a URL with https:// has a certificate to be checked')
  const secret = orNone(wish.secret, known?.secrets.secret)
  if (secret !== undefined && secret.length < SHORTEST_SECRET) return refused(`a secret has at least ${SHORTEST_SECRET} characters`)
  url.hash = ''
  const settings: WebhookSettings = { kind: 'webhook', origin: url.origin, isSigned: secret !== undefined, ...common }
  return { kind: 'settings', settings, secrets: { url: url.href, ...(secret === undefined ? {} : { secret }) } }
}

function settleMail(wish: Wish, known: Known | undefined, common: Common): Checked {
  const before = known?.settings.kind === 'smtp' ? known.settings : undefined
  const host = (wish.host ?? before?.host ?? '').replace(/^\[|\]$/g, '')
  if (!HOST.test(host)) return refused('a mail server has a host: a name or an address, without a port')
  const tls = wish.tls ?? before?.tls ?? 'starttls'
  const port = wish.port ?? (before && before.tls === tls ? before.port : PORTS[tls])
  const from = wish.from ?? before?.from ?? ''
  const to = wish.to ?? before?.to ?? []
  const wrong = [from, ...to].find((address) => !ADDRESS.test(address))
  if (wrong !== undefined) return refused(`${JSON.stringify(wrong)} is no mail address: from and to are as ops@example.com, without names`)
  if (to.length === 0) return refused('say at least one address that mail goes to')
  const user = orNone(wish.user, before?.user)
  const isSame =
    before?.host === host && before.port === port && before.tls === tls && before.user === user && before.authority === common.authority
  const kept = isSame ? known?.secrets.password : undefined
  const password = user === undefined ? undefined : orNone(wish.password, kept)
  if (user !== undefined && password === undefined)
    return refused(known ? 'the password is kept for the server and user that it was given for: give it again' : 'a user has a password')
  if (user === undefined && wish.password) return refused('say the user whose password this is')
  if (user !== undefined && tls === 'none') return refused('a password goes over TLS only: starttls or implicit')
  if (![user ?? 'u', password ?? 'p'].every((text) => PRINTABLE.test(text))) return refused('user and password are printable ASCII')
  if (tls === 'none' && common.authority !== undefined) return refused('without TLS there is no certificate to be checked')
  const settings: MailSettings = {
    ...{ kind: 'smtp', host, port, tls, from, to: [...new Set(to)], ...common },
    ...(user === undefined ? {} : { user }),
  }
  return { kind: 'settings', settings, secrets: password === undefined ? {} : { password } }
}

/** What is wanted, what there was, or nothing. */
function orNone(wanted: string | undefined, before: string | undefined): string | undefined {
  return wanted === undefined ? before : wanted === '' ? undefined : wanted
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined
  } catch {
    return false
  }
}

function refused(reason: string): { readonly kind: 'refused'; readonly reason: string } {
  return { kind: 'refused', reason }
}
