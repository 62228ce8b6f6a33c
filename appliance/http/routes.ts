// The routes of the boot server. What they answer with is injected: this module knows neither hosts nor attempts.

import express, { type Express, type RequestHandler, type Response } from 'express'
import type { Mac } from '../wire/addresses.ts'
import { readBytes } from '../wire/http-body.ts'
import { macInPath } from '../wire/path.ts'
import { type BootFilesOptions, bootFiles, HTTP_LOADERS } from './boot-files.ts'
import { type FromStick, type JoinAnswer, joinText, LONGEST_JOIN, parseJoin } from './join.ts'
import { resolveTarget, urlOf } from './path.ts'
import { allowMethods, notFound, onError, peerOf, sendProblem } from './problem.ts'
import { refusalScript } from './refusal-script.ts'
import { type BootReport, LONGEST_REPORT, parseReport } from './report.ts'

type Awaitable<T> = T | Promise<T>

/** In plain words: a person reads it at the console or in a log. */
export interface Refusal {
  readonly kind: 'refusal'
  readonly reason: string
}

export type ScriptAnswer = { readonly kind: 'script'; readonly text: string } | Refusal

export type ManagerAnswer =
  | { readonly kind: 'manager'; readonly address: object }
  /** Asking again later may help. */
  | { readonly kind: 'none'; readonly reason: string }
  /** Not for this peer. */
  | Refusal

export interface BootRoutesOptions extends BootFilesOptions {
  /** The iPXE script for a host; each call may begin an attempt. */
  readonly script: (mac: Mac, peer: string) => Awaitable<ScriptAnswer>
  /** xen.cfg of an attempt; undefined: no such attempt. */
  readonly xenConfig: (attempt: string, peer: string) => Awaitable<string | undefined>
  /** Where the agent of this boot finds its manager: JSON, or why there is none yet. */
  readonly manager: (attempt: string, peer: string) => Awaitable<ManagerAnswer>
  /** For monitoring: open to whoever is on the wire, so that nothing but counts is told. */
  readonly self: { readonly isReady: () => boolean; readonly metrics: () => Promise<string> }
  /** Attempt and token of a host that runs from a stick. */
  readonly join: (mac: Mac, stick: FromStick, peer: string) => Awaitable<JoinAnswer>
  readonly report: (attempt: string, report: BootReport, peer: string) => Awaitable<{ readonly kind: 'accepted' } | Refusal>
}

const LONGEST_URL = 512

/** Base32, lower case: the attempt's name in URLs and on the kernel's command line. */
const ATTEMPT = /^[a-z2-7]{16}$/

