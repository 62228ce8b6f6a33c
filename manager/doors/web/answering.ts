// An answer as a value, written to the browser: whole pages in the layout, fragments and notices for htmx, redirects without scripts.
import { randomBytes } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Writable } from 'node:stream'
import type { Request, Response } from 'express'
import { atLeast } from '../../access/roles.ts'
import type { Role } from '../../protocol/accounts.ts'
import { sayLimit } from '../../protocol/group-limit.ts'
import type { Ask } from '../call.ts'
import { masked } from '../csrf-mask.ts'
import { clearAwayCookie, clearCookie, setAwayCookie, setCookie } from '../guard.ts'
import type { LivePages } from './live.ts'
import { packing, sendPacked } from './packed.ts'
import { ROWS } from './pages/matrix.ts'
import type { Answer, Visitor } from './route.ts'
import { LAYOUT, type Render } from './templates.ts'
import { Markup } from './visible.ts'

export interface Answering {
  readonly render: Render
  readonly live: LivePages
  /** By the names of assets.ts: their addresses, with the versions of their content. */
  readonly assets: Readonly<Record<string, string>>
  /** Of what waits for the visitor. */
  readonly counts: (ask: Ask) => Promise<Counts>
  readonly isSignedIn: (request: Request) => Promise<boolean>
}

export interface Counts {
  readonly pending: number
  readonly alarms: number
  /** Automations that need an operator. */
  readonly waiting: number
}

/** Rows that are written at once, before others get their turn. */
const CHUNK = 50

export async function writeAnswer(
  answer: Answer,
  request: Request,
  response: Response,
  visitor: Pick<Visitor, 'who' | 'ask'> | undefined,
  answering: Answering,
): Promise<void> {
  const isHtmx = request.headers['hx-request'] === 'true'
  switch (answer.kind) {
    case 'page':
      if (answer.retryAfter !== undefined) response.set('Retry-After', String(answer.retryAfter))
      return html(response, answer.status ?? 200, await inLayout(answer, visitor, answering))
    case 'told':
      if (isHtmx) return html(response, 200, withCsrf(answer, visitor, answering))
      return html(response, 200, await inLayout(answer, visitor, answering))
    case 'long-page':
      return writeRows(response, await inLayout(answer, visitor, answering), answer.rows)
    case 'fragment':
      response.set(answer.headers ?? {})
      return html(response, 200, answer.html)
    case 'goto':
      if (!isHtmx) return response.redirect(303, answer.path)
      // A redirect is followed by the browser itself, and the page would come as a part of this one.
      response.set('HX-Redirect', answer.path)
      return html(response, 200, '')
    case 'signed-in':
      response.set('Set-Cookie', setCookie(answer.secret))
      return response.redirect(303, answer.path)
    case 'signed-in-by-issuer': {
      response.append('Set-Cookie', setCookie(answer.secret)).append('Set-Cookie', clearAwayCookie())
      // No redirect: of a chain that began at another site the browser would not show the new cookie. A page of ours may go on.
      response.set('Refresh', `0; url=${answer.path}`)
      const { user, path } = answer
      return html(response, 200, await inLayout({ page: 'signed-in', title: 'Signed in', view: { user, path } }, undefined, answering))
    }
    case 'away':
      response.set('Set-Cookie', setAwayCookie(answer.browser))
      return response.redirect(303, answer.url)
    case 'signed-out':
      response.set('Set-Cookie', clearCookie())
      return response.redirect(303, '/signin')
    case 'acted':
      if (!isHtmx) return response.redirect(303, answer.path)
      response.set('HX-Trigger', 'acted')
      return html(response, 200, answering.render('_notice', { text: answer.said, isRefused: false }))
    case 'refused':
      return writeRefusal(answer, isHtmx ? 'htmx' : 'browser', response, visitor, answering)
    case 'live':
      // A browser shows its last id by itself only while its page stays.
      if (
        answering.live.attach(response, {
          isSignedIn: () => answering.isSignedIn(request),
          lastId: request.get('last-event-id') ?? answer.since,
        })
      )
        return
      return writeRefusal({ status: 503, reason: 'Too many pages are open.' }, 'htmx', response, visitor, answering)
  }
}

