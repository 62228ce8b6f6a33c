import test from 'ava'
import { Memory } from '../../../../images/agent/requests/memory.ts'
import type { AnswerBody } from '../../../../manager/protocol/requests.ts'

const answer = (reason: string): AnswerBody => ({ kind: 'refused', cause: 'unable', reason })
const kept = (reason = 'x') => ({ asked: 'a', answer: answer(reason) })

test('so many answers are kept, and the oldest is told to be gone', (t) => {
  const memory = new Memory({ count: 2, length: 1_000_000 })
  t.deepEqual([memory.keep('1', kept()), memory.keep('2', kept()), memory.keep('3', kept())], [[], [], ['1']])
  t.is(memory.get('1'), undefined)
  t.deepEqual(memory.get('3'), { ...kept(), length: JSON.stringify(answer('x')).length })
})

test('so many bytes of answers are kept, whatever their number; one that is longer than all is not', (t) => {
  const memory = new Memory({ count: 100, length: 1000 })
  for (const id of ['1', '2', '3']) memory.keep(id, kept('x'.repeat(200)))
  t.deepEqual(memory.keep('4', kept('x'.repeat(400))), ['1'])
  t.deepEqual(memory.keep('5', kept('x'.repeat(2000))), ['5'])
  t.truthy(memory.get('4'))
  t.deepEqual(memory.keep('6', kept()), [])
})

test('an answer in the place of another counts once', (t) => {
  const memory = new Memory({ count: 100, length: 1000 })
  for (let times = 0; times < 50; times += 1) t.deepEqual(memory.keep('1', kept('x'.repeat(500))), [])
  t.truthy(memory.get('1'))
})
