import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import test, { type ExecutionContext } from 'ava'
import type { ManagerPlace } from '../../../appliance/manager-link/place.ts'
import { startManagerLink } from '../../../appliance/manager-link/runner.ts'
import type { Push } from '../../../appliance/manager-link/source.ts'
import { Troubles } from '../../../appliance/manager-link/trouble.ts'
import type { SiteKeys } from '../../../appliance/store/site-keys.ts'
import { parseIpv4 } from '../../../appliance/wire/addresses.ts'
import { newKey, newSerial } from '../../../manager/store/keys/authority.ts'
import { authorityFrom, selfSigned, signServer } from '../../../manager/store/keys/certificate.ts'
import { attemptById } from '../../../manager/store/tables/attempts.ts'
import { macOf, startSite, until } from '../../manager/site.ts'
import { collectingLog } from '../wire/collecting-log.ts'

function placeOf(port: number): ManagerPlace {
  const address = parseIpv4('127.0.0.1')
  if (!address) throw new Error('127.0.0.1 is an address')
  return { address, port }
}

const recordOf = (id: string) => ({
  id,
  mac: macOf(1),
  address: '127.0.0.1',
  tokenHash: 'ab'.repeat(32),
  expires: Date.now() + 3600_000,
})

/** A link that has these attempts to tell, in order, one at a time. */
function linkTo(t: ExecutionContext, place: ManagerPlace, keys: () => Promise<SiteKeys>, ids: readonly string[], push: Partial<Push> = {}) {
  const left = [...ids]
  const { log, lines } = collectingLog()
  const source = (): Push | undefined => {
    const [first] = left
    return first === undefined
      ? undefined
      : { path: '/appliance/attempts', body: { attempts: [recordOf(first)] }, acknowledged: () => void left.shift(), ...push }
  }
  const link = startManagerLink({
    place,
    keys,
    self: () => ({ id: 's'.repeat(16), version: '0.1.0', address: '127.0.0.1' }),
    sources: [source],
    troubles: new Troubles(log, () => undefined),
    random: () => 0,
  })
  t.teardown(() => link.close())
  return { link, left, lines, warnings: () => lines.filter(({ level }) => level === 'warn').map(({ fields }) => JSON.stringify(fields)) }
}

const A = 'a'.repeat(16)
const B = 'b'.repeat(16)

test('what it has to tell is on the manager’s disk when it takes it for told, and what comes later is told when it is woken', async (t) => {
  const site = await startSite(t)
  const keys: SiteKeys = { kind: 'keys', secret: site.secret, authority: site.address.authority }
  const { link, left } = linkTo(t, placeOf(site.address.port), async () => keys, [A])
  await until('that it is told', () => left.length === 0)
  t.is((await attemptById(site.manager.store.db, A))?.mac, macOf(1))
  left.push(B)
  link.wake()
  await until('the second', () => left.length === 0)
  t.truthy(await attemptById(site.manager.store.db, B))
})

test('keys that are not there yet are waited for, and that is said once', async (t) => {
  const site = await startSite(t)
  let keys: SiteKeys = { kind: 'none', reason: 'there is no site.key yet' }
  let asked = 0
  const reading = async () => {
    asked += 1
    return keys
  }
  const { left, warnings } = linkTo(t, placeOf(site.address.port), reading, [A])
  await until('some attempts', () => asked > 3)
  keys = { kind: 'keys', secret: site.secret, authority: site.address.authority }
  await until('that it is told', () => left.length === 0)
  t.is(warnings().length, 1)
})

test('a wrong secret is said once, and the right one is taken without a restart', async (t) => {
  const site = await startSite(t)
  let [secret, asked] = ['wrong', 0]
  const reading = async (): Promise<SiteKeys> => {
    asked += 1
    return { kind: 'keys', secret, authority: site.address.authority }
  }
  const { left, warnings } = linkTo(t, placeOf(site.address.port), reading, [A])
  await until('some attempts', () => asked > 3)
  t.is(warnings().length, 1)
  t.regex(warnings()[0] ?? '', /does not know the secret in keys\/site\.key/)
  secret = site.secret
  await until('that it is told', () => left.length === 0)
})

/** Says what it likes to every request; its certificate is of an authority of its own. */
async function fakeManager(
  t: ExecutionContext,
  listener: RequestListener,
): Promise<{ readonly place: ManagerPlace; readonly keys: SiteKeys }> {
  const [authorityKey, key] = [newKey(), newKey()]
  const authority = await authorityFrom(authorityKey, await selfSigned(authorityKey, newSerial()), 'a test')
  const server = createServer({ key, cert: await signServer(authority, key, '127.0.0.1', newSerial()) }, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const place = placeOf(typeof address === 'object' && address ? address.port : 0)
  return { place, keys: { kind: 'keys', secret: 'x', authority: authority.pem } }
}

test('a manager of another authority gets neither secret nor tokens, and the log says what to do', async (t) => {
  const site = await startSite(t)
  const asked: string[] = []
  const { place } = await fakeManager(t, (request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(204).end()
  })
  const keys: SiteKeys = { kind: 'keys', secret: site.secret, authority: site.address.authority }
  const { left, warnings } = linkTo(t, place, async () => keys, [A])
  await until('a warning', () => warnings().length > 0)
  t.regex(warnings()[0] ?? '', /manager-ca\.pem did not sign.*copy keys\/site\.key and keys\/manager-ca\.pem/)
  t.deepEqual(asked, [])
  t.is(left.length, 1)
})

test('10 MB, garbage, an answer that breaks off, one that never ends, redirects: the link goes on and nothing is taken for told', async (t) => {
  const answers: RequestListener[] = [
    (_request, response) => response.writeHead(204, { 'x-junk': 'x'.repeat(60_000) }).end(),
    (_request, response) => response.writeHead(200).end(Buffer.alloc(10 << 20, 'x')),
    (_request, response) => response.writeHead(500).end('\u0000\u001b[2J{{{'),
    (request) => request.socket.end('garbage that is no HTTP\r\n\r\n'),
    (request) => request.socket.destroy(),
    (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('x')
      response.socket?.destroy()
    },
    (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1/' }).end(),
  ]
  let turn = 0
  const { place, keys } = await fakeManager(t, (request, response) => {
    const answer = answers[turn]
    turn += 1
    if (answer) answer(request, response)
    else response.writeHead(204).end()
  })
  const { left, lines } = linkTo(t, place, async () => keys, [A])
  await until('the good answer', () => left.length === 0, 30_000)
  t.is(turn, answers.length + 1)
  t.true(lines.every(({ fields }) => JSON.stringify(fields).length < 600))
})

test('a link that waits for a manager is closed at once', async (t) => {
  const { link, warnings } = linkTo(t, placeOf(1), async () => ({ kind: 'keys', secret: 'x', authority: 'no PEM' }), [A])
  await until('a warning', () => warnings().length > 0)
  await link.close()
  t.pass()
})

test('what an older manager does not know of is not told again and again, where it can be done without; all else is', async (t) => {
  let asked = 0
  const { place, keys } = await fakeManager(t, (_request, response) => {
    asked += 1
    response.writeHead(404).end()
  })
  const optional = linkTo(t, place, async () => keys, [A], { optional: true })
  await until('that it is let be', () => optional.left.length === 0)
  t.deepEqual([asked, optional.warnings()], [1, []])
  const needed = linkTo(t, place, async () => keys, [A])
  await until('that it is asked again', () => asked > 3)
  t.is(needed.left.length, 1)
})
