// What appliances ask of the manager, with the secret of the site: who asks is known before a byte of the body is read.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { z } from 'zod'
import type { Log } from '../../appliance/wire/log.ts'
import { problem, readBody } from '../agents/body.ts'
import { attemptsPush, bootsPush, capturePush, leasesPush, MAX_APPLIANCE_BYTES, MAX_CAPTURE_BYTES } from '../protocol/appliance.ts'
import { storageFault } from '../store/trouble.ts'
import type { Captures } from './captures.ts'
import type { Appliances } from './service.ts'

export interface ApplianceRouteDeps {
  readonly siteSecret: string
  readonly appliances: Pick<Appliances, 'takeAttempts' | 'takeBoots' | 'takeLeases' | 'plan'> & {
    readonly captures: Pick<Captures, 'take'>
  }
  readonly log: Log
}

const PREFIX = '/appliance/'
const PLAN = /^\/appliance\/plan\/([a-z2-7]{16})$/
/** Longest that an answer about the plan is waited for, seconds. */
const LONGEST_WAIT = 30

type Handler = (request: IncomingMessage, response: ServerResponse, deps: ApplianceRouteDeps) => Promise<void>

/** False when the path is none of these. */
export function answerAppliance(request: IncomingMessage, response: ServerResponse, deps: ApplianceRouteDeps): boolean {
  const path = request.url ?? ''
  if (!path.startsWith(PREFIX)) return false
  answer(path, request, response, deps).catch((error: unknown) => {
    deps.log.error({ path, error }, 'request of an appliance failed')
    const fault = storageFault(error)
    problem(response, fault?.status ?? 500, fault?.reason ?? 'the manager cannot do it now')
  })
  return true
}

async function answer(path: string, request: IncomingMessage, response: ServerResponse, deps: ApplianceRouteDeps): Promise<void> {
  const { siteSecret, log } = deps
  if (!isSecret(request.headers.authorization ?? '', `Bearer ${siteSecret}`)) {
    log.warn({ peer: request.socket.remoteAddress }, 'not an appliance of this site')
    return problem(response, 401, "an appliance shows the site's secret here (keys/site.key)")
  }
  const found = handlerOf(path, deps)
  if (!found) return problem(response, 404, 'appliances ask nothing here')
  if (request.method !== found.method) return problem(response, 405, `only ${found.method}`)
  await found.handle(request, response, deps)
}

function handlerOf(
  path: string,
  { appliances }: ApplianceRouteDeps,
): { readonly method: 'GET' | 'POST'; readonly handle: Handler } | undefined {
  switch (path) {
    case '/appliance/attempts':
      return { method: 'POST', handle: taking(attemptsPush, (told) => appliances.takeAttempts(told)) }
    case '/appliance/boots':
      return { method: 'POST', handle: taking(bootsPush, (told) => appliances.takeBoots(told)) }
    case '/appliance/leases':
      return { method: 'POST', handle: taking(leasesPush, (told) => appliances.takeLeases(told)) }
    case '/appliance/captures':
      return { method: 'POST', handle: taking(capturePush, (told) => appliances.captures.take(told), MAX_CAPTURE_BYTES) }
  }
  const [, id] = PLAN.exec(path) ?? []
  return id === undefined ? undefined : { method: 'GET', handle: tellPlan(id) }
}

/** `limit`: bytes of a body. */
function taking<Told>(schema: z.ZodType<Told>, take: (told: Told) => Promise<void>, limit = MAX_APPLIANCE_BYTES): Handler {
  return async (request, response) => {
    const body = await readBody(request, response, limit, schema)
    if (body.kind === 'refused') return problem(response, body.status, body.reason)
    await take(body.value)
    response.writeHead(204).end()
  }
}

function tellPlan(id: string): Handler {
  return async (request, response, { appliances }) => {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const [, seconds = '0'] = /^wait=(\d{1,4})$/.exec(String(request.headers.prefer ?? '')) ?? []
    const end = setTimeout(() => gone.abort(), Math.min(LONGEST_WAIT, Number(seconds)) * 1000)
    try {
      const plan = await appliances.plan(id, request.headers['if-none-match'], gone.signal)
      if (plan) response.writeHead(200, { 'content-type': 'application/json', etag: plan.etag, 'cache-control': 'no-store' }).end(plan.json)
      else response.writeHead(304).end()
    } finally {
      clearTimeout(end)
    }
  }
}

/** Compared in the same time whatever was shown. */
function isSecret(shown: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(shown), digest(secret))
}
