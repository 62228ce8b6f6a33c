// The decisions before a page route: does the request come from our own page, who is it, and may they. Pure.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Identified } from '../../access/access.ts'

export const COOKIE = '__Host-hostless'
export const CSRF_FIELD = 'csrf'
const CSRF_HEADER = 'x-csrf-token'

export function cookieOf(headers: IncomingHttpHeaders): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1)
}

export function setCookie(secret: string): string {
  return `${COOKIE}=${secret}; Path=/; Secure; HttpOnly; SameSite=Strict`
}

export function clearCookie(): string {
  return `${setCookie('')}; Max-Age=0`
}

/** Browsers say where a request that changes something comes from; what does not say so is no browser, and the API is there for it. */
export function comesFromOurPage({ 'sec-fetch-site': site, origin, host }: IncomingHttpHeaders): boolean {
  if (origin !== undefined && origin !== `https://${host}`) return false
  return site === undefined ? origin !== undefined : site === 'same-origin'
}

export function hasCsrf({ by }: Identified, headers: IncomingHttpHeaders, form: URLSearchParams): boolean {
  if (by.kind !== 'session') return false
  const shown = headers[CSRF_HEADER] ?? form.get(CSRF_FIELD) ?? ''
  return typeof shown === 'string' && isSame(shown, by.csrf)
}

/** Where to go after signing in: a path of ours, and never another site's. */
export function safePath(path: string | null): string {
  return path !== null && /^\/(?![/\\])[!-[\]-~]*$/.test(path) && path.length <= 1024 ? path : '/'
}

/** Compared in the same time whatever was shown. */
function isSame(shown: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(shown), digest(secret))
}
