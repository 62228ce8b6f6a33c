// A copy that is seeded before its mirror is joined, by the product's own requests, under a guest that writes all the time: DRBD is to send
// what was written meanwhile and nothing else, and no order but the right one loses nothing.
import test from 'ava'
import { findGroup } from '../../../../images/agent/simulator/state/activation.ts'
import { cut } from '../../../../images/agent/simulator/state/power.ts'
import { lvOf } from '../../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal } from '../../../../manager/protocol/requests.ts'
import { guestOf } from '../simulator/pair.ts'
import { eachWrong } from './faults.ts'
import { BYTES, DISK, type MirrorPair, mirrorPair, type Side, suspend } from './pair.ts'
import { before, drop, endsOf, expose, go, keep, leave, MINOR, making, opening, type Step, settle, sync, takenBack } from './steps.ts'

const PORT = 7800
const [S_END, T_END] = ['10.0.0.1', '10.0.0.2']

function good<Answer extends { readonly kind: string }>(answer: Answer | Refusal): Answer {
  if (answer.kind === 'refused') throw new Error((answer as Refusal).reason)
  return answer as Answer
}

const begin = async ({ s }: MirrorPair) => good<AnswerOf<'begin-bitmap'>>(await s.ask('begin-bitmap', { minor: MINOR })).generation
const close = ({ s }: MirrorPair, generation: string) => s.ask('close-bitmap', { minor: MINOR, generation })
const take = ({ t }: MirrorPair, generation: string) => t.ask('take-generation', { minor: MINOR, sizeBytes: BYTES, generation })

async function transfer({ s, t }: MirrorPair, seed = 's-1', rateKBps?: number) {
  const near = good<AnswerOf<'prepare-seed'>>(await s.ask('prepare-seed', { seed }))
  const far = good<AnswerOf<'prepare-seed'>>(await t.ask('prepare-seed', { seed }))
  const common = { seed, minor: MINOR, sizeBytes: BYTES }
  const to = { address: T_END, port: PORT, pin: far.pin, from: S_END }
  return Promise.all([
    s.ask('send-seed', { ...common, to, ...(rateKBps === undefined ? {} : { rateKBps }) }),
    t.ask('receive-seed', { ...common, address: T_END, port: PORT, pin: near.pin, from: S_END }),
  ])
}

const joinT = (side: Side) => side.ask('connect-mirror', { ...endsOf(side), meet: 'soon' })
const joinS = (side: Side) => side.ask('join-mirror', endsOf(side))

/** Up to where the two have to be joined. */
async function seededPair(): Promise<MirrorPair> {
  const pair = await mirrorPair()
  await go(pair, 0, before('connect-mirror', 'T'))
  return pair
}

async function wholeSeed(pair: MirrorPair) {
  const generation = await begin(pair)
  const [sent] = await transfer(pair)
  pair.pair.site.pass(2_000)
  await close(pair, generation)
  await take(pair, generation)
  return sent
}

test('a seed carries what is not zero, DRBD what was written since, while the guest’s writes were held for the moment between', async (t) => {
  const pair = await seededPair()
  const sent = await wholeSeed(pair)
  t.like(sent, { kind: 'seed-sent' })
  t.like(await joinT(pair.t), { kind: 'mirror-connected' })
  t.like(await joinS(pair.s), { kind: 'mirror-joined', writes: 'held' })
  const synced = await sync(pair.s)
  t.like(synced, { kind: 'mirror-synced', handshakes: 1, bytes: BYTES })
  const [seeded, after] = [sent.kind === 'seed-sent' ? sent.bytes : 0, synced.kind === 'mirror-synced' ? (synced.sent ?? 0) : 0]
  const written = (guestOf(pair.s.host, 'web')?.workload?.count ?? 0) * 4096
  t.true(seeded > 0 && after > 0 && seeded + after <= 1.1 * written, `${seeded} and ${after}, of at most ${written}`)
  t.deepEqual(pair.lost(), [])
  t.is(guestOf(pair.s.host, 'web')?.workload?.errors, 0)
  await expose(pair.t)
  suspend(pair)
  t.like(await settle(pair.t), { kind: 'mirror-settled' })
  t.true(pair.same())
  t.deepEqual(pair.pair.faults(), [])
})

