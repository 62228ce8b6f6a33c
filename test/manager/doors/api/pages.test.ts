import test from 'ava'
import { macOf, pushBoot, startTestAgent, until } from '../../site.ts'
import { startApiSite } from './asking.ts'

test('hosts are chosen by state and group, page by page, and a change of them is seen by who polls', async (t) => {
  const site = await startApiSite(t)
  for (const number of [1, 2, 3])
    startTestAgent(t, async () => site.address, await pushBoot(site, macOf(number)), { macs: [macOf(number)] })
  await until('three hosts', () => site.manager.pool.hosts().filter(({ connection }) => connection).length === 3)
  const [viewer, operator] = [site.as('viewer'), site.as('operator')]
  const ids = site.manager.pool.hosts().map(({ id }) => id)
  for (const [at, id] of ids.entries())
    t.is((await operator('PATCH', `/hosts/${id}`, { name: `host${at}`, groups: at === 1 ? ['rack1'] : [] })).status, 200)
  t.is((await operator('POST', '/hosts/host0/approve')).status, 200)
  const listed = async (query: string) => {
    const { text, status } = await viewer('GET', `/hosts?${query}`)
    t.is(status, 200, text)
    const { hosts, next } = JSON.parse(text) as { hosts: { name: string }[]; next?: string }
    return [...hosts.map(({ name }) => name), ...(next === undefined ? [] : [`next ${next}`])]
  }
  t.deepEqual(await listed('state=pending'), ['host1', 'host2'])
  t.deepEqual(await listed('state=pending&limit=1'), ['host1', 'next host1'])
  t.deepEqual(await listed('state=pending&limit=1&after=host1'), ['host2'])
  t.deepEqual(await listed('group=rack1'), ['host1'])
  t.deepEqual(await listed('group=rack1&state=up'), [])
  t.is((await operator('POST', '/hosts/host1/approve')).status, 200)
  t.deepEqual(await listed('state=pending'), ['host2'])
  for (const wrong of ['/hosts?state=nonsense', '/hosts?group=%20', '/vms?limit=0', '/vms?state=nonsense']) {
    t.is((await viewer('GET', wrong)).status, 400, wrong)
  }
  t.deepEqual(JSON.parse((await viewer('GET', '/vms?limit=1&host=host0')).text), { vms: [] })
})

test('the audit log finds what was done to a host under another name', async (t) => {
  const site = await startApiSite(t)
  startTestAgent(t, async () => site.address, await pushBoot(site, macOf(1)), { macs: [macOf(1)] })
  await until('a host', () => site.manager.pool.hosts().find(({ connection }) => connection))
  const admin = site.as('admin')
  t.is((await admin('POST', '/hosts/node01/approve')).status, 200)
  t.is((await admin('PATCH', '/hosts/node01', { name: 'db7' })).status, 200)
  const found = JSON.parse((await admin('GET', '/audit?about=db7')).text) as { entries: { what: string }[] }
  t.deepEqual(
    found.entries.map(({ what }) => what.split(' ', 1)[0]),
    ['change', 'approve'],
  )
})
