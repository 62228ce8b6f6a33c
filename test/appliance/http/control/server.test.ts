import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { type ControlServerOptions, startControlServer } from '../../../../appliance/http/control/server.ts'
import { collectingLog, eventually, rawConnection, temporaryFolder } from '../peers.ts'

async function controlServer(t: ExecutionContext, overrides: Partial<ControlServerOptions> = {}) {
  const socket = join(await temporaryFolder(t), 'appliance.sock')
  const listeners = new Set<(attempt: unknown) => void>()
  const attempts: unknown[] = [
    { id: 'b', state: 'booting' },
    { id: 'a', state: 'up' },
  ]
  const { log, lines } = collectingLog()
  const subscribe = (listener: (attempt: unknown) => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  const server = await startControlServer({
    socket,
    attempts: () => attempts,
    subscribe,
    leases: () => [{ address: '10.77.0.100' }],
    forget: () => 0,
    reload: async () => ({ kind: 'reloaded', taken: ['boot.image'], restart: [], notes: [] }),
    log,
    ...overrides,
  })
  t.teardown(() => server.close())
  const change = (attempt: unknown) => {
    for (const listener of [...listeners]) listener(attempt)
  }
  return { server, socket, listeners, change, lines }
}

function ask(
  socketPath: string,
  path: string,
  method = 'GET',
): Promise<{ status: number | undefined; body: string; type: string | undefined }> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path, method }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode, body, type: response.headers['content-type'] }))
    })
    asking.on('error', reject)
    asking.end()
  })
}

test('GET /attempts and /leases give JSON arrays; other names and methods are problems', async (t) => {
  const { socket } = await controlServer(t)
  t.deepEqual(JSON.parse((await ask(socket, '/attempts')).body), [
    { id: 'b', state: 'booting' },
    { id: 'a', state: 'up' },
  ])
  t.deepEqual(JSON.parse((await ask(socket, '/leases')).body), [{ address: '10.77.0.100' }])
  t.like(await ask(socket, '/attempts/b'), { status: 404, type: 'application/problem+json; charset=utf-8' })
  t.is((await ask(socket, '/attempts', 'DELETE')).status, 405)
})

test('GET /attempts/watch gives every attempt once, then each one that changes, until the watcher leaves', async (t) => {
  const { socket, change, listeners } = await controlServer(t)
  const { socket: watcher, heard } = await rawConnection(t, socket)
  watcher.write('GET /attempts/watch HTTP/1.1\r\nHost: x\r\n\r\n')
  await eventually(() => heard.text.includes('"id":"a"') || undefined, 'the current attempts')
  t.regex(heard.text, /application\/x-ndjson/)
  change({ id: 'b', state: 'up' })
  await eventually(() => heard.text.includes('{"id":"b","state":"up"}\n') || undefined, 'the change')
  t.is(heard.text.match(/"id"/g)?.length, 3)
  t.is(listeners.size, 1)
  watcher.destroy()
  await eventually(() => listeners.size === 0 || undefined, 'the listener gone')
  t.notThrows(() => change({ id: 'b', state: 'failed' }))
})

test('a watcher that does not read is dropped, another goes on', async (t) => {
  const { socket, change, listeners, lines } = await controlServer(t, { backlog: 256 * 1024 })
  const deaf = await rawConnection(t, socket)
  const good = await rawConnection(t, socket)
  for (const { socket: watcher } of [deaf, good]) watcher.write('GET /attempts/watch HTTP/1.1\r\nHost: x\r\n\r\n')
  await eventually(() => listeners.size === 2 || undefined, 'both watchers')
  deaf.socket.pause()
  let count = 0
  await eventually(() => {
    count += 1
    change({ id: count, detail: 'x'.repeat(16 * 1024) })
    return listeners.size === 1 || undefined
  }, 'the deaf watcher dropped')
  change({ id: 'last' })
  await eventually(() => good.heard.text.includes('"id":"last"') || undefined, 'the last change')
  t.is(lines.filter(({ level }) => level === 'warn').length, 1)
})

