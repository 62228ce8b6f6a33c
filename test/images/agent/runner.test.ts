import test from 'ava'
import type { Host } from '../../../images/agent/backend.ts'
import { observe } from '../../../images/agent/runner.ts'
import { makeMachine, simulatedHost } from '../../../images/agent/simulator.ts'
import { decodeAgentMessage, encodeMessage } from '../../../manager/protocol/codec.ts'
import { SECTION_NAMES, type SectionName } from '../../../manager/protocol/inventory.ts'
import type { AgentMessage } from '../../../manager/protocol/messages.ts'
import { unreadOf } from '../../../manager/protocol/unread.ts'
import { uuid } from '../../../manager/protocol/values.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { TestClock } from './clock.ts'

const run = uuid.parse('6a1437ba-1c67-49ec-a46f-ed26f0248e7b')
const machine = makeMachine('runner', 3)

async function watched(change: (host: Host) => Host = (host) => host, first?: readonly SectionName[]) {
  const clock = new TestClock()
  const host = simulatedHost(machine, clock)
  const sent: AgentMessage[] = []
  const { log, lines } = collectingLog()
  const options = { run, sampleSeconds: 10, log, ...(first ? { first } : {}), send: (message: AgentMessage) => void sent.push(message) }
  const observation = await observe(change(host), options)
  const of = <Kind extends AgentMessage['kind']>(kind: Kind) =>
    sent.filter((message): message is Extract<AgentMessage, { kind: Kind }> => message.kind === kind)
  return { clock, host, sent, of, observation, lines }
}

test('the first message is the whole inventory, and all messages are such that a manager takes them', async (t) => {
  const { clock, sent, observation } = await watched()
  t.like(sent[0], { kind: 'inventory', run, revision: 1 })
  await clock.advance(60_000)
  for (const message of sent) {
    const encoded = encodeMessage(message)
    t.true(encoded.kind === 'bytes' && decodeAgentMessage(encoded.bytes).kind === 'message', message.kind)
  }
  await observation.stop()
})

test('a first report that waits for little says of the rest that it was not read, and a delta brings it: when asked, or after 20 s', async (t) => {
  const FIRST = ['dmi', 'nics'] as const
  const LATER = SECTION_NAMES.filter((name) => !FIRST.some((one) => one === name))
  for (const asked of [true, false]) {
    const { clock, of, observation } = await watched(undefined, FIRST)
    const [first] = of('inventory')
    if (!first) return t.fail()
    t.true(first.inventory.nics.length > 0 && first.inventory.dmi.serial !== undefined)
    t.deepEqual(unreadOf(first.inventory, FIRST), [])
    for (const name of LATER) t.is(unreadOf(first.inventory, [name]).length, 1, name)
    const rest = () => of('delta').filter(({ sections }) => sections.guests && sections.blockDevices)
    if (asked) observation.goOn()
    await clock.advance(asked ? 100 : 19_000)
    t.is(rest().length, asked ? 1 : 0)
    await clock.advance(2_000)
    t.deepEqual(rest()[0]?.problems, [])
    const count = of('delta').length
    observation.goOn()
    await clock.advance(100)
    t.is(of('delta').length, count, 'once')
    await observation.stop()
  }
})

test('a pulled cable is told at once, and its delta within a second', async (t) => {
  const { clock, host, of, observation } = await watched()
  await clock.advance(3_000)
  host.become({ ...machine, nics: machine.nics.map((nic) => (nic.name === 'eth3' ? { ...nic, up: false } : nic)) })
  t.deepEqual(
    of('event').map(({ event }) => event),
    [{ kind: 'network', what: 'link', interface: 'eth3' }],
  )
  await clock.advance(1_000)
  const [delta] = of('delta')
  t.like(delta, { base: 1, revision: 2 })
  t.deepEqual(Object.keys(delta?.sections ?? {}), ['nics'])
  t.like(delta?.sections.nics?.[3], { name: 'eth3', link: 'down', neighbours: [] })
  await observation.stop()
})

test('while something is not to be disturbed its changes are told and not read; what is asked for is read; after it all is', async (t) => {
  const { clock, host, of, observation } = await watched()
  await clock.advance(3_000)
  let end = (): void => undefined
  const done = observation.undisturbed(
    () =>
      new Promise<string>((resolve) => {
        end = () => resolve('done')
      }),
  )
  host.become({ ...machine, nics: machine.nics.map((nic) => (nic.name === 'eth3' ? { ...nic, up: false } : nic)) })
  await clock.advance(60_000)
  t.is(of('event').length, 1)
  t.deepEqual(of('delta'), [])
  await observation.collect(['guests'])
  t.deepEqual(of('delta'), [], 'no guest has changed')
  end()
  t.is(await done, 'done')
  await clock.advance(1_000)
  t.true(of('delta').some(({ sections }) => sections.nics?.[3]?.link === 'down'))
  await t.throwsAsync(
    observation.undisturbed(async () => {
      throw new Error('it went wrong')
    }),
    { message: 'it went wrong' },
  )
  host.become(machine)
  await clock.advance(1_000)
  t.true(of('delta').some(({ sections }) => sections.nics?.[3]?.link === 'up'))
  await observation.stop()
})

