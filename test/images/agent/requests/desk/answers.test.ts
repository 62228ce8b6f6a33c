import test from 'ava'
import { Memory } from '../../../../../images/agent/requests/memory.ts'
import type { Refusal } from '../../../../../manager/protocol/requests.ts'
import { COLLECT, COLLECTED, DONE, gate, MORE, OTHER, open, PROPERTIES, type SCANNED, scan } from './asking.ts'

test('an id is done once: twice at the same time, and again when it is done', async (t) => {
  let done = 0
  const { desk } = open({
    collect: async () => {
      done += 1
      return COLLECTED
    },
  })
  const both = await Promise.all([desk.answer('a', COLLECT), desk.answer('a', COLLECT)])
  t.deepEqual([...both, await desk.answer('a', COLLECT)], [COLLECTED, COLLECTED, COLLECTED])
  t.is(done, 1)
  await desk.answer('b', COLLECT)
  t.is(done, 2)
})

test('an id with another request under it is refused, and neither done nor answered with the other answer', async (t) => {
  const { calls, handle } = gate<typeof COLLECTED>()
  const { desk, clock } = open({ collect: handle })
  const first = desk.answer('a', COLLECT)
  t.like(await desk.answer('a', OTHER), { kind: 'refused', cause: 'unable' })
  await clock.advance(0)
  calls[0]?.(COLLECTED)
  await first
  t.like(await desk.answer('a', OTHER), { kind: 'refused', cause: 'unable' })
  t.is(calls.length, 1)
})

test('requests that write one thing are done one at a time in their order, those of other things beside them', async (t) => {
  const [collects, properties] = [gate<typeof COLLECTED>(), gate<typeof DONE>()]
  const { desk, clock } = open({ collect: collects.handle, 'set-properties': properties.handle })
  void desk.answer('a', PROPERTIES)
  const second = desk.answer('b', MORE)
  void desk.answer('c', COLLECT)
  void desk.answer('d', COLLECT)
  await clock.advance(0)
  t.deepEqual([properties.calls.length, collects.calls.length], [1, 2])
  properties.calls[0]?.(DONE)
  await clock.advance(0)
  t.is(properties.calls.length, 2)
  properties.calls[1]?.(DONE)
  t.deepEqual(await second, DONE)
})

test('more than may wait are busy, and may be asked again later with the same id', async (t) => {
  const { calls, handle } = gate<typeof DONE>()
  const { desk, clock } = open({ 'set-properties': handle })
  const waiting = Array.from({ length: 65 }, (_, index) => desk.answer(`${index}`, PROPERTIES))
  const busy = await desk.answer('late', PROPERTIES)
  t.like(busy, { kind: 'refused', cause: 'busy', reason: '64 requests wait on this host already: ask again later' })
  for (const one of waiting) {
    await clock.advance(0)
    calls.shift()?.(DONE)
    await one
  }
  const late = desk.answer('late', PROPERTIES)
  await clock.advance(0)
  calls.shift()?.(DONE)
  t.deepEqual(await late, DONE)
})

test('a handler that is busy is asked again under the same id, and what it does then is remembered', async (t) => {
  const answers: (typeof COLLECTED | Refusal)[] = [{ kind: 'refused', cause: 'busy', reason: 'another is under way' }, COLLECTED]
  let asked = 0
  const { desk } = open({ collect: async () => answers[asked++] ?? t.fail('it was done twice') })
  t.like(await desk.answer('a', COLLECT), { kind: 'refused', cause: 'busy' })
  t.deepEqual(await desk.answer('a', COLLECT), COLLECTED)
  t.deepEqual(await desk.answer('a', COLLECT), COLLECTED)
  t.is(asked, 2)
})

test('a request that throws, or that this host cannot do, is a refusal that says so', async (t) => {
  const { desk } = open({
    collect: async () => {
      throw new Error('no\u001b[31m disk')
    },
  })
  t.deepEqual(await desk.answer('a', COLLECT), { kind: 'refused', cause: 'unable', reason: 'the agent failed: no [31m disk' })
  t.like(await desk.answer('b', PROPERTIES), { kind: 'refused', cause: 'unable', reason: 'this host cannot do set-properties' })
})

test('the memory of answers is bounded: the oldest is forgotten, and one that is still being done never', async (t) => {
  let done = 0
  const { calls, handle } = gate<typeof DONE>()
  const collect = async () => {
    done += 1
    return COLLECTED
  }
  const { desk, clock } = open({ collect, 'set-properties': handle }, { memory: new Memory({ count: 50, length: 1_000_000 }) })
  const slow = desk.answer('slow', PROPERTIES)
  for (let index = 0; index < 60; index += 1) await desk.answer(`${index}`, COLLECT)
  await desk.answer('59', COLLECT)
  t.is(done, 60)
  await desk.answer('0', COLLECT)
  t.is(done, 61)
  const again = desk.answer('slow', PROPERTIES)
  await clock.advance(0)
  t.is(calls.length, 1)
  calls[0]?.(DONE)
  t.deepEqual(await Promise.all([slow, again]), [DONE, DONE])
})

test('a desk that drains takes nothing new, sends away what waits, and waits for what is under way but not for jobs', async (t) => {
  const [properties, scans] = [gate<typeof DONE>(), gate<typeof SCANNED>()]
  const { desk, clock } = open({ 'set-properties': properties.handle, 'scan-file-system': scans.handle })
  void desk.answer('job', scan())
  const under = desk.answer('a', PROPERTIES)
  const waits = desk.answer('w', MORE)
  await clock.advance(0)
  let drained = false
  const draining = desk.drain('upgrade').then(() => {
    drained = true
  })
  t.like(await desk.answer('b', COLLECT), { kind: 'refused', cause: 'busy' })
  t.like(await waits, { kind: 'refused', cause: 'busy' })
  await clock.advance(0)
  t.false(drained)
  properties.calls[0]?.(DONE)
  await Promise.all([under, draining])
  t.true(drained)
})

test('a short request tells nothing but its answer', async (t) => {
  const { desk } = open({
    collect: async (_body, task) => {
      task.tell({ phase: 'x', done: 1, unit: 'y' })
      return COLLECTED
    },
  })
  t.deepEqual(await desk.answer('a', COLLECT, () => t.fail()), COLLECTED)
})
