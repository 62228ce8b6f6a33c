// One manager, asked over HTTPS with its authority pinned. Answers are read by the schemas of the contract, so that members which this
// hostless does not know are dropped; a refusal's `detail` is what the user reads.
import type { ClientRequest, IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import type { z } from 'zod'
import { problem } from '../../../contract/problem.ts'
import { CommandFailure } from '../failure.ts'

/** Milliseconds without a byte. */
const SILENCE = 30_000
/** The same of events, which may be rare. */
const EVENTS_SILENCE = 120_000
/** The matrix of 10,000 hosts and 100 things is some 100 MB. */
const MOST_BYTES = 400 << 20

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** The manager has answered, and not with what was asked for. */
export class ApiRefusal extends CommandFailure {
  readonly status: number
  /** Of the problem, where it has one. */
  readonly code: string | undefined

  constructor(status: number, message: string, code?: string) {
    super(message, status === 404 ? 4 : 1)
    this.status = status
    this.code = code
  }
}

/** No answer came. It may come later. */
export class Unreachable extends CommandFailure {}

export type Headers = Readonly<Record<string, string>>

export interface ApiClient {
  /** Rejects with a CommandFailure that says what to do. */
  ask<Answer>(method: Method, path: string, schema: z.ZodType<Answer>, body?: unknown, headers?: Headers): Promise<Answer>
  /** Of `/events`, as it comes; ends when the manager ends it or `signal` aborts. */
  stream(path: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>>
}

export interface ClientOptions {
  readonly url: URL
  /** PEM. */
  readonly authority: string
  /** Missing before a login. */
  readonly token?: string
  /** Milliseconds until an answer is given up; only completion is in a hurry. */
  readonly patience?: number
}

export function apiClient({ url, authority, token, patience = SILENCE }: ClientOptions): ApiClient {
  const agent = new Agent({ keepAlive: true, ca: authority, minVersion: 'TLSv1.3' })
  const open = (method: Method, path: string, body: Sent | undefined, extra: Headers, signal?: AbortSignal): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const asked: ClientRequest = request(new URL(`/api/v1${path}`, url), {
        method,
        agent,
        timeout: signal ? EVENTS_SILENCE : patience,
        headers: {
          accept: 'application/json, application/problem+json, text/event-stream',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': body.type, 'content-length': body.bytes.length }),
          ...extra,
        },
        ...(signal ? { signal } : {}),
      })
      asked.on('timeout', () => asked.destroy(new Error('it is silent')))
      asked.on('error', (error: NodeJS.ErrnoException) => {
        // The manager, or who stands between, had closed it as idle when this was on its way: nothing of it was heard.
        const isUnheard = asked.reusedSocket && error.code === 'ECONNRESET' && (method === 'GET' || extra['idempotency-key'] !== undefined)
        if (isUnheard) open(method, path, body, extra, signal).then(resolve, reject)
        else reject(unreachable(url, error))
      })
      asked.on('response', resolve)
      asked.end(body?.bytes)
    })
  return {
    async ask(method, path, schema, body, headers = {}) {
      const answer = await open(method, path, body === undefined ? undefined : sent(body), headers)
      const text = await textOf(answer, url)
      const { statusCode: status = 0 } = answer
      if (status >= 300 || status < 200) throw refusalOf(status, text, url)
      return read(
        `${method} ${path.split('?')[0]}`,
        schema,
        status === 204 ? null : /^application\/json\b/.test(answer.headers['content-type'] ?? '') ? jsonOf(text) : text,
      )
    },
    async stream(path, signal) {
      const answer = await open('GET', path, undefined, {}, signal)
      if (answer.statusCode !== 200) throw refusalOf(answer.statusCode ?? 0, await textOf(answer, url), url)
      return answer
    },
  }
}

interface Sent {
  readonly type: string
  readonly bytes: Uint8Array
}

function sent(body: unknown): Sent {
  if (body instanceof Uint8Array) return { type: 'application/octet-stream', bytes: body }
  return { type: 'application/json', bytes: Buffer.from(JSON.stringify(body)) }
}

async function textOf(answer: IncomingMessage, url: URL): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of answer) {
      chunks.push(chunk as Buffer)
      length += (chunk as Buffer).length
      if (length > MOST_BYTES) throw new Error(`an answer of more than ${MOST_BYTES} bytes`)
    }
  } catch (error) {
    throw unreachable(url, error instanceof Error ? error : new Error(String(error)))
  }
  return Buffer.concat(chunks).toString('utf8')
}

function refusalOf(status: number, text: string, url: URL): ApiRefusal {
  const said = problem.safeParse(jsonOf(text))
  const detail = said.success ? said.data.detail : `HTTP ${status}, which is no answer of a hostless manager: is it one?`
  const code = said.success ? said.data.code : undefined
  const hint = status === 401 && code === undefined ? ` (hostless login ${url.origin} gives a new token)` : ''
  return new ApiRefusal(status, `${detail}${hint}`, code)
}

function read<Answer>(what: string, schema: z.ZodType<Answer>, json: unknown): Answer {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  const where = first?.path.length ? ` at ${first.path.join('.')}` : ''
  throw new CommandFailure(
    `the manager's answer to ${what} cannot be understood${where} (${first?.message ?? 'no reason'}): is it of another version? hostless --version`,
  )
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** OpenSSL's names for a certificate that the authority has not signed. */
const NOT_SIGNED = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_PURPOSE',
])

/** `error`: of a socket. */
export function unreachable({ origin }: URL, error: NodeJS.ErrnoException): CommandFailure {
  const { code = '' } = error
  if (NOT_SIGNED.has(code)) {
    return new CommandFailure(
      `${origin} shows a certificate that the authority known here has not signed (${code}): somebody is in between, or the manager was set up anew; if it was, hostless login ${origin}`,
    )
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new CommandFailure(`the certificate of ${origin} is of the right authority, for another address: use the one of manager.listen`)
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return new CommandFailure(`the certificate of ${origin} is not valid now (${code}): compare the clocks`)
  }
  if (/^ERR_(OSSL|SSL)|^EPROTO/.test(code)) return new Unreachable(`${origin} speaks no TLS 1.3 (${code}): is that the manager's port?`)
  return new Unreachable(`no manager answers at ${origin} (${code || error.message}): is it running, and is that its address?`)
}
