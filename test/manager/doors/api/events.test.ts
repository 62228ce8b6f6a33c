import { request } from 'node:https'
import test from 'ava'
import type { PoolEvent } from '../../../../manager/contract/events.ts'
import { macOf, pushBoot, startTestAgent, until } from '../../site.ts'
import { listen, PASSWORD, startApiSite } from './asking.ts'

test('an approval, an alarm and what an agent reports are told as they happen, to all who listen', async (t) => {
  const site = await startApiSite(t)
  const session = await site.manager.access.signIn('viewer', PASSWORD, '127.0.0.1')
  if (session.kind !== 'session') return t.fail()
  const streams = [
    listen(t, site, { authorization: `Bearer ${site.tokens.viewer}` }),
    listen(t, site, { cookie: `__Host-hostless=${session.secret}` }),
  ]
  await until('two open streams', () => streams.every((stream) => stream.status() === 200))
  startTestAgent(t, async () => site.address, await pushBoot(site, macOf(1)), { macs: [macOf(1)] })
  const host = await until('a pending host', () => site.manager.pool.hosts().find(({ connection, inventory }) => connection && inventory))
  t.is((await site.as('operator')('POST', `/hosts/${host.id}/approve`)).status, 200)
  await site.manager.pool.alarm({ kind: 'agent-refused', about: 'x', text: 'x' })
  await site.as('operator')('DELETE', '/alarms/agent-refused%20x')
  for (const { events } of streams) {
    await until('the last event', () => events.some(({ kind }) => kind === 'alarm-cleared'))
    const told = (wanted: PoolEvent) => events.some((event) => JSON.stringify(event) === JSON.stringify(wanted))
    t.true(told({ kind: 'host', host: host.id, name: 'node01', state: 'pending' }))
    t.true(told({ kind: 'host', host: host.id, name: 'node01', state: 'up' }))
    t.true(told({ kind: 'alarm', alarm: 'agent-refused x' }))
    t.true(told({ kind: 'alarm-cleared', alarm: 'agent-refused x' }))
    t.true(events.some((event) => event.kind === 'inventory' && event.host === host.id && event.sections.length > 0))
  }
})

test('a stream ends at once when its token is revoked, its user removed or its password changed, and others go on', async (t) => {
  const site = await startApiSite(t)
  const { access } = site.manager
  await access.addUser('alice', PASSWORD, 'viewer')
  const issue = async (user: string) => {
    const issued = await access.issueToken(user, { label: 'test', days: 1 })
    if (issued.kind !== 'done') throw new Error(issued.reason)
    return { id: issued.value.id, stream: listen(t, site, { authorization: `Bearer ${issued.value.secret}` }) }
  }
  const [revoked, kept, changed, removed] = [await issue('admin'), await issue('admin'), await issue('operator'), await issue('alice')]
  await until('four open streams', () => site.manager.api.streams.size === 4)
  await site.as('admin')('DELETE', `/tokens/${revoked.id}`)
  await until('the end of the revoked', () => revoked.stream.ended())
  t.deepEqual([changed.stream.ended(), removed.stream.ended()], [false, false])
  await site.as('operator')('PATCH', '/users/operator', { password: 'another one of mine' })
  await until('the end of the changed', () => changed.stream.ended())
  await site.as('admin')('DELETE', '/users/alice')
  await until('the end of the removed', () => removed.stream.ended())
  t.false(kept.stream.ended())
})

test('an expired token ends its stream when it is looked at, and one token has no more than a few streams', async (t) => {
  const clock = { now: Date.now() }
  const site = await startApiSite(t, { settings: { now: () => clock.now } })
  const streams = Array.from({ length: 17 }, () => listen(t, site, { authorization: `Bearer ${site.tokens.viewer}` }))
  await until('an answer to each', () => streams.every((stream) => stream.status() !== 0))
  t.deepEqual(
    streams.map((stream) => stream.status()).sort((a, b) => a - b),
    [...Array.from({ length: 16 }, () => 200), 429],
  )
  clock.now += 25 * 3600_000
  await site.manager.api.streams.look()
  await until('the end of all', () => streams.every((stream) => stream.ended()))
  t.is(site.manager.api.streams.size, 0)
})

test('a reader that does not read is cut off, and the others hear everything', async (t) => {
  const site = await startApiSite(t)
  const { streams } = site.manager.api
  const { address, port, authority } = site.address
  const headers = { authorization: `Bearer ${site.tokens.viewer}` }
  const lazy = request({ host: address, port, path: '/api/v1/events', ca: authority, agent: false, headers }, (response) =>
    response.pause(),
  )
  lazy.on('error', () => undefined)
  lazy.end()
  t.teardown(() => lazy.destroy())
  const good = listen(t, site, { authorization: `Bearer ${site.tokens.admin}` })
  await until('two streams', () => streams.size === 2 && good.status() === 200)
  const word = 'x'.repeat(1000)
  const sent: string[] = []
  await until('one stream less', async () => {
    for (const alarm of Array.from({ length: 1000 }, (_, at) => `${sent.length + at} ${word}`)) {
      streams.tell({ kind: 'alarm', alarm })
      sent.push(alarm)
    }
    await until('the good reader', () => good.events.length === sent.length)
    return streams.size === 1
  })
  t.deepEqual(
    good.events.map((event) => event.kind === 'alarm' && event.alarm),
    sent,
  )
  t.false(good.ended())
  t.true(sent.length > 1000, 'not before it was behind')
})
