import test from 'ava'
import { after } from '../../../appliance/wire/timers.ts'
import { type Act, AuditBound } from '../../../manager/access/audit-bound.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'

function bound(write?: (act: Act) => Promise<void>) {
  const [written, clock]: [Act[], { at: number }] = [[], { at: 0 }]
  const keep = async (act: Act) => void written.push(act)
  return { written, clock, audit: new AuditBound(write ?? keep, () => clock.at, after, collectingLog().log) }
}

const act = (who: string, peer: string) => ({ who, peer, what: 'PATCH /api/v1/hosts/x: refused (403): no' })

test('a flood of one user is 20 entries and one that counts the rest; another user is written as before', async (t) => {
  const { written, audit } = bound()
  for (let at = 0; at < 5000; at += 1) await audit.add(act('mallory', '10.0.0.9'))
  await audit.add(act('alice', '10.0.0.1'))
  t.is(written.length, 21)
  await audit.flush()
  t.is(written.length, 22)
  t.like(written[21], { who: 'mallory', peer: '10.0.0.9' })
  t.regex(written[21]?.what ?? '', /^4980 more such requests were not written one by one; the last was: PATCH/)
  await audit.flush()
  t.is(written.length, 22)
})

test('names and addresses that cost nothing make no more entries: a day of a thousand a second is a few megabytes', async (t) => {
  const { written, clock, audit } = bound()
  for (let at = 0; at < 20_000; at += 1) {
    clock.at += 1
    await audit.add(act(`name${at % 700}`, `2001:db8:${(at % 5000).toString(16)}::1`))
  }
  await audit.flush()
  t.true(written.length <= 200 + 20 + 21, `${written.length} entries in 20 s`)
  const counted = written.map(({ what }) => Number(/^(\d+) more/.exec(what)?.[1] ?? 1)).reduce((sum, count) => sum + count, 0)
  t.is(counted, 20_000)
})

test('what was counted while the disk was full is written when there is room', async (t) => {
  let full = true
  const written: Act[] = []
  const { audit } = bound(async (one) => {
    if (full) throw new Error('full')
    written.push(one)
  })
  for (let at = 0; at < 20; at += 1) await t.throwsAsync(audit.add(act('mallory', '10.0.0.9')))
  for (let at = 0; at < 7; at += 1) await audit.add(act('mallory', '10.0.0.9'))
  await audit.flush()
  full = false
  await audit.flush()
  t.deepEqual(
    written.map(({ what }) => what.slice(0, 6)),
    ['7 more'],
  )
})
