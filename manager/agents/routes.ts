// The few HTTP requests of agents and appliances. Who asks is known before a byte of the body is read; a body is measured
// while it comes. The rest of the manager's HTTP is mounted beside it.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { z } from 'zod'
import type { Log } from '../../appliance/wire/log.ts'
import type { Enrolled } from '../enrolment/enrol.ts'
import { type AttemptRecord, attemptsPush, MAX_APPLIANCE_BYTES } from '../protocol/appliance.ts'
import { BUNDLE_PATH } from '../protocol/bundle.ts'
import { MAX_RENEWAL_BYTES, renewal } from '../protocol/renewal.ts'
import { type Admission, ATTEMPTS_PATH, RENEW_PATH, type ShownCertificate } from './admission.ts'

export interface RouteDeps {
  /** What agents are upgraded to; undefined: there is none. */
  readonly bundle: Buffer | undefined
  /** Whether this certificate may speak for its host now. */
  readonly admits: (shown: ShownCertificate, peer: string) => Promise<Admission>
  readonly siteSecret: string
  readonly certificateOf: (request: IncomingMessage) => ShownCertificate | undefined
  readonly renew: (fingerprint: string, certificateRequest: string) => Promise<Enrolled>
  /** Resolves when they are on disk. */
  readonly attempts: (attempts: readonly AttemptRecord[]) => Promise<void>
  readonly log: Log
}

/** False when the path is none of these. */
export function answerRoute(request: IncomingMessage, response: ServerResponse, deps: RouteDeps): boolean {
  const answer = handlerOf(request.url ?? '')
  if (!answer) return false
  answer(request, response, deps).catch((error: unknown) => {
    deps.log.error({ path: request.url, error }, 'request failed')
    problem(response, 500, 'the manager cannot do it now')
  })
  return true
}

type Handler = (request: IncomingMessage, response: ServerResponse, deps: RouteDeps) => Promise<void>

function handlerOf(path: string): Handler | undefined {
  if (path === RENEW_PATH) return renewCertificate
  if (path === BUNDLE_PATH) return sendBundle
  return path === ATTEMPTS_PATH ? takeAttempts : undefined
}

async function renewCertificate(request: IncomingMessage, response: ServerResponse, deps: RouteDeps): Promise<void> {
  if (request.method !== 'POST') return problem(response, 405, 'only POST')
  const shown = deps.certificateOf(request)
  if (shown?.host === undefined) return problem(response, 401, 'an agent shows its certificate here')
  const body = await readBody(request, MAX_RENEWAL_BYTES, renewal)
  if (body.kind === 'refused') return problem(response, body.status, body.reason)
  const renewed = await deps.renew(shown.fingerprint, body.value.certificateRequest)
  if (renewed.kind === 'refused') {
    deps.log.warn({ host: shown.host, reason: renewed.reason }, 'renewal refused')
    return problem(response, 403, renewed.reason)
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ certificates: renewed.certificates }))
}

async function sendBundle(request: IncomingMessage, response: ServerResponse, deps: RouteDeps): Promise<void> {
  if (request.method !== 'GET') return problem(response, 405, 'only GET')
  const shown = deps.certificateOf(request)
  if (shown?.host === undefined) return problem(response, 401, 'an agent shows its certificate here')
  const admission = await deps.admits(shown, request.socket.remoteAddress ?? '')
  if (admission.kind === 'refused') return problem(response, admission.status, admission.reason)
  if (!deps.bundle) return problem(response, 404, 'this manager has no agent to give')
  response.writeHead(200, { 'content-type': 'text/javascript', 'content-length': deps.bundle.length }).end(deps.bundle)
}

async function takeAttempts(request: IncomingMessage, response: ServerResponse, deps: RouteDeps): Promise<void> {
  if (request.method !== 'POST') return problem(response, 405, 'only POST')
  if (!isSecret(request.headers.authorization ?? '', `Bearer ${deps.siteSecret}`)) {
    deps.log.warn({ peer: request.socket.remoteAddress }, 'not an appliance of this site')
    return problem(response, 401, "an appliance shows the site's secret here (keys/site.key)")
  }
  const body = await readBody(request, MAX_APPLIANCE_BYTES, attemptsPush)
  if (body.kind === 'refused') return problem(response, body.status, body.reason)
  await deps.attempts(body.value.attempts)
  response.writeHead(204).end()
}

type Body<Value> =
  | { readonly kind: 'body'; readonly value: Value }
  | { readonly kind: 'refused'; readonly status: 400 | 413; readonly reason: string }

async function readBody<Value>(request: IncomingMessage, limit: number, schema: z.ZodType<Value>): Promise<Body<Value>> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += (chunk as Buffer).length
    if (length > limit) return { kind: 'refused', status: 413, reason: `at most ${limit} bytes` }
    chunks.push(chunk as Buffer)
  }
  let json: unknown
  try {
    json = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return { kind: 'refused', status: 400, reason: 'it is no JSON' }
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return { kind: 'body', value: parsed.data }
  const [issue] = parsed.error.issues
  return { kind: 'refused', status: 400, reason: `${issue?.path.join('.')}: ${issue?.message}`.slice(0, 300) }
}

/** Compared in the same time whatever was shown. */
function isSecret(shown: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(shown), digest(secret))
}

/** RFC 9457. */
export function problem(response: ServerResponse, status: number, detail: string): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(status, { 'content-type': 'application/problem+json', connection: 'close' }).end(JSON.stringify({ status, detail }))
}
