import test, { type ExecutionContext } from 'ava'
import { macOf, pushBoot, startTestAgent, until } from '../../site.ts'
import { type ApiSite, type Asked, detailOf, startApiSite } from './asking.ts'

async function siteWithHost(t: ExecutionContext) {
  const site = await startApiSite(t)
  startTestAgent(t, async () => site.address, await pushBoot(site, macOf(1)), { macs: [macOf(1)] })
  const { id } = await until('a host', () => site.manager.pool.hosts().find(({ connection }) => connection))
  const read = (path: string) => site.as('admin')('GET', path)
  return { site, id, read }
}

/** With `If-Match`. */
const change = (site: ApiSite, method: string, path: string, tag: string, body?: object) =>
  site.ask(method, path, { token: site.tokens.admin, headers: { 'if-match': tag }, ...(body ? { body } : {}) })

const tagOf = ({ headers }: Asked): string => String(headers.etag)

test('of two who have read a host the same only the first changes it, and the other is told: 412', async (t) => {
  const { site, id, read } = await siteWithHost(t)
  const tag = tagOf(await read('/hosts/node01'))
  t.regex(tag, /^"[\w-]+"$/)
  const both = await Promise.all([
    change(site, 'PATCH', '/hosts/node01', tag, { notes: 'of one' }),
    change(site, 'PATCH', `/hosts/${id}`, tag, { notes: 'of the other' }),
  ])
  t.deepEqual(both.map(({ status }) => status).toSorted(), [200, 412])
  const [late] = both.filter(({ status }) => status === 412)
  if (!late) return t.fail()
  t.is(JSON.parse(late.text).code, 'outdated')
  t.regex(detailOf(late), /somebody has changed it since it was read/)
  const [last] = (await site.manager.access.auditTrail(1)).entries
  t.regex(last?.what ?? '', /^change host node01 .*: refused \(412\)/)
  const now = tagOf(await read('/hosts/node01'))
  t.not(now, tag)
  t.is((await change(site, 'PATCH', '/hosts/node01', `"other", ${now}`, { notes: 'again' })).status, 200, 'one of several')
  t.is((await change(site, 'PATCH', '/hosts/node01', '*', { notes: 'whatever it is' })).status, 200)
  t.is((await change(site, 'PATCH', '/hosts/nobody', '*', { notes: '' })).status, 404)
})

test('a tag is of what is edited: it stays while a host is approved, cordoned and measured, and a weak one never matches', async (t) => {
  const { site, read } = await siteWithHost(t)
  const tag = tagOf(await read('/hosts/node01'))
  const admin = site.as('admin')
  t.is((await admin('POST', '/hosts/node01/approve')).status, 200)
  t.is((await admin('POST', '/hosts/node01/cordon', { reason: 'a test' })).status, 200)
  t.is(tagOf(await read('/hosts/node01')), tag)
  t.is((await change(site, 'PATCH', '/hosts/node01', `W/${tag}`, { notes: 'x' })).status, 412)
  t.is((await change(site, 'PATCH', '/hosts/node01', tag, { notes: 'x' })).status, 200)
  t.is((await admin('PATCH', '/hosts/node01', { notes: 'without' })).status, 200, 'who asks for nothing is not held up')
})

test('what a host boots has a tag of its own', async (t) => {
  const { site, read } = await siteWithHost(t)
  const [boot, host] = [tagOf(await read('/hosts/node01/boot')), tagOf(await read('/hosts/node01'))]
  t.is((await change(site, 'PUT', '/hosts/node01/boot', boot, { root: 'ram' })).status, 200)
  t.is((await change(site, 'PUT', '/hosts/node01/boot', boot, { root: 'nfs' })).status, 412)
  t.is(tagOf(await read('/hosts/node01')), host)
})

test('a receiver of notifications is changed and removed only as it was read', async (t) => {
  const { site, read } = await siteWithHost(t)
  const path = '/notifications/ops'
  const wanted = { kind: 'webhook', url: 'https://10.0.0.9/hook' }
  t.is((await site.as('admin')('PUT', path, wanted)).status, 200)
  const tag = tagOf(await read(path))
  t.is((await change(site, 'PUT', path, tag, { severity: 'critical' })).status, 200)
  t.is((await change(site, 'DELETE', path, tag)).status, 412)
  t.is((await change(site, 'DELETE', path, tagOf(await read(path)))).status, 204)
})

test('If-Match is refused where it cannot be kept, and never passed over', async (t) => {
  const { site } = await siteWithHost(t)
  const refused = await change(site, 'POST', '/hosts/node01/approve', '"x"')
  t.is(refused.status, 400)
  t.regex(detailOf(refused), /^If-Match: this takes none/)
  t.is((await change(site, 'PATCH', '/hosts/node01', '"x",'.repeat(2000), { notes: '' })).status, 400)
  t.is((await change(site, 'GET', '/hosts/node01', '"x"')).status, 200)
})
