// Sign-in by an issuer in a whole manager, as its config starts it.
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { startIssuer } from '../../access/oidc/issuer.ts'
import { dataDirFor, startSite } from '../../site.ts'
import { cookiesOf, sessionOf } from './coming-by-issuer.ts'
import { ask, CLIENT_SECRET } from './page-server.ts'

test('a manager starts without its issuer, which is asked when somebody signs in; without the secret it does not, and says why', async (t) => {
  const issuer = await startIssuer('hostless', CLIENT_SECRET)
  t.teardown(() => issuer.close())
  issuer.mode = 'silent'
  const dataDir = await dataDirFor(t)
  const clientSecretFile = join(dataDir, 'oidc.secret')
  const oidc = {
    ...{ issuer: issuer.url, clientId: 'hostless', clientSecretFile, name: 'Company login', scopes: ['openid'] },
    roles: { claim: 'groups', rules: [{ value: 'rack-operators', role: 'operator' as const }] },
  }
  await t.throwsAsync(startSite(t, { oidc, dataDir }), {
    message: /clientSecretFile: there is no .*oidc\.secret: put the client's secret in it/,
  })
  await writeFile(clientSecretFile, `${CLIENT_SECRET.replaceAll(' ', '-')}\n`)
  await chmod(clientSecretFile, 0o640)
  await t.throwsAsync(startSite(t, { oidc, dataDir }), { message: /can be read by others \(mode 640\): chmod 600/ })
  await chmod(clientSecretFile, 0o600)
  const site = await startSite(t, { oidc, dataDir })
  const { gateway, access } = site.manager
  const server = { port: gateway.port, origin: `https://127.0.0.1:${gateway.port}` }
  t.deepEqual(issuer.asked, [])
  t.regex((await ask(server, '/signin')).text, />Company login<\/a>/)

  issuer.mode = 'well'
  const sent = await ask(server, '/signin/oidc')
  const back = await issuer.visit(String(sent.headers.location))
  t.is(back.origin, server.origin)
  const come = async () => ask(server, `${back.pathname}${back.search}`, { headers: { cookie: cookiesOf(sent) } })
  const wrong = await come()
  t.is(wrong.status, 502)
  t.regex(wrong.text, /does not take this manager(&#x27;|')s client id and secret/)
  t.is(sessionOf(wrong), '')
  t.is((await access.users()).length, 0)
})

test('with the right secret its people come in, and are in the audit log', async (t) => {
  const secret = 'swordfish:with%25+signs'
  const issuer = await startIssuer('hostless', secret)
  t.teardown(() => issuer.close())
  const dataDir = await dataDirFor(t)
  const clientSecretFile = join(dataDir, 'oidc.secret')
  await writeFile(clientSecretFile, secret, { mode: 0o600 })
  const oidc = {
    ...{ issuer: issuer.url, clientId: 'hostless', clientSecretFile, name: 'Company login', scopes: ['openid'] },
    defaultRole: 'viewer' as const,
  }
  const { manager } = await startSite(t, { oidc, dataDir })
  const server = { port: manager.gateway.port, origin: `https://127.0.0.1:${manager.gateway.port}` }
  const sent = await ask(server, '/signin/oidc')
  const back = await issuer.visit(String(sent.headers.location))
  const signedIn = await ask(server, `${back.pathname}${back.search}`, { headers: { cookie: cookiesOf(sent) } })
  const cookie = `__Host-hostless=${sessionOf(signedIn)}`
  t.is((await ask(server, '/', { headers: { cookie } })).status, 200)
  const { entries } = await manager.access.auditTrail(10)
  t.like(entries[0], { who: 'grace', peer: '127.0.0.1', what: 'sign in, by Company login, for the first time, as viewer' })
})
