// The pages on loopback over TLS, with a made-up pool and the real users and sessions; and what a browser or a client does to them.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'
import { type Browser, chromium } from 'playwright-core'
import { after } from '../../../../appliance/wire/timers.ts'
import type { Access } from '../../../../manager/access/access.ts'
import { Acting } from '../../../../manager/access/acting.ts'
import type { OidcSettings } from '../../../../manager/access/oidc/settings.ts'
import { OidcSignIn } from '../../../../manager/access/oidc/sign-in.ts'
import { openAccess } from '../../../../manager/access/service.ts'
import { createApp } from '../../../../manager/doors/app.ts'
import { Calls } from '../../../../manager/doors/call.ts'
import { Gate, type GateRates } from '../../../../manager/doors/gate.ts'
import { accessHandlers, auditHandlers, tokenHandlers, userHandlers } from '../../../../manager/doors/handlers/access.ts'
import type { Handlers } from '../../../../manager/doors/handlers/handlers.ts'
import { secondFactorHandlers } from '../../../../manager/doors/handlers/second-factor.ts'
import { Rights } from '../../../../manager/doors/rights/rights.ts'
import { createPages, type Pages } from '../../../../manager/doors/web/server.ts'
import type { Role } from '../../../../manager/protocol/accounts.ts'
import { openStore } from '../../../../manager/store/database.ts'
import { sqlite } from '../../../../manager/store/dialects/sqlite.ts'
import { keepAuthority, newKey, newSerial } from '../../../../manager/store/keys/authority.ts'
import { signServer } from '../../../../manager/store/keys/certificate.ts'
import { sealer } from '../../../../manager/store/keys/sealing.ts'
import { collectingLog, type LogLine } from '../../../appliance/wire/collecting-log.ts'
import { thingsOf } from '../rights/things-of.ts'
import type { FakePool } from './fake-pool.ts'

export const PASSWORD = 'correct horse battery'
export const USERS: Readonly<Record<Role, string>> = { viewer: 'vera', operator: 'otto', admin: 'alice' }

export interface PageServer {
  readonly origin: string
  readonly port: number
  readonly pages: Pages
  readonly oidc: OidcSignIn | undefined
  readonly access: Access
  readonly lines: readonly LogLine[]
  /** Signs in and gives what a request needs. */
  session(role: Role): Promise<Session>
  close(): Promise<void>
}

export interface Session {
  readonly cookie: string
  readonly csrf: string
}

export interface PageServerOptions {
  readonly users?: 'three' | 'none'
  /** Of a test that is a stranger more often than one may be. */
  readonly rates?: GateRates
  /** An issuer to sign in by, and how long it may take, ms. */
  readonly oidc?: OidcSettings
  readonly patience?: number
}

export const CLIENT_SECRET = 'the secret of this client'

export async function startPages(
  pool: FakePool,
  { users = 'three', rates, oidc: settings, patience }: PageServerOptions = {},
): Promise<PageServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hl-pages-'))
  const { log, lines } = collectingLog()
  const [now, elapsed] = [() => Date.now(), () => performance.now()]
  const acting = new Acting(now)
  const opened = await openStore(sqlite(join(dataDir, 'test.db')), { copyBefore: () => join(dataDir, 'copy.db') })
  const store = acting.through(opened)
  const access = openAccess({
    store,
    now,
    elapsed,
    random: randomBytes,
    after,
    log,
    sealer: sealer(randomBytes(32)),
    cost: { N: 1024, r: 8, p: 1 },
    elsewhere: settings?.name,
  })
  if (users === 'three') {
    for (const role of ['viewer', 'operator', 'admin'] as const) await access.addUser(USERS[role], PASSWORD, role)
  }
  const handlers: Handlers = {
    ...pool.handlers,
    access: accessHandlers(access),
    users: userHandlers(access),
    secondFactor: secondFactorHandlers(access),
    tokens: tokenHandlers(access),
    audit: auditHandlers(access, (ref) => pool.host(ref)?.id),
  }
  const calls = new Calls({ handlers, access, acting, naming: { host: (ref) => pool.nameOf(ref) }, rights: new Rights(thingsOf(handlers)) })
  const gate = new Gate(access, elapsed, rates)
  let port = 0
  const oidc =
    settings &&
    new OidcSignIn({
      ...{ settings, secret: CLIENT_SECRET, site: () => `https://127.0.0.1:${port}`, access, random: randomBytes, elapsed, log },
      ...(patience === undefined ? {} : { patience }),
    })
  const pages = await createPages({ calls, gate, events: pool, reaches: pool.reaches, access, epoch: 1, log, now, elapsed, oidc })
  const authority = await keepAuthority(dataDir)
  const key = newKey()
  const app = createApp({ api: express.Router(), page: pages.router, log })
  const server = createServer({ key, cert: await signServer(authority, key, '127.0.0.1', newSerial()) }, app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  port = typeof address === 'object' && address ? address.port : 0
  return {
    origin: `https://127.0.0.1:${port}`,
    port,
    pages,
    oidc,
    access,
    lines,
    async session(role) {
      const signedIn = await access.signIn(USERS[role], PASSWORD, '127.0.0.1')
      if (signedIn.kind !== 'session') throw new Error(JSON.stringify(signedIn))
      return { cookie: `__Host-hostless=${signedIn.secret}`, csrf: signedIn.csrf }
    },
    async close() {
      pages.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await store.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

export function ask(
  { port }: Pick<PageServer, 'port'>,
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, rejectUnauthorized: false, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }),
      )
      response.on('error', reject)
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

/** As a browser posts a form of our page. */
export function post(
  server: Pick<PageServer, 'port' | 'origin'>,
  path: string,
  { cookie, csrf }: Session,
  fields: Readonly<Record<string, string | readonly string[]>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  return ask(server, path, {
    method: 'POST',
    headers: {
      cookie,
      origin: server.origin,
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    },
    body: new URLSearchParams([
      ['csrf', csrf],
      ...Object.entries(fields).flatMap(([name, of]) => [of].flat().map((one): [string, string] => [name, one])),
    ]).toString(),
  })
}

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: [...FLAGS] })
}