test('the socket is for its owner alone from the moment it exists', async (t) => {
  const { socket } = await controlServer(t)
  t.is((await stat(socket)).mode & 0o777, 0o600)
})

test('a second appliance refuses to start while the first one answers, and takes over when it is gone', async (t) => {
  const { socket, server } = await controlServer(t)
  await t.throwsAsync(controlServer(t, { socket }), { message: `another appliance is running on ${socket}: stop it first` })
  t.is((await ask(socket, '/attempts')).status, 200)
  await server.close()
  await controlServer(t, { socket })
  t.is((await ask(socket, '/attempts')).status, 200)
})

test('the socket file that a killed appliance left is replaced', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hostless-stale-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const socket = join(folder, 'appliance.sock')
  const code = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`
  await execa(process.execPath, ['-e', code], { reject: false })
  t.true((await stat(socket)).isSocket())
  await controlServer(t, { socket })
  t.is((await ask(socket, '/attempts')).status, 200)
})

test('a file that is no socket is kept, and a path that cannot be a socket is refused', async (t) => {
  const socket = join(await temporaryFolder(t), 'appliance.sock')
  await writeFile(socket, 'precious')
  await t.throwsAsync(controlServer(t, { socket }), { message: /is not a socket/ })
  t.is(await readFile(socket, 'utf8'), 'precious')
  await t.throwsAsync(controlServer(t, { socket: `/tmp/${'x'.repeat(120)}` }), { message: /at most 107 bytes/ })
  await t.throwsAsync(controlServer(t, { socket: '/nowhere/appliance.sock' }), { code: 'EACCES' })
})

test('garbage on the socket ends that connection only', async (t) => {
  const { socket } = await controlServer(t)
  const { socket: peer, heard } = await rawConnection(t, socket)
  peer.write(Buffer.from('\x00\xff garbage\r\n\r\n', 'latin1'))
  await eventually(() => heard.closed || undefined, 'the connection closed')
  t.is((await ask(socket, '/attempts')).status, 200)
})

test('close ends watchers promptly and removes the socket file', async (t) => {
  const { socket, server, listeners } = await controlServer(t)
  const { socket: watcher, heard } = await rawConnection(t, socket)
  watcher.write('GET /attempts/watch HTTP/1.1\r\nHost: x\r\n\r\n')
  await eventually(() => listeners.size === 1 || undefined, 'the watcher')
  await Promise.all([server.close(), server.close()])
  await eventually(() => heard.closed || undefined, 'the connection closed')
  await t.throwsAsync(stat(socket), { code: 'ENOENT' })
  const next = createServer().listen(socket)
  await once(next, 'listening')
  next.close()
})

test('DELETE /hosts/<mac> forgets that host and tells how many leases it had; anything but a MAC is a 400', async (t) => {
  const forgotten: string[] = []
  const { socket } = await controlServer(t, { forget: (mac) => forgotten.push(mac) })
  const call = (path: string, method: string) =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const asked = request({ socketPath: socket, path, method }, (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString()
        })
        response.on('end', () => resolve({ status: response.statusCode, body }))
      })
      asked.on('error', reject)
      asked.end()
    })
  t.deepEqual(await call('/hosts/52-54-00-77-00-01', 'DELETE'), { status: 200, body: '{"leases":1}' })
  t.deepEqual(forgotten, ['52:54:00:77:00:01'])
  t.is((await call('/hosts/node01', 'DELETE')).status, 400)
  t.is((await call('/hosts/52-54-00-77-00-01', 'GET')).status, 405)
})

test('POST /reload answers what was taken, and what was refused, as JSON', async (t) => {
  const { socket } = await controlServer(t)
  t.deepEqual(JSON.parse((await ask(socket, '/reload', 'POST')).body), { kind: 'reloaded', taken: ['boot.image'], restart: [], notes: [] })
  t.is((await ask(socket, '/reload')).status, 405)
})
