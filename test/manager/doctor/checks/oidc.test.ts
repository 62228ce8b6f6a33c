// The issuer, as the doctor sees it: judged, and read from one on loopback.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { type IssuerSeen, judgeOidc, type Oidc } from '../../../../manager/doctor/checks/oidc.ts'
import { read, unread } from '../../../../manager/doctor/finding.ts'
import { readOidc } from '../../../../manager/doctor/readers/oidc.ts'
import { startIssuer } from '../../access/oidc/issuer.ts'
import { configOf } from '../site.ts'

const NOW = 1_800_000_000_000
const ISSUER = 'https://login.example'
const METADATA = {
  ...{ issuer: ISSUER, authorization_endpoint: `${ISSUER}/a`, token_endpoint: `${ISSUER}/t`, jwks_uri: `${ISSUER}/k` },
  ...{ response_types_supported: ['code'], code_challenge_methods_supported: ['S256'] },
}

const OIDC: Oidc = {
  ...{ issuer: ISSUER, clientId: 'hostless', clientSecretFile: '/etc/hostless/oidc.secret', name: 'Company login' },
  ...{ scopes: ['openid'], defaultRole: 'viewer' },
}

const judged = (change: Partial<IssuerSeen>, secretFault?: string) =>
  judgeOidc({ secretFault, issuer: read({ metadata: METADATA, status: 200, date: NOW, ...change }) }, OIDC, NOW)

test('an issuer that answers, with a clock as here, is well; none that is configured is nothing to say', (t) => {
  t.deepEqual(
    judged({}).map(({ subject, result }) => [subject, result]),
    [
      [ISSUER, 'ok'],
      [`${ISSUER} clock`, 'ok'],
    ],
  )
  t.deepEqual(judgeOidc(undefined, undefined, NOW), [])
})

test('what makes sign-in fail is failed, and what cannot be read is unknown', (t) => {
  for (const [change, seen] of [
    [{ status: 404, metadata: undefined }, /HTTP 404/],
    [{ metadata: undefined }, /no JSON/],
    [{ metadata: { ...METADATA, issuer: 'https://other.example' } }, /calls itself "https:\/\/other\.example"/],
    [{ metadata: { issuer: ISSUER } }, /lacks authorization_endpoint, token_endpoint, jwks_uri/],
    [{ metadata: { ...METADATA, response_types_supported: ['id_token'] } }, /does not give codes/],
  ] as const) {
    const [found] = judged(change)
    t.is(found?.result, 'failed')
    t.regex(found?.seen ?? '', seen)
  }
  t.is(judged({ metadata: { ...METADATA, code_challenge_methods_supported: undefined } })[0]?.result, 'warning')
  t.like(judged({}, 'can be read by others')[0], { subject: '/etc/hostless/oidc.secret', result: 'failed', seen: 'can be read by others' })
  t.like(judgeOidc({ secretFault: undefined, issuer: unread('refused', 'look') }, OIDC, NOW)[0], { result: 'unknown', mend: 'look' })
})

test('its clock: as here, off, so far off that nothing it says holds, or not told', (t) => {
  const clock = (date: number | undefined) => judged({ date })[1]
  t.is(clock(NOW + 5000)?.result, 'ok')
  t.like(clock(NOW + 20_000), { result: 'warning', seen: '20 s ahead' })
  t.like(clock(NOW - 300_000), { result: 'failed', seen: '300 s behind' })
  t.is(clock(undefined)?.result, 'unknown')
})

test('it is read as the manager asks it, and the file of the secret, too', async (t) => {
  const issuer = await startIssuer('hostless', 'x')
  const folder = await mkdtemp(join(tmpdir(), 'hl-oidc-'))
  t.teardown(async () => {
    await issuer.close()
    await rm(folder, { recursive: true })
  })
  const file = join(folder, 'secret')
  const oidc = { issuer: issuer.url, clientId: 'x', clientSecretFile: file, name: 'X', defaultRole: 'viewer' }
  const config = configOf(t, `dhcp: { mode: off }\nmanager: ${JSON.stringify({ listen: '10.77.0.1:8443', oidc })}`).manager?.oidc
  const look = async () => judgeOidc(await readOidc(config), config, Date.now())
  t.regex((await look())[0]?.seen ?? '', /there is no .*secret: put the client's secret in it/)
  await writeFile(file, 'swordfish\n')
  await chmod(file, 0o644)
  t.regex((await look())[0]?.seen ?? '', /can be read by others \(mode 644\): chmod 600/)
  await chmod(file, 0o600)
  t.deepEqual(
    (await look()).map(({ result }) => result),
    ['ok', 'ok'],
  )
  await writeFile(file, 'two\nlines\n')
  t.regex((await look())[0]?.seen ?? '', /does not hold one line/)
  t.false(JSON.stringify(await look()).includes('lines\\n'))
  issuer.mode = 'endless'
  t.regex((await look()).map(({ seen }) => seen).join('; '), /more than 1048576 bytes/)
  await issuer.close()
  t.like((await look()).at(-1), { result: 'unknown' })
})
