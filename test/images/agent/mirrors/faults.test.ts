// Each request about a mirror with each of its commands going wrong: refused or done, and no write lost; asked again it is done, or both hosts
// can be taken back to where they were.
import test from 'ava'
import { deviceOf } from '../../../../manager/protocol/guest-disk.ts'
import { guestOf } from '../simulator/pair.ts'
import { eachWrong } from './faults.ts'
import { DISK, type MirrorPair, mirrorPair, remains, suspend } from './pair.ts'
import { drop, go, keep, leave, removeCopy, STEPS, type Step, settle, sideOf, takenBack } from './steps.ts'

async function gone(to: number): Promise<MirrorPair> {
  const pair = await mirrorPair()
  await go(pair, 0, to)
  return pair
}

for (const [index, step] of STEPS.entries())
  test(`${step.name} on ${step.side} with each of its commands going wrong: asked again it is done, or all can be taken back`, async (t) => {
    t.timeout(600_000)
    let tried = 0
    for await (const { pair, side, what } of eachWrong(step, () => gone(index))) {
      tried += 1
      t.deepEqual(pair.lost(), [], what)
      const again = await step.ask(side)
      if (again.kind === 'refused') {
        t.deepEqual(await takenBack(pair), [], `${what}; again: ${JSON.stringify(again)}`)
        await go(pair, 0, index)
        t.not((await step.ask(side)).kind, 'refused', `${what}: from the beginning`)
      }
      const rest = await go(pair, index + 1, STEPS.length)
      t.deepEqual(
        rest.filter(({ kind }) => kind === 'refused'),
        [],
        what,
      )
      t.deepEqual(pair.lost(), [], what)
      t.is(guestOf(pair.s.host, 'web')?.workload?.errors, 0, what)
      suspend(pair)
      t.like(await settle(pair.t), { kind: 'mirror-settled' }, what)
      t.true(pair.same(), what)
      t.deepEqual(pair.pair.faults(), [], what)
    }
    t.true(tried > 0)
  })

for (const side of ['S', 'T'] as const)
  test(`drop-mirror on ${side} with each of its commands going wrong: asked again nothing is left, and no write is lost`, async (t) => {
    t.timeout(600_000)
    for await (const { pair, what } of eachWrong({ name: 'drop-mirror', side, ask: drop }, () => gone(STEPS.length))) {
      t.deepEqual(await takenBack(pair), [], what)
      pair.pair.site.pass(1_000)
      t.deepEqual(pair.lost(), [], what)
      t.is(guestOf(pair.s.host, 'web')?.workload?.errors, 0, what)
      t.deepEqual(pair.pair.faults(), [], what)
    }
  })

test('remove-copy with each of its commands going wrong: asked again it is gone', async (t) => {
  t.timeout(600_000)
  const furnish = async () => {
    const pair = await gone(STEPS.length)
    for (const side of [pair.s, pair.t]) await drop(side)
    return pair
  }
  for await (const { pair, what } of eachWrong({ name: 'remove-copy', side: 'T', ask: removeCopy }, furnish))
    t.deepEqual(await takenBack(pair), [], what)
})

/** The guest stands still on S, T has all. */
async function held(): Promise<MirrorPair> {
  const pair = await gone(STEPS.length)
  suspend(pair)
  return pair
}

const settled = async (): Promise<MirrorPair> => {
  const pair = await held()
  await settle(pair.t)
  return pair
}

const handedOver = async (): Promise<MirrorPair> => {
  const pair = await settled()
  await keep(pair.t)
  await pair.pair.ok(pair.s.host, 'xl destroy web')
  return pair
}

const ACTS: readonly (readonly [step: Step, furnish: () => Promise<MirrorPair>])[] = [
  [{ name: 'settle-mirror', side: 'T', ask: settle }, held],
  [{ name: 'keep-copy', side: 'T', ask: keep }, settled],
]

for (const [step, furnish] of ACTS)
  test(`${step.name} with each of its commands going wrong: asked again it is done, and T has all of S`, async (t) => {
    t.timeout(600_000)
    for await (const { pair, side, what } of eachWrong(step, furnish)) {
      const again = await step.ask(side)
      t.not(again.kind, 'refused', `${what}; again: ${JSON.stringify(again)}`)
      t.true(pair.same(), what)
      t.not((await keep(pair.t)).kind, 'refused', what)
      t.is(pair.t.state(), 'ready', what)
      t.deepEqual(
        remains(pair).filter((one) => one.startsWith('T')),
        [`T map ${deviceOf(DISK)}`],
        what,
      )
      t.deepEqual(pair.pair.faults(), [], what)
    }
  })

test('settle-mirror with each of its commands going wrong: all can be taken back still, and S loses no write', async (t) => {
  t.timeout(600_000)
  for await (const { pair, what } of eachWrong({ name: 'settle-mirror', side: 'T', ask: settle }, held)) {
    t.deepEqual(await takenBack(pair), [], what)
    t.deepEqual(pair.lost(), [], what)
  }
})

test('leave-disk with each of its commands going wrong: asked again what is there is left, and nothing of the mirror', async (t) => {
  t.timeout(600_000)
  const step: Step = { name: 'leave-disk', side: 'S', ask: leave }
  for await (const { pair, what } of eachWrong(step, handedOver)) {
    t.not((await step.ask(sideOf(pair, step))).kind, 'refused', what)
    t.deepEqual([pair.s.state(), pair.t.state(), remains(pair)], ['stale', 'ready', [`T map ${deviceOf(DISK)}`]], what)
    t.deepEqual(pair.pair.faults(), [], what)
  }
})
