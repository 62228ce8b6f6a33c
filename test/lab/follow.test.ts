import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type AttemptView, readAttempts, watchAttempts } from './attempts.ts'
import type { Boot } from './boots.ts'
import { BootsFailed, bootOf, followBoots } from './follow.ts'

const BOOT: Boot = { name: 'node1', mac: '52:54:00:77:00:01', address: '10.77.0.21', poweredOnAt: 1000, attempt: undefined }
const BOOTING: AttemptView = { id: 'a', host: 'node1', mac: BOOT.mac, startedAt: 2000, state: 'booting', stages: [] }

interface Control {
  readonly socket: string
  /** Serves `attempts`, and hands each watcher to `watched` after telling it them. */
  serve(attempts: readonly AttemptView[], watched: (watcher: ServerResponse) => void): Promise<Server>
}

/** The appliance's end of the control socket. */
async function control(t: ExecutionContext): Promise<Control> {
  const folder = await mkdtemp(join(tmpdir(), 'hl-follow-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const socket = join(folder, 'appliance.sock')
  return {
    socket,
    async serve(attempts, watched) {
      const server = createServer((request, response) => {
        if (request.url === '/attempts') return void response.end(JSON.stringify(attempts))
        response.flushHeaders()
        for (const attempt of attempts) response.write(`${JSON.stringify(attempt)}\n`)
        watched(response)
      })
      await new Promise<void>((resolve) => server.listen(socket, resolve))
      t.teardown(() => closeServer(server))
      return server
    },
  }
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}

test('readAttempts gives what the appliance tells, and rejects when there is none', async (t) => {
  const { socket, serve } = await control(t)
  await t.throwsAsync(readAttempts(socket), { code: 'ENOENT' })
  await serve([BOOTING], () => undefined)
  t.deepEqual(await readAttempts(socket), [BOOTING])
})

test('watchAttempts puts lines together that come in pieces, and ends with the appliance', async (t) => {
  const { socket, serve } = await control(t)
  const line = `${JSON.stringify({ ...BOOTING, state: 'up' })}\n`
  await serve([BOOTING], (watcher) => {
    watcher.write(line.slice(0, 20), () => watcher.write(`${line.slice(20)}\n`, () => watcher.socket?.destroy()))
  })
  const states: string[] = []
  for await (const attempt of watchAttempts(socket, new AbortController().signal)) states.push(attempt.state)
  t.deepEqual(states, ['booting', 'up'])
})

test('watchAttempts ends when it is told to', async (t) => {
  const { socket, serve } = await control(t)
  const stop = new AbortController()
  await serve([BOOTING], () => undefined)
  for await (const attempt of watchAttempts(socket, stop.signal)) {
    t.is(attempt.state, 'booting')
    stop.abort()
  }
  t.pass()
})

test('followBoots goes on over a restart of the appliance until every node is up', async (t) => {
  const { socket, serve } = await control(t)
  const seen: (string | undefined)[] = []
  const first = await serve([BOOTING], () => undefined)
  const boots = await followBoots([BOOT], socket, 30_000, async ([boot]) => {
    seen.push(boot?.attempt?.state)
    if (seen.length > 1) return
    await closeServer(first)
    await serve([{ ...BOOTING, state: 'up' }], () => undefined)
  })
  t.is(boots[0]?.attempt?.state, 'up')
  t.deepEqual(seen, ['booting', 'up'])
})

test('followBoots rejects with the diagnosis as soon as no node goes on', async (t) => {
  const { socket, serve } = await control(t)
  await serve([{ ...BOOTING, state: 'failed', diagnosis: 'the mount was refused' }], () => undefined)
  const error = await t.throwsAsync(
    followBoots([BOOT], socket, 60_000, () => undefined),
    { instanceOf: BootsFailed },
  )
  t.is(error.message, 'node1: the mount was refused')
  t.is(error.boots[0]?.attempt?.state, 'failed')
})

test('followBoots rejects at the deadline, with or without an appliance', async (t) => {
  const { socket, serve } = await control(t)
  const follow = () => followBoots([BOOT], socket, 300, () => undefined)
  await t.throwsAsync(follow(), { message: /node1: the appliance has seen no packet of it/ })
  await serve([BOOTING], () => undefined)
  await t.throwsAsync(follow(), { message: /node1: booting/ })
})

test('bootOf refuses a node that was never on', (t) => {
  t.throws(() => bootOf({ ...BOOT, poweredOnAt: undefined }), { message: /node1 has not been powered on/ })
  t.deepEqual(bootOf(BOOT), BOOT)
})
