import test from 'ava'
import { alarmOf, type FailedHost } from '../../../manager/storage/connection-alarm.ts'

const CONNECTION = { id: 'c1', portal: '10.77.0.5:3260', target: 'iqn.2026-11.com.example:disk1', groups: [], ending: false }
const failed = (count: number, why = 'timed out'): readonly FailedHost[] =>
  Array.from({ length: count }, (_, at) => ({ id: `id${at + 1}`, name: `node${at + 1}`, why }))

test('thirty-six hosts that do not reach one portal are one alarm, which has them all', (t) => {
  const alarm = alarmOf(CONNECTION, failed(36))
  t.like(alarm, { kind: 'connection-failed', about: 'c1' })
  t.is(alarm?.hosts?.length, 36)
  t.regex(
    alarm?.text ?? '',
    /^node1, node2, node3 and 33 others are not logged in to iqn\S+ at 10\.77\.0\.5:3260 as they should be: timed out\. It is tried again/,
  )
})

test('one host is named by itself; none is no alarm', (t) => {
  t.regex(alarmOf(CONNECTION, failed(1))?.text ?? '', /^node1 is not logged in to .* as it should be: timed out\./)
  t.regex(alarmOf({ ...CONNECTION, ending: true }, failed(1))?.text ?? '', /^node1 stays logged in to/)
  t.is(alarmOf(CONNECTION, []), undefined)
})

test('who fails in other ways is told apart, the commonest way first, and of many ways not all', (t) => {
  const others = ['no route', 'refused', 'bad CHAP', 'no such target'].map((why, at) => ({ id: `o${at}`, name: `other${at}`, why }))
  const { text = '' } = alarmOf(CONNECTION, [...others, ...failed(3)]) ?? {}
  t.regex(text, /: node1, node2 and node3: timed out; other0: no route; other1: refused; 2 others for other reasons\./)
})
