// The whole procedure between two hosts, by the product's own requests, under a guest that writes all the time.
import test from 'ava'
import { deviceOf } from '../../../../manager/protocol/guest-disk.ts'
import { guestOf } from '../simulator/pair.ts'
import { DISK, mirrorPair, remains, startGuest, suspend } from './pair.ts'
import { drop, go, keep, leave, making, removeCopy, STEPS, settle, sideOf, takenBack } from './steps.ts'

test('a disk that is written to all the time is mirrored, and T has all of it when it is settled', async (t) => {
  const pair = await mirrorPair()
  const answers = await go(pair, 0, STEPS.length)
  t.deepEqual(
    answers.map(({ kind }) => kind),
    [
      ...['copy-made', 'mirror-opened', 'mirror-opened', 'disk-swapped', 'mirror-connected', 'mirror-connected', 'mirror-paced'],
      ...['mirror-synced', 'mirror-verified', 'copy-exposed'],
    ],
    JSON.stringify(answers),
  )
  t.like(answers[7], { handshakes: 1 })
  t.is(pair.t.state(), 'making')
  suspend(pair)
  t.like(await settle(pair.t), { kind: 'mirror-settled', was: 'not settled' })
  t.true(pair.same())
  t.like(await settle(pair.t), { kind: 'mirror-settled', was: 'settled' }, 'asked again')
  t.like(await pair.t.ask('settle-mirror', { minor: 7, generation: 3 }), { kind: 'refused' }, 'of another move')
  t.deepEqual(await keep(pair.t), { kind: 'copy-kept', was: 'not kept' })
  t.deepEqual(await keep(pair.t), { kind: 'copy-kept', was: 'kept' })
  t.is(pair.t.state(), 'ready')
  t.like(await leave(pair.s), { kind: 'refused' }, 'its guest is still there')
  t.is(pair.s.state(), 'ready')
  await pair.pair.ok(pair.s.host, 'xl destroy web')
  t.deepEqual(await leave(pair.s), { kind: 'disk-left', was: 'not left' })
  t.deepEqual(await leave(pair.s), { kind: 'disk-left', was: 'left' })
  t.is(pair.s.state(), 'stale')
  t.regex(await startGuest(pair.s), /is not ready/, 'what was left never starts')
  // T has its device: the guest goes by it.
  t.deepEqual(remains(pair), [`T map ${deviceOf(DISK)}`])
  t.deepEqual(pair.pair.faults(), [])
})

test('a guest that moves back makes a newer copy in the place of what it has left behind', async (t) => {
  const pair = await mirrorPair()
  await go(pair, 0, STEPS.length)
  suspend(pair)
  await settle(pair.t)
  await keep(pair.t)
  await pair.pair.ok(pair.s.host, 'xl destroy web')
  await leave(pair.s)
  t.like(await pair.s.ask('make-copy', { ...making, generation: 1 }), { kind: 'refused' }, 'no older one')
  t.like(await pair.s.ask('make-copy', { ...making, generation: 3 }), { kind: 'copy-made', was: 'not there' })
  t.is(pair.s.state(), 'making')
  t.like(await leave(pair.s), { kind: 'refused' }, 'a late one of the move before')
})

test('any step twice is the same, and late ones change nothing', async (t) => {
  const pair = await mirrorPair()
  for (const [index, step] of STEPS.entries()) {
    const side = sideOf(pair, step)
    const [first, second] = [await step.ask(side), await step.ask(side)]
    t.not(first.kind, 'refused', `${step.name}: ${JSON.stringify(first)}`)
    t.is(second.kind, first.kind, `${step.name} twice: ${JSON.stringify(second)}`)
    // All before it once more: what was done stays as it is.
    await go(pair, 0, index)
    t.deepEqual(pair.lost(), [], step.name)
  }
  suspend(pair)
  t.like(await settle(pair.t), { kind: 'mirror-settled', was: 'not settled' })
  t.true(pair.same())
  for (const late of STEPS.filter(({ name }) => name === 'make-copy' || name === 'expose-copy')) await late.ask(sideOf(pair, late))
  t.true(pair.same(), 'a late make-copy leaves what was settled alone')
  t.like(await settle(pair.t), { was: 'settled' })
  await keep(pair.t)
  for (const late of STEPS) await late.ask(sideOf(pair, late))
  t.like(await removeCopy(pair.t), { was: 'not there' })
  t.true(pair.same(), 'what counts is left alone by all')
  t.is(pair.t.state(), 'ready')
})

test('after any step both hosts can be taken back to where they were, and the guest has all that it wrote', async (t) => {
  t.timeout(120_000)
  for (let to = 0; to <= STEPS.length; to += 1) {
    const pair = await mirrorPair()
    await go(pair, 0, to)
    const what = `step ${to}: ${STEPS[to - 1]?.name}`
    for (const side of [pair.s, pair.t, pair.s, pair.t]) t.like(await drop(side), { kind: 'mirror-dropped' }, `${what} on ${side.name}`)
    t.like(await removeCopy(pair.t), { kind: 'copy-removed' }, what)
    pair.pair.site.pass(3_000)
    t.deepEqual(await takenBack(pair), [], what)
    t.deepEqual([pair.t.state(), pair.s.state()], ['none', 'ready'], what)
    t.deepEqual(pair.lost(), [], what)
    t.is(guestOf(pair.s.host, 'web')?.workload?.errors, 0, what)
    t.deepEqual(pair.pair.faults(), [], what)
  }
})
