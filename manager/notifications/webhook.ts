// A message to a webhook: JSON by POST, signed. Of the answer only its status counts: where it leads to is not followed, and what it
// says is neither read nor shown.
import { createHmac } from 'node:crypto'
import { type RequestOptions, request as requestHttp, STATUS_CODES } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { after } from '../../appliance/wire/timers.ts'
import type { Message } from './message.ts'
import { failed, type Sent, shown, UNREADABLE } from './sending.ts'
import type { Secrets, WebhookSettings } from './target.ts'

export interface WebhookOptions {
  readonly lookup: LookupFunction
  /** For all of it, ms. */
  readonly patience: number
  readonly now: () => number
}

/** Members are added to a version, and none is taken away. */
const SCHEMA = { schema: 'hostless.notification', version: 1 } as const
/** Of an answer, bytes: what is more ends the connection. */
const MOST_ANSWER = 65_536
/** The receiver was reached and could not; another time it may. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429])

/** Never rejects. */
export async function sendWebhook(
  message: Message,
  { origin, isSigned, authority }: WebhookSettings,
  { url, secret }: Secrets,
  options: WebhookOptions,
): Promise<Sent> {
  if (url === undefined || (isSigned && secret === undefined)) return failed(UNREADABLE, 'lasting')
  const body = JSON.stringify({ ...SCHEMA, ...message })
  const timestamp = String(Math.floor(options.now() / 1000))
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'hostless',
    'hostless-id': message.id,
    'hostless-timestamp': timestamp,
    ...(secret === undefined ? {} : { 'hostless-signature': signature(secret, timestamp, body) }),
  }
  try {
    const status = await post(url, body, { headers, ...(authority === undefined ? {} : { ca: authority }) }, options)
    if (status >= 200 && status < 300) return { kind: 'sent' }
    const isRedirect = status >= 300 && status < 400
    const said = `${origin} answers ${status} ${STATUS_CODES[status] ?? ''}`.trim()
    const reason = isRedirect ? `${said}: where it leads to is not followed, set that as the URL` : said
    return failed(reason, status >= 500 || status < 200 || PASSING.has(status) ? 'passing' : 'lasting')
  } catch (error) {
    return failed(shown(`${origin}: ${error instanceof Error ? error.message : String(error)}`, [url, secret]), 'passing')
  }
}

/** HMAC-SHA-256 over time and body, so that nobody sends an old one again. */
export function signature(secret: string, timestamp: string, body: string): string {
  return `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`, 'utf8').digest('hex')}`
}

function post(url: string, body: string, given: RequestOptions & { readonly ca?: string }, options: WebhookOptions): Promise<number> {
  const { lookup, patience } = options
  return new Promise((resolve, reject) => {
    const ask = url.startsWith('https:') ? requestHttps : requestHttp
    const request = ask(url, { ...given, method: 'POST', lookup, agent: false })
    const late = after(patience, () => request.destroy(new Error(`no answer within ${Math.round(patience / 1000)} s`)))
    request
      .on('error', reject)
      .on('close', () => {
        late()
        reject(new Error('the connection ended without an answer'))
      })
      .on('response', (response) => {
        let bytes = 0
        response
          .on('error', () => undefined)
          .on('data', (chunk: Buffer) => {
            bytes += chunk.length
            if (bytes > MOST_ANSWER) request.destroy()
          })
        resolve(response.statusCode ?? 0)
      })
    request.end(body)
  })
}
