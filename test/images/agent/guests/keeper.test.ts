import test, { type ExecutionContext } from 'ava'
import { type Keeper, keepGuests } from '../../../../images/agent/guests/keeper.ts'
import { type Desk, openDesk } from '../../../../images/agent/requests/desk.ts'
import { destroyGuest } from '../../../../images/agent/requests/destroy-guest.ts'
import { changingHandlers } from '../../../../images/agent/requests/handlers.ts'
import { startGuest } from '../../../../images/agent/requests/start-guest.ts'
import { stopGuest } from '../../../../images/agent/requests/stop-guest.ts'
import type { Handlers } from '../../../../images/agent/requests/task.ts'
import type { World } from '../../../../images/agent/requests/world.ts'
import { readGuests } from '../../../../images/agent/sections/guests.ts'
import type { RestartPolicy } from '../../../../manager/protocol/requests/guest-config.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'
import { ended } from '../machines.ts'
import { asJob, type GuestHost, guestHost, killedAfter } from './host.ts'

interface Kept {
  readonly machine: GuestHost
  readonly desk: Desk
  readonly keeper: Keeper
  /** It looks, and does all that it then has to. */
  look(): Promise<void>
}

function watching(machine: GuestHost, world: World = machine.world, handlers?: Partial<Handlers>): Kept {
  const { clock } = machine.host
  const desk = openDesk(handlers ?? changingHandlers(world), { clock })
  let acting: Promise<unknown> = Promise.resolve()
  const inTurn: Desk['inTurn'] = (...given) => {
    const done = desk.inTurn(...given)
    acting = Promise.all([acting, done])
    return done
  }
  const keeper = keepGuests({ world, desk: { inTurn }, clock: { after: () => () => undefined }, log: collectingLog().log })
  return {
    machine,
    desk,
    keeper,
    look: async () => {
      keeper.look()
      await keeper.idle()
      await acting
    },
  }
}

async function running(restart: RestartPolicy): Promise<GuestHost> {
  const machine = await guestHost()
  const answer = await startGuest(machine.world, { ...machine.start, restart }, asJob(machine))
  if (answer.kind !== 'guest-started') throw new Error(JSON.stringify(answer))
  return machine
}

const domid = ({ machine }: Kept): number | undefined => machine.domains()[0]?.domid
const crashes = ({ kept }: GuestHost): number => [kept()?.crashes ?? []].flat().length
const crash = ({ machine }: Kept): void => machine.become({ state: 'crashed' })
/** It has powered off, and xl has destroyed it. */
function powerOff({ machine }: Kept): void {
  machine.become({ ending: { at: machine.site.state.now + 1, how: 'poweroff' } })
  machine.site.pass(10)
}

function runs(t: ExecutionContext, { machine }: Kept, what?: string): void {
  t.deepEqual(
    machine.domains().map(({ uuid, state }) => [uuid, state]),
    [[machine.guest.uuid, 'running']],
    what,
  )
  t.is(machine.open().length, 2, what)
  t.like(machine.kept(), { state: 'started' }, what)
  t.deepEqual(machine.faults(), [], what)
}

test('a guest that crashes is started again, once, on the same disks; one that runs is left alone', async (t) => {
  const kept = watching(await running('on-failure'))
  await kept.look()
  t.is(domid(kept), 1)
  crash(kept)
  await kept.look()
  await kept.look()
  runs(t, kept)
  t.is(domid(kept), 2)
  t.is(crashes(kept.machine), 1)
})

test('never: a crashed guest is left to be looked at, and one that has ended is tidied up', async (t) => {
  const kept = watching(await running('never'))
  crash(kept)
  await kept.look()
  t.like(kept.machine.domains()[0], { domid: 1, state: 'crashed' })
  kept.machine.become({ state: 'running' })
  powerOff(kept)
  await kept.look()
  t.deepEqual([kept.machine.domains(), kept.machine.open(), kept.machine.kept()], [[], [], undefined])
})

