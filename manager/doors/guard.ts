// The decisions before anything is done, the same for API and page: whose credential it is, does the request come from our own page,
// and may they. Pure.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Identified } from '../access/access.ts'
import { atLeast } from '../access/roles.ts'
import type { Operation } from '../contract/operation.ts'
import { unmasked } from './csrf-mask.ts'

export type Credential = { readonly kind: 'token' | 'session'; readonly secret: string } | { readonly kind: 'none' }

const COOKIE = '__Host-hostless'
/** Of a form; a script sends the header. */
export const CSRF_FIELD = 'csrf'

/** A request that has a token is not let in by the cookie beside it. */
export function credentialOf(headers: IncomingHttpHeaders): Credential {
  const { authorization } = headers
  if (authorization === undefined) return sessionOf(headers)
  const [, secret] = /^Bearer ([!-~]{1,256})$/i.exec(authorization) ?? []
  return secret === undefined ? { kind: 'none' } : { kind: 'token', secret }
}

/** What a browser brings. */
export function sessionOf(headers: IncomingHttpHeaders): Credential {
  const secret = cookieIn(headers, COOKIE)
  return secret === undefined ? { kind: 'none' } : { kind: 'session', secret }
}

/** What it holds; undefined where there is none, or nothing in it. */
export function cookieIn({ cookie = '' }: IncomingHttpHeaders, name: string): string | undefined {
  const pair = cookie
    .split(';')
    .map((one) => one.trim())
    .find((one) => one.startsWith(`${name}=`))
  return pair === undefined || pair.length === name.length + 1 ? undefined : pair.slice(name.length + 1)
}

/** Of a browser that is on its way to the issuer: it comes back by a link of another site, which Strict would not let it show then. */
const AWAY_COOKIE = '__Host-hostless-away'

export function awayBrowserOf(headers: IncomingHttpHeaders): string | undefined {
  return cookieIn(headers, AWAY_COOKIE)
}

/** As long as a sign-in may take. */
export function setAwayCookie(browser: string): string {
  return `${AWAY_COOKIE}=${browser}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600`
}

export function clearAwayCookie(): string {
  return `${AWAY_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`
}

export function setCookie(secret: string): string {
  return `${COOKIE}=${secret}; Path=/; Secure; HttpOnly; SameSite=Strict`
}

export function clearCookie(): string {
  return `${setCookie('')}; Max-Age=0`
}

export type Verdict = { readonly kind: 'may' } | { readonly kind: 'refused'; readonly status: 403; readonly reason: string }

/** `input`: not looked at yet. */
export function mayAsk({ role, own }: Pick<Operation, 'role' | 'own'>, who: Identified, input: unknown): Verdict {
  if (role === 'open' || atLeast(who.role, role)) return { kind: 'may' }
  if (own !== undefined && typeof input === 'object' && input !== null && new Map(Object.entries(input)).get(own) === who.user)
    return { kind: 'may' }
  return refused(`this takes the role ${role}, and you are ${who.role}`)
}

/**
 * A cookie goes along whoever has made the browser ask: what is more than a look has to show that our own page did. `field`: what a
 * form without scripts shows instead of the header.
 */
export function isMeant(method: string, { by }: Identified, headers: IncomingHttpHeaders, field?: string | null): Verdict {
  if (by.kind === 'token' || method === 'GET' || method === 'HEAD') return { kind: 'may' }
  if (!isSameOrigin(headers)) return refused('this request comes from another site')
  const shown = headers['x-csrf-token'] ?? field
  if (typeof shown === 'string' && (isSame(shown, by.csrf) || isSame(unmasked(shown), by.csrf))) return { kind: 'may' }
  return refused('this request is of another session, or has no x-csrf-token: load the page again')
}

/** Browsers say where a request that changes something comes from; what does not say so is no browser, and has no cookie. */
export function isSameOrigin({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (origin !== undefined && origin !== `https://${host}`) return false
  return site === undefined ? origin !== undefined : site === 'same-origin'
}

function refused(reason: string): Verdict {
  return { kind: 'refused', status: 403, reason }
}

/** In the same time whatever was shown. */
function isSame(shown: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(shown), digest(secret))
}