export function bootRoutes(options: BootRoutesOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.set('query parser', false)
  app.enable('case sensitive routing')
  app.enable('strict routing')
  app.use(limitUrl, resolveUrl)

  app.all('/boot/:mac', allowMethods('GET'))
  app.get('/boot/:mac', async (request, response) => {
    const mac = macInPath(request.params.mac)
    if (!mac) return sendProblem(response, 400, 'this is not a MAC address: write it as 52:54:00:77:00:01')
    const { localAddress, localPort } = request.socket
    const answer = await scriptFor(mac, peerOf(request))
    const again = `http://${localAddress}:${localPort}/boot/${mac.replaceAll(':', '')}`
    response.set('Cache-Control', 'no-store').type('text/plain')
    response.send(answer.kind === 'script' ? answer.text : refusalScript(answer.reason, again))
  })

  app.all(['/health/live', '/health/ready', '/metrics'], allowMethods('GET'))
  app.get('/health/live', (_request, response) => plain(response, 'alive\n'))
  app.get('/health/ready', (_request, response) =>
    options.self.isReady() ? plain(response, 'ready\n') : sendProblem(response, 503, 'not ready: the log says why'),
  )
  app.get('/metrics', async (_request, response) => {
    response
      .set('Cache-Control', 'no-store')
      .type('text/plain; version=0.0.4')
      .send(await options.self.metrics())
  })

  app.all('/g/:generation/:file', allowMethods('GET', 'HEAD'), bootFiles(options))
  app.all('/:file', onlyLoaders, allowMethods('GET', 'HEAD'), bootFiles(options))

  app.all('/xencfg/:attempt', allowMethods('GET'), knownAttempt)
  app.get('/xencfg/:attempt', async (request, response) => {
    const text = await options.xenConfig(request.params.attempt, peerOf(request))
    if (text === undefined) return sendProblem(response, 404, 'there is no such boot attempt')
    response.set('Cache-Control', 'no-store').type('text/plain').send(text)
  })

  app.all('/manager/:attempt', allowMethods('GET'), knownAttempt)
  app.get('/manager/:attempt', async (request, response) => {
    const answer = await options.manager(request.params.attempt, peerOf(request))
    switch (answer.kind) {
      case 'manager':
        return void response.set('Cache-Control', 'no-store').json(answer.address)
      case 'none':
        response.set('Retry-After', '5')
        return sendProblem(response, 503, answer.reason)
      case 'refusal':
        return sendProblem(response, 404, answer.reason)
    }
  })

  app.all('/join/:mac', allowMethods('POST'))
  app.post('/join/:mac', async (request, response) => {
    const mac = macInPath(request.params.mac)
    if (!mac) return sendProblem(response, 400, 'this is not a MAC address: write it as 52:54:00:77:00:01')
    const body = await readBytes(request, response, LONGEST_JOIN)
    if (body.kind !== 'bytes') return sendProblem(response, 413, `this has at most ${LONGEST_JOIN} bytes, and is sent whole`)
    const stick = parseJoin(body.bytes)
    if (!stick) return sendProblem(response, 400, 'two lines are told, image=NAME and generation=ID')
    response.set('Cache-Control', 'no-store').type('text/plain')
    response.send(joinText(await options.join(mac, stick, peerOf(request))))
  })

  app.all('/report/:attempt', allowMethods('POST'), knownAttempt)
  app.post('/report/:attempt', async (request, response) => {
    if (request.headers['content-encoding'] !== undefined) return sendProblem(response, 415, 'a report is not compressed')
    const body = await readBytes(request, response, LONGEST_REPORT)
    if (body.kind === 'too-long') return sendProblem(response, 413, `a report has at most ${LONGEST_REPORT} bytes`)
    if (body.kind === 'broken-off') return sendProblem(response, 400, 'the report ended before its end')
    const parsed = parseReport(body.bytes)
    if (parsed.kind === 'refusal') return sendProblem(response, 400, parsed.reason)
    const answer = await options.report(request.params.attempt, parsed.report, peerOf(request))
    if (answer.kind === 'refusal') return sendProblem(response, 404, answer.reason)
    response.status(204).end()
  })

  app.use(notFound)
  app.use(onError(options.log))
  return app

  /** A failure of ours must not send the machine to its next boot device: it asks again. */
  async function scriptFor(mac: Mac, peer: string): Promise<ScriptAnswer> {
    try {
      return await options.script(mac, peer)
    } catch (error) {
      options.log.error({ error, mac, peer }, 'HTTP: a boot script could not be made')
      return { kind: 'refusal', reason: 'the boot server failed, its log says why' }
    }
  }
}

function plain(response: Response, text: string): void {
  response.set('Cache-Control', 'no-store').type('text/plain').send(text)
}

/** Whatever else stands at the top is unknown, whatever the method. */
const onlyLoaders: RequestHandler<{ file: string }> = (request, _response, next) =>
  HTTP_LOADERS.some((name) => name === request.params.file) ? next() : next('route')

const limitUrl: RequestHandler = (request, response, next) => {
  if (request.url.length <= LONGEST_URL) return next()
  sendProblem(response, 414, `a URL has at most ${LONGEST_URL} characters here`)
}

/** Boot clients spell paths in many ways, the routes one way. What is no path of ours is left as it is: no route takes it. */
const resolveUrl: RequestHandler = (request, _response, next) => {
  const resolved = resolveTarget(request.url)
  if (resolved.kind === 'path') request.url = urlOf(resolved)
  next()
}

const knownAttempt: RequestHandler<{ attempt: string }> = (request, response, next) => {
  if (ATTEMPT.test(request.params.attempt)) return next()
  sendProblem(response, 404, 'this is not the name of a boot attempt')
}
