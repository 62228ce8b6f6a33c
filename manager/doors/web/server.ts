// The admin's web page as an express router, for http/app.ts, which sets the security headers. Who may come is decided here, once for
// all routes, before a byte of a body is read.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import { packageRoot } from '../../../appliance/package-root.ts'
import { readBytes } from '../../../appliance/wire/http-body.ts'
import type { Log } from '../../../appliance/wire/log.ts'
import type { Access, Identified } from '../../access/access.ts'
import { AttemptLimit, peerKey } from '../../access/limit.ts'
import type { Rate } from '../../access/rate.ts'
import { atLeast } from '../../access/roles.ts'
import { storageFault } from '../../store/trouble.ts'
import type { Operations, SiteOperations } from '../api/operations.ts'
import { type Answering, writeAnswer, writeRefusal } from './answering.ts'
import { comesFromOurPage, cookieOf, hasCsrf } from './guard.ts'
import { LivePages } from './live.ts'
import { MatrixCells } from './matrix-cells.ts'
import { MOST_FORM_BYTES, type PageDeps, type PageRoute, type Visit } from './route.ts'
import { pageRoutes } from './routes.ts'
import { compilePages, type Render, TEMPLATE_NAMES } from './templates.ts'

export interface PagesOptions {
  readonly operations: Operations
  readonly site: SiteOperations
  readonly access: Access
  readonly log: Log
  readonly now: () => number
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
}

export interface Pages {
  readonly router: Router
  readonly routes: readonly PageRoute[]
  close(): void
}

interface Asset {
  readonly path: string
  readonly type: string
  readonly content: Buffer
  readonly tag: string
}

/** Forms of who is not signed in, from one address: they are read, and cost a look at a password. */
const STRANGERS: Rate = { perSecond: 1, burst: 100 }
const NO_BODY = { kind: 'bytes', bytes: Buffer.alloc(0) } as const

/** Rejects when a template or a file for the browser is missing. */
export async function createPages(options: PagesOptions): Promise<Pages> {
  const { operations, site, access, now } = options
  const root = packageRoot(import.meta.dirname, 3)
  const render = await readPages(join(root, 'templates/pages'))
  const [style, script, htmx, icon] = await readAssets(join(root, 'templates/assets'))
  const live = new LivePages(operations)
  const cells = new MatrixCells(operations, options.elapsed)
  const answering: Answering = {
    render,
    live,
    assets: { style: addressOf(style), script: addressOf(script), htmx: addressOf(htmx), icon: addressOf(icon) },
    counts: async () => {
      const [hosts, alarms] = await Promise.all([operations.hosts(), operations.alarms()])
      return { pending: hosts.filter(({ state }) => state === 'pending').length, alarms: alarms.length }
    },
    isSignedIn: async (request) => (await visitorOf(request, access)) !== undefined,
  }
  const routes = pageRoutes(render)
  const router = express.Router({ caseSensitive: true, strict: true })
  for (const asset of [style, script, htmx, icon]) router.get(asset.path, (request, response) => sendAsset(asset, request, response))
  const strangers = new AttemptLimit(STRANGERS, options.elapsed)
  const deps: PageDeps = { operations, site, access, cells, now }
  for (const route of routes) {
    const handle = (request: Request, response: Response, next: NextFunction) => {
      answerRoute(route, request, response, deps, answering, strangers, options.log).catch(next)
    }
    if (route.method === 'GET') router.get(route.path, handle)
    else router.post(route.path, handle)
  }
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
  strangers: AttemptLimit,
  log: Log,
): Promise<void> {
  response.set('Cache-Control', 'no-store')
  const to = request.headers['hx-request'] === 'true' || route.kind === 'fragment' ? 'htmx' : 'browser'
  const who = await visitorOf(request, deps.access)
  const refuse = (status: number, reason: string) => writeRefusal({ status, reason }, to, response, who, answering)
  if (route.role !== 'anyone') {
    if (!who) return askToSignIn(route, request, response, answering)
    if (!atLeast(who.role, route.role)) return refuse(403, `This takes the role ${route.role}; you have ${who.role}.`)
  }
  if (route.method === 'POST' && !comesFromOurPage(request.headers))
    return refuse(403, 'This form does not come from a page of this manager.')
  const most = route.mostBytes ?? MOST_FORM_BYTES
  if (route.method === 'POST' && route.role === 'anyone') {
    const retryAfter = strangers.attempt(peerKey(peerOf(request)))
    const reason = `Too many attempts: try again in ${retryAfter} s.`
    if (retryAfter > 0) return writeRefusal({ status: 429, reason, retryAfter }, to, response, who, answering)
  }
  const read = route.method === 'POST' ? await readBytes(request, response, most) : NO_BODY
  if (read.kind === 'too-long') return refuse(413, `This form has at most ${most} bytes.`)
  if (read.kind === 'broken-off') return refuse(400, 'This form ended before its end.')
  const form = new URLSearchParams(read.bytes.toString('utf8'))
  if (route.method === 'POST' && route.role !== 'anyone' && who && !hasCsrf(who, request.headers, form)) {
    return refuse(403, 'This form is of another session: load the page again.')
  }
  const visit: Visit = { params: paramsOf(request), query: queryOf(request), form, peer: peerOf(request) }
  try {
    if (route.role === 'anyone') await writeAnswer(await route.answer(visit, deps), request, response, who, answering)
    else if (who) {
      const visitor = { ...visit, who, session: cookieOf(request.headers) ?? '', csrf: who.by.kind === 'session' ? who.by.csrf : '' }
      await writeAnswer(await route.answer(visitor, deps), request, response, who, answering)
    }
  } catch (error) {
    log.error({ error, path: request.path }, 'a page could not be made')
    const fault = storageFault(error)
    if (response.headersSent) response.destroy()
    else if (fault) await refuse(fault.status, `${fault.reason.charAt(0).toUpperCase()}${fault.reason.slice(1)}.`)
    else await refuse(500, 'The manager failed; its log says why.')
  }
}

