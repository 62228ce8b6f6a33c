// The pieces of a live migration in the order in which a recipe asks for them, and all that may come between: wherever it ends, the guest is
// on exactly one host, nothing is left of the stream, and no policy has acted.
import test from 'ava'
import { logPath, ownerPath } from '../../../../../images/agent/consoles/owner.ts'
import { domainOf, readDomains } from '../../../../../images/agent/guests/domain.ts'
import { decide } from '../../../../../images/agent/guests/policy.ts'
import { streamHandlers } from '../../../../../images/agent/requests/handlers.ts'
import { perform } from '../../../../../images/agent/requests/perform.ts'
import { announceGuest } from '../../../../../images/agent/requests/streams/announce-guest.ts'
import { UNWATCHED } from '../../../../../images/agent/requests/task.ts'
import { hostOf, withRam } from '../../../../../images/agent/simulator/state/site.ts'
import { guestOf } from '../../simulator/pair.ts'
import { HERE, moved } from './ends.ts'
import { MIGRATION, moving } from './moving.ts'

test('the whole move: held, handed over, and ended on both; its log goes on under its name', async (t) => {
  const move = await moving()
  const { a, b, domains, kept } = move
  t.like(await move.held(), { kind: 'guest-sent', outcome: { kind: 'held' } })
  t.deepEqual([domains(a), domains(b)], [['web1 suspended'], ['web1--incoming paused']])
  t.deepEqual([await kept(a), await kept(b)], ['leaving', 'arriving'])
  await b.files.write(logPath('web1--incoming'), 'said before\n', 0o600)
  t.like(await move.go(), { kind: 'receive-went', outcome: { kind: 'running', unannounced: undefined } })
  t.deepEqual([domains(a), domains(b)], [[], HERE])
  t.is(b.state().ram.files.get(logPath('web1'))?.text, 'said before\n')
  t.is(guestOf(b, 'web1')?.loggedAs, undefined, 'xenconsoled writes under its name')
  t.deepEqual(await move.endReceive('moved'), { kind: 'receive-ended', was: 'there' })
  t.deepEqual(await move.endSend('moved'), { kind: 'send-ended', was: 'there' })
  await moved(t, move)
  t.false(b.state().ram.files.has(ownerPath('web1--incoming')))
})

test('the bridge of the new host is told where the guest is, and then the switches; what keeps it is told, and keeps nothing else', async (t) => {
  const move = await moving()
  const { b } = move
  const commands: string[] = []
  b.listen((command) => commands.push(command.slice(0, command[0] === 'perl' ? 1 : undefined).join(' ')))
  await move.held()
  const [nic] = move.guest.nics
  const [domain] = b.state().ram.domains
  await move.go()
  const told = commands.filter((one) => /^(bridge fdb replace|perl)/.test(one))
  t.deepEqual(told, [`bridge fdb replace ${nic?.mac} dev vif${domain?.domid}.0 master dynamic`, 'perl'])
  b.faults.order('bridge fdb replace', { kind: 'fails' }, 1)
  const ask = () => announceGuest(b.world(), { kind: 'announce-guest', uuid: move.guest.uuid })
  const again = await ask()
  t.regex(again.kind === 'refused' ? again.reason : '', /bridge ended with exit code 1/)
  t.is(commands.filter((one) => one === 'perl').length, 2)
  t.is((await ask()).kind, 'guest-announced')
})

test('what comes after a move waits until the guest has its disks and NICs again, and no longer than half a minute', async (t) => {
  for (const [connected, waits] of [
    [7000, [7000, 8000]],
    [Number.POSITIVE_INFINITY, [30_000, 31_100]],
  ] as const) {
    const move = await moving()
    await move.held()
    const world = move.b.world()
    const began = world.clock.steady()
    const row = (state: number) => `/local/domain/4/device/vif/0/state = "${state}"\n`
    const run: typeof world.backend.run = async (command, options) =>
      command[0] === 'xenstore-ls' && command.length === 3 && /^.local.domain.[1-9]\d*$/.test(command[2] ?? '')
        ? { kind: 'ended', exitCode: 0, stdout: row(world.clock.steady() - began < connected ? 3 : 4), stderr: '' }
        : world.backend.run(command, options)
    const calm: string[] = []
    const undisturbed = async <Value>(work: () => Promise<Value>): Promise<Value> => {
      calm.push('from here')
      const value = await work()
      calm.push('to here')
      return value
    }
    const handlers = streamHandlers({ ...world, relays: move.b.relays, backend: { ...world.backend, run }, undisturbed })
    const of = { kind: 'go-receive', migration: MIGRATION, guest: move.guest.uuid } as const
    const went = await perform(handlers, of, async () => UNWATCHED)
    t.like(went, { kind: 'receive-went', outcome: { kind: 'running' } })
    const took = world.clock.steady() - began
    t.true(took >= waits[0] && took < waits[1], `${took}`)
    t.deepEqual(calm, ['from here', 'to here'])
  }
})

