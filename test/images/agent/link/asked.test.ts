import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { answerOver } from '../../../../images/agent/link/asked.ts'
import type { AgentMessage } from '../../../../manager/protocol/messages.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'

const asked = { kind: 'request', request: { kind: 'request', id: 'a', epoch: 1, request: { kind: 'collect', sections: [] } } } as const
const progress = { phase: 'x', done: 1, unit: 'y' }

/** All that a manager of this version hears of a job that is cancelled. */
async function heard(version: number): Promise<readonly AgentMessage[]> {
  const sent: AgentMessage[] = []
  const answering = {
    answer: async (_asked: unknown, tell: (said: { kind: 'accepted' } | { kind: 'progress'; progress: typeof progress }) => void) => {
      tell({ kind: 'accepted' })
      tell({ kind: 'progress', progress })
      return { kind: 'answer', id: 'a', answer: { kind: 'refused', cause: 'cancelled', reason: 'x' } } as const
    },
  }
  answerOver(answering, asked, version, (message) => sent.push(message), collectingLog().log)
  await turn()
  return sent
}

test('a manager hears of a job in the words that its version has, and one before version 4 only of its end', async (t) => {
  const answer = { kind: 'answer', id: 'a', answer: { kind: 'refused', cause: 'cancelled', reason: 'x' } } as const
  t.deepEqual(await heard(4), [{ kind: 'accepted', id: 'a' }, { kind: 'progress', id: 'a', progress }, answer])
  t.deepEqual(await heard(3), [{ ...answer, answer: { ...answer.answer, cause: 'unable' } }])
})

test('a request that fails is in the log, and nothing is said of it', async (t) => {
  const { log, lines } = collectingLog()
  answerOver({ answer: () => Promise.reject(new Error('x')) }, asked, 4, () => t.fail(), log)
  await turn()
  t.deepEqual(
    lines.map(({ level }) => level),
    ['error'],
  )
})