test('steps out of order are copied whole, or lose what the guest wrote meanwhile: the simulator knows', async (t) => {
  const joined = async (pair: MirrorPair) => {
    await joinT(pair.t)
    await joinS(pair.s)
    const synced = await sync(pair.s)
    suspend(pair)
    return synced.kind === 'mirror-synced' ? (synced.sent ?? 0) : 0
  }
  const unclosed = await seededPair()
  const generation = await begin(unclosed)
  await transfer(unclosed)
  unclosed.pair.site.pass(2_000)
  await take(unclosed, generation)
  t.is(await joined(unclosed), 0)
  t.false(unclosed.same(), 'two of one generation are the same for DRBD')
  const late = await seededPair()
  await transfer(late)
  late.pair.site.pass(2_000)
  const later = await begin(late)
  await close(late, later)
  await take(late, later)
  await joined(late)
  t.false(late.same(), 'the bitmap begins after the copy')
  const again = await seededPair()
  const first = await begin(again)
  await transfer(again)
  again.pair.site.pass(2_000)
  // A late one of before: what it forgets is known to be forgotten.
  await begin(again)
  t.like(await close(again, first), { kind: 'refused' })
  await take(again, first)
  t.true((await joined(again)) >= BYTES)
  t.true(again.same())
})

test('each is safe twice, and none is done to a mirror that is joined', async (t) => {
  const pair = await seededPair()
  const generation = await begin(pair)
  await transfer(pair)
  t.like(await close(pair, generation), { was: 'not closed' })
  t.like(await close(pair, generation), { was: 'closed' })
  t.like(await take(pair, generation), { was: 'not taken' })
  t.like(await take(pair, generation), { was: 'taken' })
  await joinT(pair.t)
  await joinS(pair.s)
  await joinT(pair.t)
  t.like(await pair.t.ask('connect-mirror', endsOf(pair.t)), { was: 'there' })
  await sync(pair.s)
  t.like(await pair.s.ask('begin-bitmap', { minor: MINOR }), { kind: 'refused' })
  t.like(await close(pair, generation), { kind: 'refused' })
  t.like(await take(pair, generation), { kind: 'refused' })
  t.regex(JSON.stringify(await transfer(pair, 's-2')), /stands alone/)
  t.deepEqual(await takenBack(pair), [])
  t.deepEqual(
    [...pair.t.host.state().ram.files.keys()].filter((path) => path.includes('/seeds/')),
    [],
  )
})

test('a seed goes no faster than it may, and is paced while it runs; a link that is cut ends it, and another begins', async (t) => {
  const pair = await seededPair()
  await begin(pair)
  t.like(await pair.s.ask('pace-seed', { seed: 's-1', rateKBps: 10 }), { kind: 'refused' })
  const going = transfer(pair, 's-1', 1000)
  const [slow] = await going
  t.true(slow.kind === 'seed-sent' && slow.milliseconds > (BYTES / 1_000_000) * 900, JSON.stringify(slow))
  t.like(await pair.s.ask('pace-seed', { seed: 's-1', rateKBps: 10 }), { kind: 'seed-paced' })
  t.deepEqual(await takenBack(pair), [])

  // Nothing of it is there yet.
  const other = await seededPair()
  await begin(other)
  const cutting = transfer(other, 's-2', 100)
  other.s.host.clock.after(5_000, () => other.pair.site.change((now) => cut(now, 'a', 'b')))
  const ends = await cutting
  for (const end of ends) t.like(end, { kind: 'refused' })
  t.deepEqual(other.lost(), [])
  t.deepEqual(await takenBack(other), [])
})

test('where the two do not meet in time the guest goes on, and what is compared is said to be needed', async (t) => {
  const pair = await seededPair()
  await wholeSeed(pair)
  pair.pair.site.change((now) => cut(now, 'a', 'b'))
  await joinT(pair.t)
  t.like(await joinS(pair.s), { kind: 'mirror-joined', writes: 'not held' })
  const count = guestOf(pair.s.host, 'web')?.workload?.count ?? 0
  pair.pair.site.pass(1_000)
  t.true((guestOf(pair.s.host, 'web')?.workload?.count ?? 0) > count)
  t.is(guestOf(pair.s.host, 'web')?.workload?.errors, 0)
})

