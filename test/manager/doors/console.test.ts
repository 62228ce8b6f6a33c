// Consoles through a whole manager: an agent's own connection on the one side, WebSockets with tickets on the other.
import test from 'ava'
import { until } from '../site.ts'
import { bearer, consoleSite } from './console-site.ts'

test('an operator sees the kept log, types, and is answered; a viewer sees the same, and does not type', async (t) => {
  const site = await consoleSite(t)
  await site.say('Debian\r\nweb1 login: ')
  const otto = site.look((await site.open('otto')).ticket, bearer(site.tokens.otto))
  await until('the log', () => otto.text() === 'Debian\r\nweb1 login: ')
  otto.type('root\r')
  await until('the answer', () => otto.text().endsWith('login: root\r'))

  const opened = await site.open('vera')
  t.is(opened.mode, 'look')
  const vera = site.look(opened.ticket, bearer(site.tokens.vera))
  await until('the same', () => vera.text() === otto.text())
  vera.type('rm -rf /\r')
  await until('a word', () => vera.notices.length > 0)
  t.regex(vera.notices.join(), /you may look, and not type/)
  otto.type('ls\r')
  await until('both', () => otto.text().endsWith('root\rls\r') && vera.text() === otto.text())
  t.false(otto.text().includes('rm -rf'))
  const trail = (await site.manager.access.auditTrail(100)).entries.map(({ who, what }) => `${who}: ${what}`)
  t.true(trail.includes('otto: open the console of guest web1') && trail.includes('vera: open the console of guest web1'), trail.join('\n'))
})

test('a ticket is good once, for who has asked for it; without one, or a credential, nothing is opened', async (t) => {
  const site = await consoleSite(t)
  await site.say('x')
  const { ticket } = await site.open('otto')
  t.is(await site.look(ticket, {}).refused, 401)
  t.is(await site.look(ticket, bearer(site.tokens.vera)).refused, 403)
  t.is(await site.look(ticket, bearer(site.tokens.otto)).refused, 403, 'another has tried it')
  t.is(await site.look('none', bearer(site.tokens.otto)).refused, 403)
  const { ticket: second } = await site.open('otto')
  t.is(await site.look(second, { ...bearer(site.tokens.otto), origin: 'https://evil.example' }).refused, 403)
  const otto = site.look(second, bearer(site.tokens.otto))
  await until('the log', () => otto.text() === 'x')
  t.is(await site.look(second, bearer(site.tokens.otto)).refused, 403)
})

test('a console ends with its guest, and with the connection of its host, and says which', async (t) => {
  const site = await consoleSite(t)
  await site.say('bye')
  const first = site.look((await site.open('otto')).ticket, bearer(site.tokens.otto))
  await until('the log', () => first.text() === 'bye')
  site.manager.gateway.disconnect(site.manager.pool.hosts()[0]?.id ?? '', 'of the test')
  t.is(await first.closed, 1000)
  t.regex(first.notices.join(), /the connection to its host has ended/)
  await until('the agent again', async () => (await site.log(5)).kind === 'done')

  await site.machine.host.backend.run(['xl', 'destroy', String(site.machine.domains()[0]?.domid)])
  const second = site.look((await site.open('otto')).ticket, bearer(site.tokens.otto))
  t.is(await second.closed, 1000)
  t.is(second.text(), 'bye')
  t.regex(second.notices.join(), /web1 does not run: this was the end of its log/)
})

test('a console, and its log, wait for an agent that was there just now', async (t) => {
  const site = await consoleSite(t)
  await site.say('still here')
  const host = site.manager.pool.hosts()[0]?.id ?? ''
  const { ticket } = await site.open('otto')
  site.manager.gateway.disconnect(host, 'of the test')
  const log = site.log(5)
  const otto = site.look(ticket, bearer(site.tokens.otto))
  await until('the log', () => otto.text() === 'still here')
  t.regex(otto.notices.join(), /"note".*(not connected|being closed|only just connected): it is waited for/)
  t.deepEqual(await log, { kind: 'done', value: { text: ' here' } })
})

test('who is signed out while an agent is waited for sees nothing of the console', async (t) => {
  const site = await consoleSite(t)
  await site.say('a secret')
  const { ticket } = await site.open('otto')
  site.manager.gateway.disconnect(site.manager.pool.hosts()[0]?.id ?? '', 'of the test')
  const otto = site.look(ticket, bearer(site.tokens.otto))
  await until('the wait', () => otto.notices.length > 0)
  await site.manager.access.removeUser('otto')
  t.is(await otto.closed, 1000)
  t.is(otto.text(), '')
  t.regex(otto.notices.join(), /you are signed out/)
})

test('the end of its log is read without a viewer, whole or as much of it as is asked for', async (t) => {
  const site = await consoleSite(t)
  await site.say('0123456789'.repeat(10_000))
  const whole = await site.log(262_144)
  t.is(whole.kind === 'done' ? whole.value.text.length : 0, 100_000)
  const end = await site.log(5)
  t.deepEqual(end, { kind: 'done', value: { text: '56789' } })
})
