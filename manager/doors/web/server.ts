// The admin's web page as an express router, for doors/app.ts, which sets the security headers. Who may come is decided here, once for
// all routes, before a byte of a body is read.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import { packageRoot } from '../../../appliance/package-root.ts'
import { readBytes } from '../../../appliance/wire/http-body.ts'
import type { Log } from '../../../appliance/wire/log.ts'
import type { Access, Identified } from '../../access/access.ts'
import type { OidcSignIn } from '../../access/oidc/sign-in.ts'
import { atLeast } from '../../access/roles.ts'
import { CONTRACT } from '../../contract/contract.ts'
import type { Refused } from '../../outcome.ts'
import { storageFault } from '../../store/trouble.ts'
import type { Reaches } from '../answers/matrix-answer.ts'
import type { Calls } from '../call.ts'
import type { PoolEvents } from '../events.ts'
import type { Gate } from '../gate.ts'
import { awayBrowserOf, CSRF_FIELD, isMeant, isSameOrigin, sessionOf } from '../guard.ts'
import { type Answering, csrfShown, writeAnswer, writeRefusal } from './answering.ts'
import { readAssets, sendAsset } from './assets.ts'
import { everyHost } from './every-host.ts'
import { LivePages } from './live.ts'
import { MatrixCells } from './matrix-cells.ts'
import { MOST_FORM_BYTES, type PageDeps, PageRefused, type PageRoute, refusal, toldOf, type Visit, type Visitor } from './route.ts'
import { pageRoutes } from './routes.ts'
import { compilePages, type Render, TEMPLATE_NAMES } from './templates.ts'

export interface PagesOptions {
  readonly calls: Calls
  readonly gate: Gate
  readonly events: PoolEvents
  readonly reaches: () => Promise<Reaches>
  readonly access: Access
  /** Of this start of the manager. */
  readonly epoch: number
  readonly log: Log
  readonly now: () => number
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  /** Sign-in by an issuer. */
  readonly oidc?: OidcSignIn | undefined
}

export interface Pages {
  readonly router: Router
  readonly routes: readonly PageRoute[]
  close(): void
}

const NO_FIELDS = new URLSearchParams()

/** Rejects when a template or a file for the browser is missing. */
export async function createPages(options: PagesOptions): Promise<Pages> {
  const { calls, gate, events, reaches, access, now, elapsed, epoch } = options
  const root = packageRoot(import.meta.dirname, 3)
  const render = await readPages(join(root, 'templates/pages'))
  const assets = await readAssets(join(root, 'templates/assets'))
  const live = new LivePages(events, epoch)
  const cells = new MatrixCells(reaches, events, elapsed)
  const answering: Answering = {
    render,
    live,
    assets: Object.fromEntries([...assets].map(([name, { address }]) => [name, address])),
    counts: async (ask) => {
      const [hosts, alarms, open] = await Promise.all([
        everyHost(ask),
        ask(CONTRACT.alarms.list, {}),
        ask(CONTRACT.automations.list, { which: 'open' }),
      ])
      const pending = hosts.filter(({ trust }) => trust === 'pending').length
      const waiting = toldOf(open).automations.filter(({ state }) => state === 'needs-operator').length
      return { pending, alarms: toldOf(alarms).alarms.length, waiting }
    },
    isSignedIn: async ({ headers }) => (await gate.ownerOf(sessionOf(headers))) !== undefined,
  }
  const routes = pageRoutes(render)
  const router = express.Router({ caseSensitive: true, strict: true })
  for (const asset of assets.values()) {
    router.get(asset.path, (request, response, next) => {
      sendAsset(asset, queryOf(request).get('v'), request.headers['if-none-match'], response).catch(next)
    })
  }
  const deps: PageDeps = { calls, access, cells, now, oidc: options.oidc }
  for (const route of routes) {
    const handle = (request: Request, response: Response, next: NextFunction) => {
      answerRoute(route, request, response, deps, answering, options).catch(next)
    }
    if (route.method === 'GET') router.get(route.path, handle)
    else router.post(route.path, handle)
  }
  router.use((request, response, next) => {
    // Programs are told of it as of all that is wrong: see app.ts.
    if (!['GET', 'HEAD'].includes(request.method) || request.accepts(['json', 'html']) !== 'html') return next()
    answerNowhere(request, response, answering, options).catch(next)
  })
  return {
    router,
    routes,
    close: () => {
      live.close()
      cells.close()
    },
  }
}

