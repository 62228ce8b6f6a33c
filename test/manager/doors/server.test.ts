import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import express from 'express'
import { createApp } from '../../../manager/doors/app.ts'
import { startManager } from '../../../manager/main.ts'
import { eventually } from '../../appliance/tftp/peers.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { dataDirFor, keysOf, post, startSite } from '../site.ts'

const CHEAP = { cost: { N: 16, r: 8, p: 1 } }

test('while there is no user the manager leaves a link for the first admin in a file of its own, not in the log; it is good once', async (t) => {
  const { log, lines } = collectingLog()
  const dataDir = await dataDirFor(t)
  const config = { dataDir, database: 'sqlite', listen: { address: '127.0.0.1', port: 0 }, enrol: 'approve' as const, names: new Map() }
  const manager = await startManager(config, log, { passwords: CHEAP })
  t.teardown(() => manager.close())
  const link = join(dataDir, 'first-admin.link')
  t.true(lines.some(({ level, message }) => level === 'info' && message.includes('first admin') && message.endsWith(link)))
  t.is((await stat(link)).mode & 0o777, 0o600)
  const [, port, code] = /https:\/\/127\.0\.0\.1:(\d+)\/first-admin\?code=([\w-]{43})\n$/.exec(await readFile(link, 'utf8')) ?? []
  t.false(JSON.stringify(lines).includes(code ?? 'code'))
  t.is(port, String(manager.gateway.port))
  const { address } = await keysOf(dataDir, manager.gateway.port)
  const redeem = (given: string | undefined, name: string) =>
    post(address, '/api/v1/first-admin', JSON.stringify({ code: given, name, password: 'twelve letters' }), {
      'content-type': 'application/json',
    })
  t.is((await redeem('x'.repeat(43), 'mallory')).status, 403)
  t.is((await redeem(code, 'alice')).status, 201)
  t.is((await redeem(code, 'mallory')).status, 409)
  t.deepEqual(
    (await manager.access.users()).map(({ name, role }) => `${name} ${role}`),
    ['alice admin'],
  )
})

test('the page answers beside the API, what neither knows is 404, and a fault of the page says nothing of the inside', async (t) => {
  const site = await startSite(t)
  const page = express.Router()
  page.post('/hello', (_request, response) => void response.end('hello'))
  page.post('/fault', () => {
    throw new Error('inside')
  })
  const { log, lines } = collectingLog()
  site.manager.gateway.mount(createApp({ api: site.manager.api.router, page, log }))
  t.deepEqual(await post(site.address, '/hello', '', {}), { status: 200, text: 'hello' })
  t.is((await post(site.address, '/nowhere', '', {})).status, 404)
  t.is((await post(site.address, '/api/v1/users', '', {})).status, 401)
  t.is((await post(site.address, '/api/v2/users', '', {})).status, 404)
  const fault = await post(site.address, '/fault', '', {})
  t.is(fault.status, 500)
  t.notRegex(fault.text, /inside/)
  t.true(lines.some(({ level }) => level === 'error'))
})

test('whoever asks is told that the manager is there and can do its work, and nothing else', async (t) => {
  const app = (isReady: boolean) => createApp({ api: express.Router(), isReady: () => isReady, log: collectingLog().log })
  for (const [isReady, path, status, text] of [
    [true, '/health/live', 200, /^alive\n$/],
    [true, '/health/ready', 200, /^ready\n$/],
    [false, '/health/live', 200, /^alive\n$/],
    [false, '/health/ready', 503, /not ready/],
  ] as const) {
    const server = createServer(app(isReady)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)
    t.is(answer.status, status, path)
    t.regex(await answer.text(), text)
    server.close()
  }
})

test('a connection that says nothing, and one whose handshake comes a byte at a time, are ended in time; a good one goes on', async (t) => {
  const patience = 1500
  const { address } = await startSite(t, { settings: { patience } })
  const [silent, slow] = [connect(address.port, address.address), connect(address.port, address.address)]
  const started = performance.now()
  for (const socket of [silent, slow]) {
    t.teardown(() => socket.destroy())
    socket.on('error', () => undefined).resume()
  }
  const hello = Buffer.concat([Buffer.from('16030103e8010003e40303', 'hex'), Buffer.alloc(1000)])
  let sent = 0
  const dripping = setInterval(() => slow.write(hello.subarray(sent, ++sent)), patience / 20)
  t.teardown(() => clearInterval(dripping))
  for (const socket of [silent, slow]) await eventually(() => socket.destroyed || undefined, 'the end')
  t.true(performance.now() - started > patience / 2)
  t.is((await post(address, '/api/v1/users', '', {})).status, 401)
})