test('a relay that takes minutes to begin, or is too busy to answer now and then, is waited for', async (t) => {
  const move = await moving()
  const { a } = move
  const send = await move.ready({ holdMs: 600_000 }, { holdMs: 600_000 })
  const world = a.world()
  const began = world.clock.steady()
  let looks = 0
  const relays: typeof a.relays = {
    ...a.relays,
    async ask(places, asked) {
      looks += 1
      return world.clock.steady() - began < 150_000 || looks % 3 !== 0 ? undefined : a.relays.ask(places, asked)
    },
  }
  // What it writes once it listens is not there before.
  const read: typeof world.backend.read = async (path) =>
    path.endsWith('/status.json') && world.clock.steady() - began < 150_000 ? undefined : world.backend.read(path)
  const handlers = streamHandlers({ ...world, relays, backend: { ...world.backend, read } })
  const sent = await perform(handlers, send, async () => ({ ...UNWATCHED, pace: 'long' }))
  t.like(sent, { kind: 'guest-sent', outcome: { kind: 'held' } })
  t.true(world.clock.steady() - began >= 150_000)
})

test('each request may be asked twice, and late', async (t) => {
  const move = await moving()
  const { a, ask, guest } = move
  const opened = await move.open()
  t.deepEqual(await move.open(), opened)
  const prepare = { kind: 'prepare-send', migration: MIGRATION, guest: guest.uuid } as const
  t.deepEqual(await ask(a, prepare), await ask(a, prepare))
  const send = await move.ready()
  t.like(await ask(a, send), { outcome: { kind: 'held' } })
  t.like(await ask(a, send), { outcome: { kind: 'held' } })
  t.deepEqual(await move.open(), opened, 'as long as it is not ended')
  t.like(await move.go(), { outcome: { kind: 'running' } })
  t.like(await move.go(), { outcome: { kind: 'running' } })
  t.like(await ask(a, send), { outcome: { kind: 'held' } }, 'as it was')
  t.like(await move.endReceive('not moved'), { kind: 'refused', reason: 'it goes on here: the source has given it up' })
  t.like(await move.endSend('not moved'), { kind: 'refused' })
  await move.endReceive('moved')
  await move.endSend('moved')
  t.deepEqual(await move.endReceive('moved'), { kind: 'receive-ended', was: 'not there' })
  t.deepEqual(await move.endSend('moved'), { kind: 'send-ended', was: 'not there' })
  t.like(await move.endReceive('not moved'), { kind: 'receive-ended', was: 'not there' }, 'nothing is to undo any more')
  t.like(await move.go(), { kind: 'refused', cause: 'unable' })
  await moved(t, move)
})

test('a guest whose drivers are still connecting is not suspended: it is waited for, a while', async (t) => {
  const move = await moving()
  const { a, site } = move
  const state = (value: string) =>
    site.change((now) => {
      const { ram } = hostOf(now, 'a')
      return withRam(now, 'a', {
        xenstore: new Map(ram.xenstore).set(`/local/domain/${guestOf(a, 'web1')?.domid}/device/vbd/51712/state`, value),
      })
    })
  state('3')
  const refused = await move.held()
  t.regex(refused.kind === 'refused' ? refused.reason : '', /still connecting vbd\/51712/)
  t.deepEqual(move.domains(a), HERE)
  t.is(await move.kept(a), 'started')
  const order = await move.ready()
  t.like(await move.ask(a, order, { signal: AbortSignal.abort() }), { kind: 'refused', cause: 'cancelled' })
  t.like(await move.endSend('not moved'), { kind: 'send-ended' })
  t.like(await move.endReceive('not moved'), { kind: 'receive-ended' })
  state('1')
  t.like(
    await move.ask(a, await move.ready({ migration: 'm-2' }, { migration: 'm-2' })),
    { outcome: { kind: 'held' } },
    'its kernel has no driver for it',
  )
})

