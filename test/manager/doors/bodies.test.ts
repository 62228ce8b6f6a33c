import type { Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { eventually } from '../../appliance/tftp/peers.ts'
import { type ApiSite, startApiSite } from './api/asking.ts'

/** What one connection may have taken of a body that nobody wants: what lies in buffers when the answer is written. */
const MOST_TAKEN = 512 << 10
const HUGE = 1 << 30

interface Poured {
  readonly head: string
  /** By the server, TLS included. */
  readonly taken: number
}

/** Sends `head` and then bytes without an end, as fast as they are taken, until the server has ended the connection. */
async function pour(t: ExecutionContext, { manager, address }: ApiSite, head: string, chunk: Buffer | undefined): Promise<Poured> {
  const { server } = manager.gateway
  const accepted: Socket[] = []
  const keep = (taking: Socket) => void accepted.push(taking)
  server.on('connection', keep)
  const socket = connect({ host: address.address, port: address.port, ca: address.authority, minVersion: 'TLSv1.3' })
  t.teardown(() => socket.destroy())
  const { localPort } = await new Promise<TLSSocket>((resolve) => socket.once('secureConnect', () => resolve(socket)))
  const taking = await eventually(() => accepted.find(({ remotePort }) => remotePort === localPort), 'the connection')
  server.off('connection', keep)
  let text = ''
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1')
  })
  socket.on('error', () => undefined)
  socket.write(head)
  if (chunk) flood(socket, chunk)
  await eventually(() => taking.destroyed || undefined, `the server ended ${head.slice(0, 40)}`)
  await eventually(() => socket.destroyed || undefined, 'the client has heard of it')
  return { head: text, taken: taking.bytesRead }
}

function flood(socket: TLSSocket, chunk: Buffer): void {
  const more = (): void => {
    if (!socket.destroyed) socket.write(chunk, (error) => (error ? undefined : more()))
  }
  more()
}

const RAW = Buffer.alloc(64 << 10, 0x20)
const CHUNKED = Buffer.concat([Buffer.from('10000\r\n'), RAW, Buffer.from('\r\n')])

function headOf(method: string, path: string, headers: readonly string[]): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n')
}

const LONG = `Content-Length: ${HUGE}`
const ENDLESS = 'Transfer-Encoding: chunked'
const JSON_TYPE = 'Content-Type: application/json'

test('who shows no credential has no byte of a body read, at any door and by any method: the answer, and the end', async (t) => {
  const site = await startApiSite(t)
  for (const [method, path, status] of [
    ['POST', '/api/v1/hosts/x/approve', 401],
    ['GET', '/api/v1/hosts', 401],
    ['PUT', '/api/v1/nowhere', 401],
    ['POST', '/hosts/x/change', 401],
    ['GET', '/', 303],
    ['GET', '/assets/page.css', 200],
    ['POST', '/nowhere', 404],
    ['POST', '/appliance/boots', 401],
    ['GET', '/appliance/plan/aaaaaaaaaaaaaaaa', 401],
    ['POST', '/agent/renew', 401],
    ['GET', '/agent/bundle', 401],
  ] as const) {
    const poured = [
      pour(t, site, headOf(method, path, [LONG, JSON_TYPE]), RAW),
      pour(t, site, headOf(method, path, [ENDLESS, JSON_TYPE]), CHUNKED),
      pour(t, site, headOf(method, path, ['Content-Length: 500000', JSON_TYPE]), RAW),
    ]
    for (const { head, taken } of await Promise.all(poured)) {
      t.regex(head, new RegExp(`^HTTP/1.1 ${status} `), `${method} ${path}`)
      t.true(taken < MOST_TAKEN, `${method} ${path} took ${taken} bytes`)
    }
  }
})

test('a body over its limit is 413 and cut at once, with whatever credential, said to be so long or found to be', async (t) => {
  const site = await startApiSite(t)
  const bearer = `Authorization: Bearer ${site.tokens.admin}`
  const doors = [
    ['POST', '/api/v1/login', [JSON_TYPE]],
    ['POST', '/api/v1/users', [JSON_TYPE, bearer]],
    ['POST', '/signin', ['Sec-Fetch-Site: same-origin', 'Content-Type: application/x-www-form-urlencoded']],
    ['POST', '/appliance/boots', [`Authorization: Bearer ${site.secret}`]],
  ] as const
  for (const [method, path, headers] of doors) {
    for (const [size, chunk] of [
      [LONG, RAW],
      [ENDLESS, CHUNKED],
    ] as const) {
      const { head, taken } = await pour(t, site, headOf(method, path, [...headers, size]), chunk)
      t.regex(head, /^HTTP\/1.1 413 /, `${path} ${size}`)
      const most = path === '/appliance/boots' && size === ENDLESS ? 20 << 20 : MOST_TAKEN
      t.true(taken < most, `${path} ${size} took ${taken} bytes`)
    }
  }
})

test('who asks first whether to send is told no at once, and is asked for what is taken', async (t) => {
  const site = await startApiSite(t)
  const expect = 'Expect: 100-continue'
  for (const [path, headers, status] of [
    ['/api/v1/users', [LONG, JSON_TYPE], 401],
    ['/api/v1/login', [LONG, JSON_TYPE], 413],
    ['/api/v1/login', ['Content-Length: 2', 'Content-Type: text/plain'], 415],
    ['/appliance/boots', [LONG], 401],
    ['/signin', [LONG], 403],
  ] as const) {
    const { head } = await pour(t, site, headOf('POST', path, [...headers, expect]), undefined)
    t.regex(head, new RegExp(`^HTTP/1.1 ${status} `), path)
  }
  const { head, taken } = await pour(t, site, headOf('POST', '/api/v1/users', [LONG, JSON_TYPE, 'Expect: the moon']), RAW)
  t.regex(head, /^HTTP\/1.1 401 /)
  t.true(taken < MOST_TAKEN)
  const user = { name: 'carol', password: 'twelve letters', role: 'viewer' }
  const made = await site.ask('POST', '/users', { token: site.tokens.admin, body: user, headers: { expect: '100-continue' } })
  t.is(made.status, 201, made.text)
})

test('an answer after a body that was read whole keeps the connection, and a refused upgrade ends it', async (t) => {
  const site = await startApiSite(t)
  const body = JSON.stringify({ name: 'dave', password: 'twelve letters', role: 'viewer' })
  const headers = [`Authorization: Bearer ${site.tokens.admin}`, JSON_TYPE, `Content-Length: ${body.length}`]
  const twice = `${headOf('POST', '/api/v1/users', headers)}${body}`.repeat(2)
  const { head } = await pour(t, site, `${twice}${headOf('GET', '/nowhere', ['Connection: close'])}`, undefined)
  t.deepEqual(head.match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 201', 'HTTP/1.1 409', 'HTTP/1.1 404'])
  const upgrade = headOf('GET', '/agent/nowhere', ['Connection: Upgrade', 'Upgrade: websocket'])
  t.regex((await pour(t, site, upgrade, RAW)).head, /^HTTP\/1.1 404 /)
})

test('forms of strangers are counted before they are read', async (t) => {
  const site = await startApiSite(t)
  const form = headOf('POST', '/signin', ['Sec-Fetch-Site: same-origin', 'Content-Length: 3'])
  const { head } = await pour(t, site, `${`${form}a=b`.repeat(101)}${headOf('GET', '/nowhere', ['Connection: close'])}`, undefined)
  t.true((head.match(/HTTP\/1.1 429 Too/g) ?? []).length > 0)
})
