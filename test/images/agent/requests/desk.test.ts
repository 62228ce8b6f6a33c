import test from 'ava'
import { openDesk } from '../../../../images/agent/requests/desk.ts'
import type { AnswerBody, RequestBody } from '../../../../manager/protocol/requests.ts'

const COLLECT: RequestBody = { kind: 'collect', sections: ['dmi'] }
const OTHER: RequestBody = { kind: 'collect', sections: ['xen'] }
const PROPERTIES: RequestBody = { kind: 'set-properties', text: '' }
const DONE: AnswerBody = { kind: 'properties-set', count: 1 }

/** Each call waits until it is let go. */
function gate() {
  const calls: ((answer: AnswerBody) => void)[] = []
  return { calls, handle: () => new Promise<AnswerBody>((resolve) => calls.push(resolve)) }
}

test('an id is done once: twice at the same time, and again when it is done', async (t) => {
  let done = 0
  const desk = openDesk({
    collect: async () => {
      done += 1
      return DONE
    },
  })
  const both = await Promise.all([desk.answer('a', COLLECT), desk.answer('a', COLLECT)])
  t.deepEqual([...both, await desk.answer('a', COLLECT)], [DONE, DONE, DONE])
  t.is(done, 1)
  await desk.answer('b', COLLECT)
  t.is(done, 2)
})

test('an id with another request under it is refused, and neither done nor answered with the other answer', async (t) => {
  const desk = openDesk({ collect: async () => DONE })
  await desk.answer('a', COLLECT)
  t.like(await desk.answer('a', OTHER), { kind: 'refused', cause: 'unable' })
})

test('requests of one kind are done one at a time in their order, those of another kind beside them', async (t) => {
  const [collects, properties] = [gate(), gate()]
  const desk = openDesk({ collect: collects.handle, 'set-properties': properties.handle })
  const first = desk.answer('a', COLLECT)
  const second = desk.answer('b', COLLECT)
  const third = desk.answer('c', PROPERTIES)
  await Promise.resolve()
  t.is(collects.calls.length, 1)
  t.is(properties.calls.length, 1)
  properties.calls[0]?.(DONE)
  await third
  collects.calls[0]?.(DONE)
  await first
  await Promise.resolve()
  t.is(collects.calls.length, 2)
  collects.calls[1]?.(DONE)
  t.deepEqual(await second, DONE)
})

test('more than a few of one kind are busy, and may be asked again later with the same id', async (t) => {
  const { calls, handle } = gate()
  const desk = openDesk({ collect: handle })
  const waiting = Array.from({ length: 16 }, (_, index) => desk.answer(`${index}`, COLLECT))
  t.like(await desk.answer('late', COLLECT), { kind: 'refused', cause: 'busy' })
  for (const one of waiting) {
    await new Promise(setImmediate)
    calls.shift()?.(DONE)
    await one
  }
  const late = desk.answer('late', COLLECT)
  await new Promise(setImmediate)
  calls.shift()?.(DONE)
  t.deepEqual(await late, DONE)
})

test('a handler that is busy is asked again under the same id, and what it does then is remembered', async (t) => {
  const answers: AnswerBody[] = [{ kind: 'refused', cause: 'busy', reason: 'another is under way' }, DONE]
  let asked = 0
  const desk = openDesk({ collect: async () => answers[asked++] ?? t.fail('it was done twice') })
  t.like(await desk.answer('a', COLLECT), { kind: 'refused', cause: 'busy' })
  t.deepEqual(await desk.answer('a', COLLECT), DONE)
  t.deepEqual(await desk.answer('a', COLLECT), DONE)
  t.is(asked, 2)
})

test('a request that throws, or that this host cannot do, is a refusal that says so', async (t) => {
  const desk = openDesk({
    collect: async () => {
      throw new Error('no\u001b[31m disk')
    },
  })
  t.deepEqual(await desk.answer('a', COLLECT), { kind: 'refused', cause: 'unable', reason: 'the agent failed: no [31m disk' })
  t.like(await desk.answer('b', PROPERTIES), { kind: 'refused', cause: 'unable', reason: 'this host cannot do set-properties' })
})

test('the memory of answers is bounded: the oldest is forgotten, and one that is still being done never', async (t) => {
  let done = 0
  const { calls, handle } = gate()
  const desk = openDesk({
    collect: async () => {
      done += 1
      return DONE
    },
    'set-properties': handle,
  })
  const slow = desk.answer('slow', PROPERTIES)
  for (let index = 0; index < 600; index += 1) await desk.answer(`${index}`, COLLECT)
  await desk.answer('599', COLLECT)
  t.is(done, 600)
  await desk.answer('0', COLLECT)
  t.is(done, 601)
  const again = desk.answer('slow', PROPERTIES)
  t.is(calls.length, 1)
  calls[0]?.(DONE)
  t.deepEqual(await Promise.all([slow, again]), [DONE, DONE])
})

test('a desk that drains takes nothing new and waits for what is under way', async (t) => {
  const { calls, handle } = gate()
  const desk = openDesk({ collect: handle })
  const under = desk.answer('a', COLLECT)
  let drained = false
  const draining = desk.drain('upgrade').then(() => {
    drained = true
  })
  t.like(await desk.answer('b', COLLECT), { kind: 'refused', cause: 'busy' })
  await new Promise(setImmediate)
  t.false(drained)
  calls[0]?.(DONE)
  await Promise.all([under, draining])
  t.true(drained)
})