test('an agent that is restarted in mid-stream finds the stream again, and it is sent once', async (t) => {
  const move = await moving()
  const { a, ask, site } = move
  const send = await move.ready()
  let die: () => void = () => undefined
  const dead = new Promise<void>((resolve) => {
    die = resolve
  })
  // The first agent never hears of an end: it is gone at its first word of progress.
  void ask(a, send, { tell: () => die(), run: () => new Promise(() => undefined) })
  await dead
  t.like(await ask(a, send), { outcome: { kind: 'held' } })
  t.is(a.state().ram.streams.length, 1)
  t.deepEqual(
    site.state.hosts.get('b')?.ram.domains.map(({ name }) => name),
    ['web1--incoming'],
  )
})

test('a guest that moves is no failed, stopped or crashed one: its policy does nothing about it on either host', async (t) => {
  const move = await moving()
  await move.held()
  for (const host of [move.a, move.b]) {
    const text = host.state().ram.files.get(`/run/hostless/guests/${move.guest.uuid}.json`)?.text ?? ''
    const kept = JSON.parse(text)
    const found = domainOf(await readDomains(host.backend), move.guest.uuid)
    t.deepEqual(decide(kept, found.kind === 'domain' ? found.domain.state : 'gone', 100), { kind: 'nothing' })
    for (const seen of ['gone', 'shutdown', 'crashed', 'suspended', 'paused', 'dying'] as const)
      t.deepEqual(decide(kept, seen, 100), { kind: 'nothing' }, `${host.name} ${seen}`)
  }
})

test('the target refuses a guest that it has, a second stream of one, and one that does not fit', async (t) => {
  const move = await moving()
  const { a, ask, guest, b } = move
  const open = { kind: 'open-receive', migration: 'm-2', guest, restart: 'never', holdMs: 20_000 } as const
  t.regex(JSON.stringify(await ask(a, { ...open, address: a.machine().address })), /has a domain here already/)
  await move.open()
  t.regex(JSON.stringify(await ask(b, { ...open, address: b.machine().address })), /another stream of web1 is open here, m-1/)
  await move.endReceive('not moved')
  const large = { ...guest, memoryMiB: 9_000_000, maxMemoryMiB: 9_000_000 }
  t.regex(JSON.stringify(await ask(b, { ...open, guest: large, address: b.machine().address })), /MiB are free/)
  const elsewhere = { ...guest, nics: guest.nics.map((nic) => ({ ...nic, bridge: 'xenbr9' })) }
  t.regex(JSON.stringify(await ask(b, { ...open, guest: elsewhere, address: b.machine().address })), /no bridge xenbr9/)
})

test('two guests come at once, and neither waits for the other', async (t) => {
  const move = await moving()
  const { a, b, ask, guest } = move
  const first = await move.ready()
  const other = { ...guest, uuid: guest.uuid.replace(/1$/, '2') as typeof guest.uuid, name: 'web2', disks: [] }
  const opened = await ask(b, {
    kind: 'open-receive',
    migration: 'm-2',
    guest: other,
    restart: 'never',
    address: b.machine().address,
    holdMs: 20_000,
  })
  t.is(opened.kind, 'receive-opened')
  t.like(await ask(a, first), { outcome: { kind: 'held' } })
  t.like(await ask(b, { kind: 'look-stream', migration: 'm-2', guest: other.uuid }), { relay: 'lives', phase: 'waiting', domains: [] })
})

test('a look tells of both hosts what there is', async (t) => {
  const move = await moving()
  const { a, b, ask, guest } = move
  const look = { kind: 'look-stream', migration: MIGRATION, guest: guest.uuid } as const
  t.like(await ask(a, look), { relay: 'none', domains: [{ name: 'web1', state: 'running' }] })
  await move.held()
  t.like(await ask(a, look), { relay: 'lives', end: 'source', phase: 'held', domains: [{ name: 'web1', state: 'suspended' }] })
  t.like(await ask(b, look), { relay: 'lives', end: 'target', phase: 'held', domains: [{ name: 'web1--incoming', state: 'paused' }] })
  b.faults.order('xl list -v', { kind: 'fails' })
  t.like(await ask(b, look), { kind: 'refused' }, 'what could not be read is not empty')
})
