// A person at a browser who signs in by an issuer: the cookies that it keeps, and the steps one by one.
import type { ExecutionContext } from 'ava'
import type { OidcSettings } from '../../../../manager/access/oidc/settings.ts'
import { type Issuer, startIssuer } from '../../access/oidc/issuer.ts'
import { type FakePool, fakePool } from './fake-pool.ts'
import { type Answered, ask, CLIENT_SECRET, type PageServer, type PageServerOptions, startPages } from './page-server.ts'

export const RULES: NonNullable<OidcSettings['roles']> = {
  claim: 'groups',
  rules: [
    { value: 'rack-admins', role: 'admin' },
    { value: 'rack-operators', role: 'operator' },
    { value: 'rack3', role: 'operator', groups: ['rack3'] },
  ],
}

export interface Place {
  readonly issuer: Issuer
  readonly server: PageServer
}

const CALM = { perSecond: 1e6, burst: 1e6 }

export async function placeWith(
  t: ExecutionContext,
  changed: Partial<OidcSettings> = {},
  { pool = fakePool(4), ...options }: Pick<PageServerOptions, 'patience'> & { readonly pool?: FakePool } = {},
): Promise<Place> {
  const issuer = await startIssuer('hostless', CLIENT_SECRET)
  t.teardown(() => issuer.close())
  const settings = {
    ...{ issuer: issuer.url, clientId: 'hostless', clientSecretFile: '/nowhere', name: 'Company login' },
    ...{ scopes: ['openid', 'profile'], roles: RULES },
    ...changed,
  }
  const server = await startPages(pool, { oidc: settings, rates: { principal: CALM, stranger: CALM }, ...options })
  t.teardown(() => server.close())
  return { issuer, server }
}

/** What a browser keeps of `Set-Cookie`, as `Cookie`. */
export function cookiesOf({ headers }: Answered): string {
  return [headers['set-cookie'] ?? []]
    .flat()
    .map((one) => one.split(';')[0] ?? '')
    .join('; ')
}

export interface Away {
  readonly cookie: string
  readonly location: string
}

export async function goAway({ server }: Pick<Place, 'server'>, next = '/guests'): Promise<Away> {
  const sent = await ask(server, `/signin/oidc?next=${encodeURIComponent(next)}`)
  return { cookie: cookiesOf(sent), location: String(sent.headers.location) }
}

export async function comeBack({ server }: Pick<Place, 'server'>, back: URL, cookie: string): Promise<Answered> {
  return ask(server, `${back.pathname}${back.search}`, { headers: { cookie, 'sec-fetch-site': 'cross-site' } })
}

export async function signInBy(place: Place, next?: string): Promise<Answered> {
  const { cookie, location } = await goAway(place, next)
  return comeBack(place, await place.issuer.visit(location), cookie)
}

/** Of the cookie of an answer that signs in. */
export function sessionOf(answered: Answered): string {
  return /__Host-hostless=([\w-]{43})/.exec(cookiesOf(answered))?.[1] ?? ''
}

export async function audited({ server }: Pick<Place, 'server'>): Promise<readonly string[]> {
  return (await server.access.auditTrail(100)).entries.map(({ who, what }) => `${who}: ${what}`)
}