test('an end from inside is no crash: on-failure lets it end, always starts it again, but not one that ends as soon as it runs', async (t) => {
  const once = watching(await running('on-failure'))
  powerOff(once)
  await once.look()
  t.deepEqual([once.machine.domains(), once.machine.open(), once.machine.kept()], [[], [], undefined])

  const always = watching(await running('always'))
  for (let times = 1; times <= 7; times += 1) {
    powerOff(always)
    await always.look()
    runs(t, always)
    always.machine.site.pass(200_000)
  }
  for (let times = 1; times <= 9; times += 1) {
    powerOff(always)
    await always.look()
  }
  t.deepEqual(always.machine.domains(), [])
  t.regex(String(always.machine.kept()?.down), /^it ended, or could not be started, 5 times in 10 minutes/)
  const told = (await readGuests(always.machine.host.backend)).problems.map(({ reason }) => JSON.stringify(reason))
  t.true(told.some((reason) => reason.includes('guest web1 stays down: it ended')))
})

test('five crashes in ten minutes: it stays down, and the section guests tells so; started again by somebody it is as new', async (t) => {
  const kept = watching(await running('always'))
  const { machine } = kept
  for (let times = 1; times <= 4; times += 1) {
    crash(kept)
    await kept.look()
    t.is(domid(kept), times + 1)
  }
  t.like((await readGuests(machine.host.backend)).value[0], { state: 'running', restarts: { count: 4 } })
  crash(kept)
  await kept.look()
  await kept.look()
  t.like(machine.domains()[0], { domid: 5, state: 'crashed' })
  const { value, problems } = await readGuests(machine.host.backend)
  t.like(value[0], { state: 'crashed', restarts: { count: 5, stays: 'down' } })
  t.true(problems.some(({ reason }) => typeof reason === 'object' && /guest web1 stays down: .* 5 times in 10 minutes/.test(reason.text)))
  await startGuest(machine.world, machine.start, asJob(machine))
  runs(t, kept)
  t.deepEqual((await readGuests(machine.host.backend)).problems, [])
  crash(kept)
  await kept.look()
  t.is(domid(kept), 7)
})

test('crashes that are far apart are none too many', async (t) => {
  const kept = watching(await running('on-failure'))
  for (let times = 0; times < 8; times += 1) {
    kept.machine.site.pass(200_000)
    crash(kept)
    await kept.look()
    runs(t, kept)
  }
})

test('one that cannot be started again is tried later and later, and stays down after five times', async (t) => {
  const kept = watching(await running('on-failure'))
  const { machine } = kept
  const creates = (): number => machine.runs('xl').filter(([, verb]) => verb === 'create').length
  machine.host.faults.order('xl create', { kind: 'fails', stderr: 'no memory' })
  crash(kept)
  await kept.look()
  const tried = creates()
  await kept.look()
  t.is(creates(), tried, 'not at once')
  for (let times = 0; times < 10; times += 1) {
    machine.site.pass(60_000)
    await kept.look()
  }
  t.is(creates(), tried + 3)
  t.deepEqual(machine.domains(), [])
  t.regex(String(machine.kept()?.down), /5 times in 10 minutes; the last time: xl ended with exit code 1: no memory/)
  machine.host.faults.clear()
  await kept.look()
  t.deepEqual(machine.domains(), [])
  t.is((await startGuest(machine.world, machine.start, asJob(machine))).kind, 'guest-started')
  runs(t, kept)
})

test('as long as a request holds the guest its policy keeps still, and what the request has brought about counts', async (t) => {
  const machine = await running('always')
  let finish: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    finish = resolve
  })
  const stopping: Handlers['stop-guest'] = async (body) => {
    await held
    return stopGuest(machine.world, body, asJob(machine))
  }
  const kept = watching(machine, machine.world, { ...changingHandlers(machine.world), 'stop-guest': stopping })
  const answer = kept.desk.answer('stop', { kind: 'stop-guest', uuid: machine.guest.uuid, seconds: 30 })
  crash(kept)
  const looked = kept.look()
  await kept.keeper.idle()
  t.like(machine.domains()[0], { domid: 1, state: 'crashed' })
  finish()
  t.like(await answer, { kind: 'guest-stopped' })
  await looked
  t.deepEqual([machine.domains(), machine.open(), machine.kept()], [[], [], undefined])
})

