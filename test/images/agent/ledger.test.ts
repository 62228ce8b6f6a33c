import test from 'ava'
import fc from 'fast-check'
import { hear, NEW_CONNECTION, report } from '../../../images/agent/connection.ts'
import { type Ledger, newLedger, record, reportSince } from '../../../images/agent/ledger.ts'
import type { Inventory } from '../../../manager/protocol/inventory.ts'
import { EMPTY, uuidOf } from '../../manager/site.ts'

const run = uuidOf(1)
const first = record(newLedger(run), { kind: 'inventory', run, revision: 1, inventory: EMPTY })
const next = (ledger: Ledger, sections: Partial<Inventory>): Ledger =>
  record(ledger, { kind: 'delta', run, base: ledger.revision, revision: ledger.revision + 1, sections, problems: [] })

test('from any revision that a manager has, one report brings it to what the host is now, and holds no more than what changed', (t) => {
  const change = fc.constantFrom<Partial<Inventory>>(
    { memory: { totalBytes: 1 } },
    { memory: { totalBytes: 2 } },
    { kernel: { release: '6.12' } },
    { numa: [] },
  )
  fc.assert(
    fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
      const ledgers = [first]
      for (const one of changes) ledgers.push(next(ledgers.at(-1) ?? first, one))
      const last = ledgers.at(-1) ?? first
      for (const had of ledgers) {
        const told = reportSince(last, had.revision)
        if (had === last) t.is(told, undefined)
        else if (told?.kind === 'delta') {
          t.deepEqual({ ...had.inventory, ...told.sections, problems: told.problems } as Inventory, last.inventory)
          t.true(Object.keys(told.sections).length <= last.revision - had.revision)
        } else t.fail()
      }
      t.is(reportSince(last, undefined)?.kind, 'inventory')
    }),
  )
})

test('a manager that has more than this run ever had is told everything, and a delta of another base never', (t) => {
  for (const have of [first.revision + 1, first.revision + 100])
    t.deepEqual(reportSince(first, have), { kind: 'inventory', run, revision: 1, inventory: EMPTY })
  const ahead = hear(NEW_CONNECTION, first, undefined, { kind: 'welcome', version: 1, epoch: 4, have: 9 })
  t.deepEqual(
    ahead.doing.map((one) => one.kind === 'send' && one.message.kind),
    ['inventory'],
  )
})

test('a delta that does not follow is a mistake of ours and is not hidden', (t) => {
  t.throws(() => record(first, { kind: 'delta', run, base: 5, revision: 6, sections: {}, problems: [] }), {
    message: /from revision 5 at 1/,
  })
})

test('nothing is reported before welcome; then what lacks, once', (t) => {
  t.deepEqual(report(NEW_CONNECTION, first).doing, [])
  const welcome = hear(NEW_CONNECTION, first, undefined, { kind: 'welcome', version: 1, epoch: 4 })
  t.deepEqual(
    welcome.doing.map((one) => one.kind === 'send' && one.message.kind),
    ['inventory'],
  )
  t.is(welcome.epoch, 4)
  t.deepEqual(report(welcome.connection, first).doing, [])
  t.deepEqual(
    report(welcome.connection, next(first, { numa: [] })).doing.map((one) => one.kind === 'send' && one.message.kind),
    ['delta'],
  )
  t.deepEqual(
    hear(welcome.connection, first, 4, { kind: 'resend' }).doing.map((one) => one.kind === 'send' && one.message.kind),
    ['inventory'],
  )
})

test('a manager of an older epoch is not obeyed', (t) => {
  const heard = hear(NEW_CONNECTION, first, 9, { kind: 'welcome', version: 1, epoch: 8 })
  t.is(heard.epoch, 9)
  t.is(heard.doing[0]?.kind, 'close')
})

test('a manager that says it has more than there is gets everything, not a delta from a revision that never was', (t) => {
  const second = next(first, { guests: [] })
  t.like(reportSince(second, 3), { kind: 'inventory', revision: 2 })
  t.is(reportSince(second, 2), undefined)
  t.like(reportSince(second, 1), { kind: 'delta', base: 1 })
})