test('a burst of events makes one delta, and an event that repeats within it is told once', async (t) => {
  const { clock, host, of, observation } = await watched()
  const without = { ...machine, guests: machine.guests.slice(1) }
  for (let count = 0; count < 5; count += 1) {
    host.become(without)
    host.become(machine)
  }
  host.become(without)
  await clock.advance(1_000)
  t.is(of('delta').length, 1)
  t.is(of('event').length, 2)
  await observation.stop()
})

test('what no event tells of is found by looking again', async (t) => {
  const { clock, host, of, observation } = await watched((simulated) => ({ ...simulated, follow: () => () => undefined }))
  host.become({ ...machine, guests: [] })
  await clock.advance(31_000)
  t.true(of('delta').some(({ sections }) => sections.guests?.length === 0))
  await observation.stop()
})

test('deltas follow one another without a gap, and lead to what a whole report says', async (t) => {
  const { clock, host, of, observation } = await watched()
  for (const nics of [machine.nics.map((nic) => ({ ...nic, up: false })), machine.nics]) {
    host.become({ ...machine, nics, guests: nics === machine.nics ? machine.guests : [] })
    await clock.advance(20_000)
  }
  const deltas = of('delta')
  t.true(deltas.length >= 2)
  deltas.forEach(({ base, revision }, index) => {
    t.is(base, index + 1)
    t.is(revision, index + 2)
  })
  const [first] = of('inventory')
  const changes = deltas.map(({ sections, problems }) => ({ ...sections, problems }))
  const full = observation.full()
  t.true(full.kind === 'inventory' && full.revision === observation.revision())
  t.deepEqual((full.kind === 'inventory' ? full.inventory : undefined) as object, Object.assign({}, first?.inventory, ...changes))
  await observation.stop()
})

test('samples come in their time, with rates that are the simulated load', async (t) => {
  const { clock, of, observation } = await watched()
  await clock.advance(60_500)
  const samples = of('sample')
  t.is(samples.length, 6)
  const running = machine.guests.filter(({ paused }) => !paused)
  const load = running.reduce((sum, guest) => sum + guest.load, 0)
  t.true(samples.every(({ sample }) => sample.milliseconds === 10_000 && sample.host.cpus > 0 && sample.host.cpus < 2 * load + 1))
  t.is(samples[0]?.sample.guests.length, machine.guests.length)
  await observation.stop()
})

test('a request to read is answered when its delta has gone out', async (t) => {
  const { host, of, sent, observation } = await watched((simulated) => ({ ...simulated, follow: () => () => undefined }))
  host.become({ ...machine, guests: [] })
  const answer = await observation.collect(['guests'])
  t.deepEqual(answer, { revision: 2, problems: [] })
  t.is(sent.at(-1)?.kind, 'delta')
  t.is(of('delta').length, 1)
  t.deepEqual(await observation.collect(['guests']), { revision: 2, problems: [] })
  await observation.stop()
})

test('a monitor that ends is started again, ever later, and what it may have missed is read', async (t) => {
  const starts: number[] = []
  const clock = new TestClock()
  const host = simulatedHost(machine, clock)
  const sent: AgentMessage[] = []
  const { log, lines } = collectingLog()
  const follow: Host['follow'] = ([program], _tell, onEnd) => {
    if (program === 'udevadm') {
      starts.push(clock.now)
      clock.after(10, () => onEnd('exit code 1'))
    }
    return () => undefined
  }
  const observation = await observe({ ...host, follow }, { run, sampleSeconds: 1000, log, send: (message) => void sent.push(message) })
  await clock.advance(500)
  host.become({ ...machine, failedPaths: [0, 1] })
  await clock.advance(20_000)
  t.deepEqual(starts.slice(0, 4), [0, 1010, 3020, 7030])
  t.true(sent.some((message) => message.kind === 'delta' && message.sections.multipaths !== undefined))
  t.true(lines.length >= 3)
  await observation.stop()
})

test('after it is stopped nothing more is sent, and no timer is left', async (t) => {
  const { clock, host, sent, observation } = await watched()
  await observation.stop()
  const count = sent.length
  host.become({ ...machine, guests: [] })
  await clock.advance(120_000)
  t.is(sent.length, count)
  t.is(clock.pending, 0)
})
