import test from 'ava'
import { type Connection, hear, NEW_CONNECTION } from '../../../images/agent/connection.ts'
import { newLedger, record } from '../../../images/agent/ledger.ts'
import type { ManagerMessage } from '../../../manager/protocol/messages.ts'
import { guestName } from '../../../manager/protocol/requests/guest-config.ts'
import { EMPTY, uuidOf } from '../../manager/site.ts'

const ledger = newLedger(uuidOf(1))
const welcome: Connection = { version: 4, have: undefined }
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

test('a word to cancel is heeded of the newest manager alone, and an older one is told why not', (t) => {
  const cancel = (epoch: number): ManagerMessage => ({ kind: 'cancel', id: 'x', epoch })
  t.deepEqual(hear(welcome, ledger, 7, cancel(7)).doing, [{ kind: 'cancel', id: 'x' }])
  t.like(hear(welcome, ledger, 7, cancel(6)).doing[0], { kind: 'send', message: { answer: { kind: 'refused', cause: 'stale-epoch' } } })
  t.is(hear(NEW_CONNECTION, ledger, undefined, cancel(1)).doing[0]?.kind, 'close')
})

test('a manager that asks before it has said which epoch it is of is left', (t) => {
  const { doing } = hear({ version: undefined, have: undefined }, ledger, undefined, asked(1))
  t.deepEqual(
    doing.map(({ kind }) => kind),
    ['close'],
  )
})

test('a console is opened for the newest manager alone, and an older one is told why not', (t) => {
  const guest = { uuid: uuidOf(9), name: guestName.parse('web1') }
  const open = (epoch: number): ManagerMessage => ({ kind: 'console-open', channel: 'c1', epoch, guest, back: 10 })
  t.like(hear(welcome, ledger, 7, open(8)), { epoch: 8, doing: [{ kind: 'console', asked: { channel: 'c1' } }] })
  const old = hear(welcome, ledger, 7, open(6))
  t.like(old, { epoch: 7, doing: [{ kind: 'send', message: { kind: 'console-ended', channel: 'c1', cause: 'failed' } }] })
  t.is(hear(NEW_CONNECTION, ledger, undefined, open(1)).doing[0]?.kind, 'close')
})

test('a manager that does not know a section is told of no problem with it, which it would not take', (t) => {
  const of = (section: 'guests' | 'guestAddresses') => ({ section, source: 'x', reason: 'not read yet' })
  const inventory = { ...EMPTY, problems: [of('guests'), of('guestAddresses')] }
  const read = record(newLedger(uuidOf(1)), { kind: 'inventory', run: uuidOf(1), revision: 1, inventory })
  const next = record(read, { kind: 'delta', run: uuidOf(1), base: 1, revision: 2, sections: {}, problems: inventory.problems })
  const told = (version: number, have?: number) => {
    const [doing] = hear(NEW_CONNECTION, next, 1, { kind: 'welcome', version, epoch: 1, ...(have === undefined ? {} : { have }) }).doing
    const message = doing?.kind === 'send' ? doing.message : undefined
    const problems = message?.kind === 'inventory' ? message.inventory.problems : message?.kind === 'delta' ? message.problems : []
    return problems.map(({ section }) => section)
  }
  for (const have of [undefined, 1]) {
    t.deepEqual(told(9, have), ['guests'])
    t.deepEqual(told(10, have), ['guests', 'guestAddresses'])
  }
})