test('what a guest has left behind becomes the copy on its way back: only what it wrote meanwhile is sent', async (t) => {
  const pair = await seededPair()
  await wholeSeed(pair)
  await joinT(pair.t)
  await joinS(pair.s)
  await sync(pair.s)
  await expose(pair.t)
  suspend(pair)
  await settle(pair.t)
  await keep(pair.t)
  await pair.pair.ok(pair.s.host, 'xl destroy web')
  await leave(pair.s)
  const volume = () => findGroup(pair.pair.site.state, 'a', 'data')?.volumes.find(({ name }) => name === lvOf(DISK))
  const uuid = volume()?.uuid
  const tags = () => (volume()?.tags ?? []).join(' ')
  t.regex(tags(), /until=5000/)
  t.like(await pair.s.ask('make-copy', { ...making, generation: 3, left: 'kept' }), { kind: 'copy-made', was: 'not there' })
  t.is(volume()?.uuid, uuid)
  t.is(pair.s.state(), 'making')
  t.notRegex(tags(), /until/, 'its time is over')
  t.like(await pair.s.ask('make-copy', { ...making, generation: 3, left: 'kept' }), { kind: 'copy-made', was: 'there' })
  t.like(await leave(pair.s), { kind: 'refused' }, 'a late one of the move before')
  // A late make-copy of before the protocol knew: it is left as it is.
  t.like(await pair.s.ask('make-copy', { ...making, generation: 3 }), { kind: 'copy-made', was: 'there' })
})

const seededAndTold = async () => {
  const pair = await seededPair()
  await wholeSeed(pair)
  await joinT(pair.t)
  return pair
}

const STEPS: readonly (readonly [step: Step, furnish: () => Promise<MirrorPair>])[] = [
  [{ name: 'connect-mirror', side: 'T', ask: joinT }, seededAndTold],
  [{ name: 'join-mirror', side: 'S', ask: joinS }, seededAndTold],
  [{ name: 'begin-bitmap', side: 'S', ask: (side) => side.ask('begin-bitmap', { minor: MINOR }) }, seededPair],
]

for (const [step, furnish] of STEPS)
  test(`${step.name} on ${step.side} with each of its commands going wrong: no write is lost, and all can be taken back`, async (t) => {
    t.timeout(600_000)
    for await (const { pair, what } of eachWrong(step, furnish)) {
      pair.pair.site.pass(3_000)
      t.deepEqual(pair.lost(), [], what)
      t.is(guestOf(pair.s.host, 'web')?.workload?.errors, 0, what)
      for (const { ram } of [pair.s.host.state()])
        t.deepEqual(
          ram.dm.filter(({ suspended }) => suspended),
          [],
          what,
        )
      t.deepEqual(await takenBack(pair), [], what)
    }
  })

test('take-generation with each of its commands going wrong: a mirror that is opened anew copies all', async (t) => {
  t.timeout(600_000)
  let generation = ''
  const furnish = async () => {
    const pair = await seededPair()
    generation = await begin(pair)
    await transfer(pair)
    await close(pair, generation)
    return pair
  }
  const step: Step = {
    name: 'take-generation',
    side: 'T',
    ask: (side) => side.ask('take-generation', { minor: MINOR, sizeBytes: BYTES, generation }),
  }
  for await (const { pair, what } of eachWrong(step, furnish)) {
    t.not((await drop(pair.t)).kind, 'refused', what)
    t.not((await pair.t.ask('open-mirror', opening(pair.t))).kind, 'refused', what)
    await pair.t.ask('connect-mirror', endsOf(pair.t))
    await pair.s.ask('connect-mirror', endsOf(pair.s))
    t.like(await sync(pair.s), { kind: 'mirror-synced' }, what)
    suspend(pair)
    t.true(pair.same(), what)
  }
})