test('what is kept is damaged: nothing is done to the guest, and it is told', async (t) => {
  const kept = watching(await running('always'))
  const { machine } = kept
  const path = `/run/hostless/guests/${machine.guest.uuid}.json`
  for (const text of ['', '{', '{"guest":{}}', JSON.stringify({ ...machine.kept(), state: 'other' })]) {
    await machine.host.files.write(path, text, 0o600)
    crash(kept)
    await kept.look()
    t.like(machine.domains()[0], { domid: 1, state: 'crashed' })
    const { problems } = await readGuests(machine.host.backend)
    t.true(
      problems.some(({ reason }) => typeof reason === 'object' && /guest 10000000\S+ is damaged/.test(reason.text)),
      text,
    )
    t.is(machine.file(path), text)
  }
})

test('domains that are not known are not gone', async (t) => {
  const kept = watching(await running('always'))
  for (const says of [ended(''), ended('', 1, 'no'), { kind: 'stopped', stdout: '', reason: 'stopped after 20 s' } as const]) {
    kept.machine.host.faults.order('xl list -v', { kind: 'says', ran: says })
    await kept.look()
    kept.machine.host.faults.clear()
    runs(t, kept)
    t.is(domid(kept), 1)
  }
})

test('as long as an xl is there that made it, a guest without a domain is only rebooting', async (t) => {
  const kept = watching(await running('always'))
  const { machine } = kept
  const daemon = `xl\0create\0-p\0/run/hostless/guests/${machine.guest.uuid}.cfg\0`
  await machine.host.files.write('/proc/4711/cmdline', daemon, 0o400)
  powerOff(kept)
  await kept.look()
  t.deepEqual(machine.domains(), [])
  t.is(machine.open().length, 2)
  await machine.host.files.remove('/proc/4711/cmdline')
  await kept.look()
  runs(t, kept)
})

test('an agent that is killed anywhere while it starts a guest again: the next one goes on, and counts the crash once', async (t) => {
  t.timeout(300_000)
  const counting = async (limit: number) => {
    const machine = await running('on-failure')
    const killed = killedAfter(machine.world, limit)
    const first = watching(machine, killed.world)
    crash(first)
    return { machine, killed, looked: first.look() }
  }
  const whole = await counting(Number.POSITIVE_INFINITY)
  await whole.looked
  for (let limit = 0; limit < whole.killed.asked(); limit += 1) {
    const { machine, killed, looked } = await counting(limit)
    await Promise.race([killed.dead, looked])
    const next = watching(machine)
    await next.look()
    machine.site.pass(60_000)
    await next.look()
    runs(t, next, `killed after ${limit}`)
    t.is(crashes(machine), 1, `killed after ${limit}`)
  }
})

for (const [what, end] of [
  [
    'stop',
    (world: World, machine: GuestHost) => stopGuest(world, { kind: 'stop-guest', uuid: machine.guest.uuid, seconds: 30 }, asJob(machine)),
  ],
  ['destroy', (world: World, machine: GuestHost) => destroyGuest(world, { kind: 'destroy-guest', uuid: machine.guest.uuid })],
] as const) {
  test(`an agent that is killed in the midst of a ${what}: the next one does not start the guest again`, async (t) => {
    t.timeout(300_000)
    const whole = await running('always')
    const counted = killedAfter(whole.world, Number.POSITIVE_INFINITY)
    await end(counted.world, whole)
    // The first two are the reading of what is kept, and the end of its policy.
    for (let limit = 2; limit < counted.asked(); limit += 1) {
      const machine = await running('always')
      const killed = killedAfter(machine.world, limit)
      void end(killed.world, machine)
      await killed.dead
      machine.site.pass(20_000)
      const next = watching(machine)
      await next.look()
      const before = machine.runs('xl').filter(([, verb]) => verb === 'create').length
      t.is(before, 1, `killed after ${limit}`)
      if (machine.domains().length === 0) t.deepEqual([machine.open(), machine.kept()], [[], undefined], `killed after ${limit}`)
    }
  })
}
