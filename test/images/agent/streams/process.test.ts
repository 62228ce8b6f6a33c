// Both relays as the processes that they are on two dom0s, started as the agent starts them, with programs that speak as xl does.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { machineRelays } from '../../../../images/agent/streams/exec.ts'
import { type StreamPlaces, streamPlaces } from '../../../../images/agent/streams/places.ts'
import { readStatus, type Status } from '../../../../images/agent/streams/status.ts'
import { uuid } from '../../../../manager/protocol/values.ts'
import { dataDirFor, until } from '../../../manager/site.ts'

const GUEST = uuid.parse('10000000-0000-4000-8000-000000000001')
const LOOPBACK = '127.0.0.1'
const PATIENCE = 60_000
const OPTIONS = import.meta.filename.endsWith('.ts') ? ['--import=tsx'] : []
const FAKE = import.meta.filename.replace('process.test', 'fake-xl')
const AGENT = import.meta.filename.replace(/test\/images\/agent\/streams\/process\.test/, 'images/agent/dom0/main')

interface Processes {
  readonly relays: ReturnType<typeof machineRelays>
  readonly source: StreamPlaces
  readonly target: StreamPlaces
  /** What has become of the guest there. */
  guest(end: 'source' | 'target'): Promise<string>
  said(places: StreamPlaces): Promise<Status | undefined>
  /** Its memory is there, and its word held. */
  held(): Promise<void>
}

async function processes(t: ExecutionContext): Promise<Processes> {
  t.timeout(3 * PATIENCE)
  const folder = await dataDirFor(t)
  const xl = join(folder, 'xl')
  await writeFile(xl, `#!/bin/sh\nexec ${[process.execPath, ...OPTIONS, FAKE].join(' ')} ${folder} "$@"\n`)
  await chmod(xl, 0o755)
  const relays = machineRelays([process.execPath, ...OPTIONS, AGENT], xl)
  const [source, target] = [streamPlaces('m1', join(folder, 's')), streamPlaces('m1', join(folder, 't'))]
  const [ofSource, ofTarget] = [relays.identity(), relays.identity()]
  t.teardown(async () => {
    for (const one of [source, target]) await relays.ask(one, { ask: 'abort' })
    await relays.ask(source, { ask: 'decide', become: 'not moved' })
  })
  for (const [places, { key }] of [
    [source, ofSource],
    [target, ofTarget],
  ] as const) {
    await mkdir(places.folder, { recursive: true })
    await writeFile(places.key, key, { mode: 0o600 })
  }
  const common = { migration: 'm1', guest: GUEST, holdMs: 600_000 }
  await writeFile(target.plan, JSON.stringify({ end: 'target', ...common, address: LOOPBACK }))
  await relays.receive(target)
  const open = await until('the target listens', () => relays.ask(target, { ask: 'look' }), PATIENCE)
  await relays.ask(target, { ask: 'accept', pin: ofSource.pin, address: LOOPBACK })
  const to = { address: LOOPBACK, port: open.port ?? 0, pin: ofTarget.pin }
  await writeFile(source.plan, JSON.stringify({ end: 'source', ...common, to }))
  await relays.send(source, 1)
  await until('the stream', async () => (await relays.ask(source, { ask: 'look' }))?.phase === 'streaming' || undefined, PATIENCE)
  return {
    ...{ relays, source, target },
    guest: (end) => readFile(join(folder, end), 'utf8').catch(() => 'none'),
    said: async ({ status }) => readStatus(await readFile(status, 'utf8')),
    held: async () => {
      await writeFile(join(folder, 'stop'), '')
      await until('the hold', async () => (await relays.ask(source, { ask: 'look' }))?.phase === 'held' || undefined, PATIENCE)
    },
  }
}

const ended = (places: StreamPlaces) => until('xl has ended', () => readFile(places.code, 'utf8').catch(() => undefined), PATIENCE)

/** By the number that it has told. */
async function kill({ said }: Processes, places: StreamPlaces): Promise<void> {
  const { pid } = (await said(places)) ?? {}
  if (pid === undefined) throw new Error('it has not said which process it is')
  process.kill(pid, 'SIGKILL')
}

test('the whole way by processes of their own: keys are gone once they are read, and the guest is there and not here', async (t) => {
  const all = await processes(t)
  const { relays, source, target, guest } = all
  for (const { key } of [source, target]) await t.throwsAsync(readFile(key), { code: 'ENOENT' })
  await all.held()
  t.deepEqual([await guest('source'), await guest('target')], ['suspended', 'incoming'])
  t.true(((await relays.ask(source, { ask: 'look' }))?.pausedMs ?? -1) >= 0, 'xl has said that it stands still')
  await relays.ask(target, { ask: 'go' })
  t.is((await ended(source)).trim(), '0')
  await ended(target)
  t.deepEqual([await guest('source'), await guest('target')], ['destroyed', 'running'])
  const last = await all.said(target)
  t.like(last, { phase: 'gone', started: true, bytes: 400_000 })
  t.true(last?.heldMs !== undefined && last.heldMs <= last.pausedMs, 'it was held until it had gone on, and no longer')
  t.like(await all.said(source), { phase: 'gone', bytes: 400_000 })
})

test('a relay that is killed in the hold, on either side: the guest goes on at the source, and nothing goes on there', async (t) => {
  for (const end of ['source', 'target'] as const) {
    const all = await processes(t)
    await all.held()
    await kill(all, all[end])
    t.is((await ended(all.source)).trim(), '1')
    t.is(await all.guest('source'), 'running', end)
    t.regex(await readFile(all.source.said, 'utf8'), /resuming at sender/)
    if (end === 'source') {
      await ended(all.target)
      t.is(await all.guest('target'), 'none')
    } else t.is(await all.guest('target'), 'incoming', 'xl cannot tidy up any more: end-receive does')
  }
})