async function askToSignIn(route: PageRoute, request: Request, response: Response, answering: Answering): Promise<void> {
  const next = route.kind === 'page' && request.originalUrl !== '/' ? `?next=${encodeURIComponent(request.originalUrl)}` : ''
  if (route.kind === 'page') return response.redirect(303, `/signin${next}`)
  response.set('HX-Redirect', '/signin')
  await writeRefusal({ status: 401, reason: 'You are signed out: sign in again.' }, 'htmx', response, undefined, answering)
}

async function visitorOf({ headers }: Request, access: Access): Promise<Identified | undefined> {
  const secret = cookieOf(headers)
  return secret ? access.bySession(secret) : undefined
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

async function readAssets(folder: string): Promise<readonly [Asset, Asset, Asset, Asset]> {
  const read = async (file: string, name: string, type: string): Promise<Asset> => {
    const content = await readFile(file)
    return { path: `/assets/${name}`, type, content, tag: createHash('sha256').update(content).digest('base64url').slice(0, 16) }
  }
  const htmx = createRequire(import.meta.url).resolve('htmx.org/dist/htmx.min.js')
  return Promise.all([
    read(join(folder, 'page.css'), 'page.css', 'text/css'),
    read(join(folder, 'page.js'), 'page.js', 'text/javascript'),
    read(htmx, 'htmx.js', 'text/javascript'),
    read(join(folder, 'icon.svg'), 'icon.svg', 'image/svg+xml'),
  ])
}

const addressOf = ({ path, tag }: Asset): string => `${path}?v=${tag}`

/** Open to all: there is nothing in them that the repository does not have. */
function sendAsset({ type, content, tag }: Asset, request: Request, response: Response): void {
  const isCurrent = queryOf(request).get('v') === tag
  response.set({ 'Cache-Control': isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache', ETag: `"${tag}"` })
  if (request.headers['if-none-match'] === `"${tag}"`) return void response.status(304).end()
  response.type(type).send(content)
}
