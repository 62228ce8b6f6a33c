import test from 'ava'
import { Conclusions } from '../../../manager/alarms/conclusions.ts'
import { lastKnown } from '../../../manager/alarms/last-known.ts'
import type { Inventory, Problem, SectionName } from '../../../manager/protocol/inventory.ts'
import { mac, reporting } from '../connectivity/inventories.ts'

const problem = (section: SectionName, lacks?: Problem['lacks']): Problem => ({
  section,
  source: 's',
  reason: 'r',
  ...(lacks ? { lacks } : {}),
})
const having = (given: object): Inventory => reporting('a', given).inventory
const KNOWN = having({
  dmi: { manufacturer: 'Dell', product: 'R640', memoryModules: [{ slot: 'A1', bytes: 1024 }] },
  nics: [{ name: 'eth0', mac: mac(1) }],
  iscsi: { initiator: 'iqn.2026-11.test:a', sessions: [] },
})

test('lastKnown keeps what an unread section lacks, in lists and in records, and takes what it has', (t) => {
  const now = having({
    dmi: { product: 'R650', memoryModules: [] },
    nics: [{ name: 'eth1', mac: mac(2) }],
    problems: [problem('dmi'), problem('nics', 'items'), problem('iscsi', 'items')],
  })
  const known = lastKnown(KNOWN, now)
  t.deepEqual(known.dmi, { ...KNOWN.dmi, product: 'R650' })
  t.deepEqual(known.nics, [...now.nics, ...KNOWN.nics])
  t.is(known.iscsi.initiator, KNOWN.iscsi.initiator)
})

test('lastKnown leaves alone what was read, and what lacks a detail only', (t) => {
  const now = having({ problems: [problem('nics', 'detail'), problem('nics', 'parts'), problem('guests')] })
  t.deepEqual(lastKnown(KNOWN, now), now)
  t.is(lastKnown(undefined, now), now)
})

test('what lastKnown remembers does not grow with the names that a tool makes up', (t) => {
  let known = KNOWN
  for (let round = 0; round < 20; round += 1) {
    const nics = Array.from({ length: 250 }, (_, index) => ({ name: `x${round}-${index}`, mac: mac(9) }))
    known = lastKnown(known, having({ nics, problems: [problem('nics')] }))
  }
  t.is(known.nics.length, 4096)
  t.is(known.nics[0]?.name as string | undefined, 'x19-0')
})

test('after a start, what names no host goes on while any host has not read what it rests on', (t) => {
  const key = `shared-mac ${mac(1)}`
  const conclusions = new Conclusions(new Map([[key, 'as it was']]))
  conclusions.update(reporting('a', { problems: [problem('nics')] }))
  conclusions.complete()
  t.deepEqual(conclusions.changes(), [])
  conclusions.update(reporting('a', {}))
  t.deepEqual(
    conclusions.changes().map((change) => [change.kind, change.key]),
    [['ends', key]],
  )
})