async function answerRoute(
  route: PageRoute,
  request: Request,
  response: Response,
  deps: PageDeps,
  answering: Answering,
  { calls, gate, log }: PagesOptions,
): Promise<void> {
  response.set('Cache-Control', 'no-store')
  const to = request.headers['hx-request'] === 'true' || route.kind === 'fragment' ? 'htmx' : 'browser'
  const peer = peerOf(request)
  const identified = await identify(request, peer, gate)
  if (identified.kind === 'refused') return writeRefusal(refusal(identified), to, response, undefined, answering)
  const { who } = identified
  const known = who && { who, ask: calls.as({ who, peer }) }
  const refuse = (refused: Refused) => writeRefusal(refusal(refused), to, response, known, answering)
  if (route.role !== 'anyone') {
    if (!who) return askToSignIn(route, request, response, answering)
    if (!atLeast(who.role, route.role)) {
      return refuse({ kind: 'refused', status: 403, reason: `this takes the role ${route.role}; you have ${who.role}` })
    }
  }
  const held = route.isAttempt ? gate.admit(peer) : undefined
  if (held) return refuse(held)
  const form = route.method === 'POST' ? await readForm(route, request, response, who, gate) : { kind: 'form' as const, fields: NO_FIELDS }
  if (form.kind === 'refused') return refuse(form)
  const visit: Visit = {
    params: paramsOf(request),
    query: queryOf(request),
    form: form.fields,
    peer,
    host: request.headers.host ?? '',
    away: awayBrowserOf(request.headers),
  }
  try {
    if (route.role === 'anyone') await writeAnswer(await route.answer(visit, deps), request, response, known, answering)
    else if (known) {
      const session = sessionOf(request.headers)
      const secret = session.kind === 'session' ? session.secret : ''
      const csrf = csrfShown(known.who)
      const may: Visitor['may'] = (operation, raw) => calls.may(operation, raw, { who: known.who, peer })
      const visitor: Visitor = { ...visit, ...known, may, session: secret, csrf }
      await writeAnswer(await route.answer(visitor, deps), request, response, known, answering)
    }
  } catch (error) {
    if (error instanceof PageRefused && !response.headersSent) return writeRefusal(refusal(error.refused), to, response, known, answering)
    log.error({ error, path: request.path }, 'a page could not be made')
    const fault = storageFault(error) ?? { status: 500, reason: 'the manager failed; its log says why' }
    if (response.headersSent) response.destroy()
    else
      await writeRefusal(
        { ...fault, reason: `${fault.reason.charAt(0).toUpperCase()}${fault.reason.slice(1)}.` },
        to,
        response,
        known,
        answering,
      )
  }
}

async function answerNowhere(request: Request, response: Response, answering: Answering, { calls, gate }: PagesOptions): Promise<void> {
  response.set('Cache-Control', 'no-store')
  const peer = peerOf(request)
  const identified = await identify(request, peer, gate)
  const who = identified.kind === 'known' ? identified.who : undefined
  const known = who && { who, ask: calls.as({ who, peer }) }
  const reason = `There is no page ${request.path.slice(0, LONGEST_PATH)}.`
  await writeRefusal({ status: 404, reason }, 'browser', response, known, answering)
}

/** That is repeated, characters. */
const LONGEST_PATH = 100

/** A browser without a session, or with one that has ended, is nobody: it may sign in. */
async function identify(
  request: Request,
  peer: string,
  gate: Gate,
): Promise<{ readonly kind: 'known'; readonly who: Identified | undefined } | Refused> {
  const session = sessionOf(request.headers)
  if (session.kind === 'none') return { kind: 'known', who: undefined }
  const identified = await gate.identify(session, peer)
  return identified.kind === 'refused' && identified.status === 401 ? { kind: 'known', who: undefined } : identified
}

/** What a form says, once it is certain that it is of our page: a stranger's costs a look at a password, and is held up. */
async function readForm(
  route: PageRoute,
  request: Request,
  response: Response,
  who: Identified | undefined,
  gate: Gate,
): Promise<{ readonly kind: 'form'; readonly fields: URLSearchParams } | Refused> {
  const refused = (status: 400 | 403 | 413, reason: string): Refused => ({ kind: 'refused', status, reason })
  if (!isSameOrigin(request.headers)) return refused(403, 'this form does not come from a page of this manager')
  const held = route.role === 'anyone' ? gate.admit(peerOf(request)) : undefined
  if (held) return held
  const most = route.mostBytes ?? MOST_FORM_BYTES
  const read = await readBytes(request, response, most)
  if (read.kind === 'too-long') return refused(413, `this form has at most ${most} bytes`)
  if (read.kind === 'broken-off') return refused(400, 'this form ended before its end')
  const fields = new URLSearchParams(read.bytes.toString('utf8'))
  const verdict = route.role !== 'anyone' && who ? isMeant('POST', who, request.headers, fields.get(CSRF_FIELD)) : undefined
  return verdict?.kind === 'refused' ? verdict : { kind: 'form', fields }
}

async function askToSignIn(route: PageRoute, request: Request, response: Response, answering: Answering): Promise<void> {
  const next = route.kind === 'page' && request.originalUrl !== '/' ? `?next=${encodeURIComponent(request.originalUrl)}` : ''
  if (route.kind === 'page') return response.redirect(303, `/signin${next}`)
  response.set('HX-Redirect', '/signin')
  await writeRefusal({ status: 401, reason: 'You are signed out: sign in again.' }, 'htmx', response, undefined, answering)
}

function paramsOf({ params }: Request): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(params).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])))
}

function queryOf({ originalUrl }: Request): URLSearchParams {
  const at = originalUrl.indexOf('?')
  return new URLSearchParams(at < 0 ? '' : originalUrl.slice(at + 1))
}

function peerOf({ socket }: Request): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
}

async function readPages(folder: string): Promise<Render> {
  const read = async (name: string) => [name, await readFile(join(folder, `${name}.hbs`), 'utf8')] as const
  return compilePages(Object.fromEntries(await Promise.all(TEMPLATE_NAMES.map(read))))
}