export async function writeRefusal(
  { status, reason, retryAfter }: { readonly status: number; readonly reason: string; readonly retryAfter?: number },
  to: 'htmx' | 'browser',
  response: Response,
  visitor: Pick<Visitor, 'who' | 'ask'> | undefined,
  answering: Answering,
): Promise<void> {
  if (retryAfter !== undefined) response.set('Retry-After', String(retryAfter))
  if (to === 'htmx') return html(response, status, answering.render('_notice', { text: reason, isRefused: true }))
  const view = { heading: STATUS_CODES[status] ?? 'Error', reason }
  return html(response, status, await inLayout({ page: 'message', title: view.heading, view }, visitor, answering))
}

async function inLayout(
  { page, title, view }: Pick<Extract<Answer, { readonly kind: 'page' }>, 'page' | 'title' | 'view'>,
  visitor: Pick<Visitor, 'who' | 'ask'> | undefined,
  { render, assets, counts }: Answering,
): Promise<string> {
  const who = visitor?.who
  const csrf = csrfOf(visitor)
  const content = new Markup(withCsrf({ page, view }, visitor, { render }))
  const nav = visitor ? navigation(visitor.who.role, title, await counts(visitor.ask)) : []
  const signedIn = who && { user: who.user, role: who.groups ? `${who.role} of ${sayLimit(who.groups)}` : who.role }
  const headers = JSON.stringify({ 'X-CSRF-Token': csrf })
  const scripts = { hasTerminal: page === 'guest-console', hasCharts: page === 'guest' || page === 'host' }
  return render(LAYOUT, { title, page, content, assets, ...scripts, csrf, headers, who: signedIn, nav })
}

function withCsrf(
  { page, view }: Pick<Extract<Answer, { readonly kind: 'page' }>, 'page' | 'view'>,
  visitor: Pick<Visitor, 'who'> | undefined,
  { render }: Pick<Answering, 'render'>,
): string {
  return render(page, { ...view, csrf: csrfOf(visitor) })
}

const csrfOf = (visitor: Pick<Visitor, 'who'> | undefined): string => (visitor ? csrfShown(visitor.who) : '')

/** Another each time. */
export function csrfShown({ by }: Visitor['who']): string {
  return by.kind === 'session' ? masked(by.csrf, randomBytes(Buffer.byteLength(by.csrf))) : ''
}

function navigation(role: Role, title: string, counts: Counts) {
  const links = [
    ['Hosts', '/', 0],
    ['Guests', '/guests', 0],
    ['Pending', '/pending', counts.pending],
    ['Boots', '/boots', 0],
    ['Networks', '/networks', 0],
    ['Storage', '/storage', 0],
    ['Images', '/vm-images', 0],
    ['CPU', '/cpu', 0],
    ['Site', '/site', 0],
    ['Tasks', '/tasks', counts.waiting],
    ['Alarms', '/alarms', counts.alarms],
    ...(atLeast(role, 'admin') ? ADMIN_LINKS : []),
  ] as const
  return links.map(([label, path, count]) => ({ label, path, count, isCurrent: label === title }))
}

const ADMIN_LINKS = [
  ['Notifications', '/notifications', 0],
  ['Users', '/users', 0],
  ['Audit', '/audit', 0],
] as const

function html(response: Response, status: number, text: string): Promise<void> {
  return sendPacked(response.status(status).type('html'), text)
}

/** What stands before the rows goes out first, so that the browser has style and head while the rows are made. */
async function writeRows(response: Response, text: string, rows: Iterable<string>): Promise<void> {
  const [before = '', after = ''] = text.split(ROWS)
  const { out, flush } = packing(response.status(200).type('html'))
  out.write(before)
  flush()
  let chunk: string[] = []
  for (const row of rows) {
    chunk.push(row)
    if (chunk.length < CHUNK) continue
    const flows = out.write(chunk.join(''))
    chunk = []
    if (response.destroyed) return
    await (flows ? new Promise((resolve) => setImmediate(resolve)) : drained(out))
  }
  out.end(`${chunk.join('')}${after}`)
}

function drained(out: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      out.off('drain', done).off('close', done)
      resolve()
    }
    out.on('drain', done).on('close', done)
  })
}
