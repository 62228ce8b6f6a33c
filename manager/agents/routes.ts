// The few HTTP requests of agents. Who asks is known before a byte of the body is read. The rest of the manager's HTTP is mounted
// beside it.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '../../appliance/wire/log.ts'
import type { Enrolled } from '../enrolment/enrol.ts'
import { BUNDLE_PATH } from '../protocol/bundle.ts'
import { MAX_RENEWAL_BYTES, renewal } from '../protocol/renewal.ts'
import { storageFault } from '../store/trouble.ts'
import { type Admission, RENEW_PATH } from './admission.ts'
import type { Shown } from './admitting.ts'
import { problem, readBody } from './body.ts'
import { type ImageStreams, imagePathOf } from './disk-images.ts'
import type { RenewalLimits } from './renewals.ts'

export interface RouteDeps {
  /** What agents are upgraded to; undefined: there is none. */
  readonly bundle: Buffer | undefined
  /** What guests' disks begin with; undefined: there are none. */
  readonly images: ImageStreams | undefined
  /** Whether this certificate may speak for its host now. */
  readonly admits: (shown: Shown, peer: string) => Promise<Admission>
  readonly certificateOf: (request: IncomingMessage) => Shown | undefined
  readonly renew: (shown: Shown, certificateRequest: string, peer: string) => Promise<Enrolled>
  readonly renewals: RenewalLimits
  readonly log: Log
}

/** False when the path is none of these. */
export function answerRoute(request: IncomingMessage, response: ServerResponse, deps: RouteDeps): boolean {
  const answer = handlerOf(request.url ?? '')
  if (!answer) return false
  answer(request, response, deps).catch((error: unknown) => {
    deps.log.error({ path: request.url, error }, 'request failed')
    const fault = storageFault(error)
    problem(response, fault?.status ?? 500, fault?.reason ?? 'the manager cannot do it now')
  })
  return true
}

type Handler = (request: IncomingMessage, response: ServerResponse, deps: RouteDeps) => Promise<void>

function handlerOf(path: string): Handler | undefined {
  if (path === RENEW_PATH) return renewCertificate
  if (path === BUNDLE_PATH) return sendBundle
  return path.startsWith('/agent/disk-images/') ? sendImage : undefined
}

async function renewCertificate(request: IncomingMessage, response: ServerResponse, deps: RouteDeps): Promise<void> {
  if (request.method !== 'POST') return problem(response, 405, 'only POST')
  const shown = deps.certificateOf(request)
  if (shown?.host === undefined) return problem(response, 401, 'an agent shows its certificate here')
  const wait = deps.renewals.attempt(shown.fingerprint, shown.host)
  if (wait > 0) {
    response.setHeader('retry-after', wait)
    return problem(response, 429, `this host renews its certificate too often: try again in ${wait} s`)
  }
  const body = await readBody(request, response, MAX_RENEWAL_BYTES, renewal)
  if (body.kind === 'refused') {
    deps.renewals.refused(shown.host)
    return problem(response, body.status, body.reason)
  }
  const renewed = await deps.renew(shown, body.value.certificateRequest, request.socket.remoteAddress ?? '')
  if (renewed.kind === 'refused') {
    deps.renewals.refused(shown.host)
    deps.log.warn({ host: shown.host, reason: renewed.reason }, 'renewal refused')
    return problem(response, 403, renewed.reason)
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ certificates: renewed.certificates }))
}

async function sendBundle(request: IncomingMessage, response: ServerResponse, deps: RouteDeps): Promise<void> {
  if ((await admitted(request, response, deps)) === undefined) return
  if (!deps.bundle) return problem(response, 404, 'this manager has no agent to give')
  response.writeHead(200, { 'content-type': 'text/javascript', 'content-length': deps.bundle.length }).end(deps.bundle)
}

async function sendImage(request: IncomingMessage, response: ServerResponse, deps: RouteDeps): Promise<void> {
  const host = await admitted(request, response, deps)
  if (host === undefined) return
  const asked = imagePathOf(request.url ?? '')
  if (!asked || !deps.images) return problem(response, 404, 'there is no such image, or no such part of one')
  await deps.images.send(host, asked, response)
}

/** The host that asks for something with GET, if it may now; undefined: it was answered. */
async function admitted(request: IncomingMessage, response: ServerResponse, deps: RouteDeps): Promise<string | undefined> {
  const shown = deps.certificateOf(request)
  if (request.method !== 'GET') problem(response, 405, 'only GET')
  else if (shown?.host === undefined) problem(response, 401, 'an agent shows its certificate here')
  else {
    const admission = await deps.admits(shown, request.socket.remoteAddress ?? '')
    if (admission.kind !== 'refused') return shown.host
    problem(response, admission.status, admission.reason)
  }
  return undefined
}
