import test from 'ava'
import { type Connection, hear } from '../../../images/agent/connection.ts'
import { newLedger } from '../../../images/agent/ledger.ts'
import type { ManagerMessage } from '../../../manager/protocol/messages.ts'
import { uuidOf } from '../../manager/site.ts'

const ledger = newLedger(uuidOf(1))
const welcome: Connection = { isWelcome: true, have: undefined }
const asked = (epoch: number): ManagerMessage => ({ kind: 'request', id: 'x', epoch, request: { kind: 'collect', sections: [] } })

test('a request of an older epoch than any that was heard is refused by the agent and not done', (t) => {
  const { doing, epoch } = hear(welcome, ledger, 7, asked(6))
  t.is(epoch, 7)
  t.is(doing.length, 1)
  t.like(doing[0], { kind: 'send', message: { kind: 'answer', id: 'x', answer: { kind: 'refused', cause: 'stale-epoch' } } })
})

test('a request of this epoch or a later one is done, and the later one is the epoch from then on', (t) => {
  for (const later of [7, 8]) {
    const { doing, epoch } = hear(welcome, ledger, 7, asked(later))
    t.deepEqual([doing.map(({ kind }) => kind), epoch], [['request'], later])
  }
})

test('a manager that asks before it has said which epoch it is of is left', (t) => {
  const { doing } = hear({ isWelcome: false, have: undefined }, ledger, undefined, asked(1))
  t.deepEqual(
    doing.map(({ kind }) => kind),
    ['close'],
  )
})
