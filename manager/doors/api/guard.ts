// The decisions before a route: what shows who asks, and whether a browser was made to ask. Pure.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Identified } from '../../access/access.ts'
import { atLeast } from '../../access/roles.ts'
import type { Route } from './route.ts'

export type Credential = { readonly kind: 'token' | 'session'; readonly secret: string } | { readonly kind: 'none' }

const COOKIE = '__Host-hostless'

/** A request that has a token is not let in by the cookie beside it. */
export function credentialOf({ authorization, cookie = '' }: IncomingHttpHeaders): Credential {
  if (authorization !== undefined) {
    const [, secret] = /^Bearer ([!-~]{1,256})$/i.exec(authorization) ?? []
    return secret === undefined ? { kind: 'none' } : { kind: 'token', secret }
  }
  const pair = cookie
    .split(';')
    .map((one) => one.trim())
    .find((one) => one.startsWith(`${COOKIE}=`))
  return pair === undefined ? { kind: 'none' } : { kind: 'session', secret: pair.slice(COOKIE.length + 1) }
}

export type Verdict = { readonly kind: 'may' } | { readonly kind: 'refused'; readonly reason: string }

/** `params`: of the path. */
export function mayAsk(route: Route, who: Identified, params: unknown): Verdict {
  if (route.role === 'open') return { kind: 'may' }
  if (atLeast(who.role, route.role) || route.own(params, who)) return { kind: 'may' }
  return { kind: 'refused', reason: `this takes the role ${route.role}, and you are ${who.role}` }
}

/** A cookie goes along whoever has made the browser ask: what is more than a look has to show that our own page did. */
export function isMeant(method: string, { by }: Identified, headers: IncomingHttpHeaders): Verdict {
  if (by.kind === 'token' || method === 'GET' || method === 'HEAD') return { kind: 'may' }
  if (!isSameOrigin(headers)) return { kind: 'refused', reason: 'this request comes from another site' }
  const shown = headers['x-csrf-token']
  if (typeof shown === 'string' && isSame(shown, by.csrf)) return { kind: 'may' }
  return { kind: 'refused', reason: 'the header x-csrf-token is not that of this session: load the page again' }
}

function isSameOrigin({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (origin !== undefined && origin !== `https://${host}`) return false
  return site === undefined ? origin !== undefined : site === 'same-origin'
}

/** In the same time whatever was shown. */
function isSame(shown: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(shown), digest(secret))
}
