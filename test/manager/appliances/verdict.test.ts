import test from 'ava'
import { type BootFacts, consequencesOf } from '../../../manager/appliances/verdict.ts'
import type { BootRecord } from '../../../manager/protocol/appliance.ts'
import type { KnownBoot } from '../../../manager/store/tables/boots.ts'
import { macOf } from '../site.ts'

const NOW = 1_790_000_000_000
const [A, B] = [
  { id: 'a'.repeat(16), address: '10.77.0.1' },
  { id: 'b'.repeat(16), address: '10.77.0.2' },
]
const HOST = { id: 'h'.repeat(16), name: 'node01' }

const boot = (changed: Partial<BootRecord> = {}): BootRecord => ({
  id: 'x'.repeat(16),
  mac: macOf(1),
  started: NOW - 60_000,
  outcome: 'booting',
  stages: [{ stage: 'script', state: 'done', at: NOW, detail: '' }],
  ...changed,
})
const stored = (changed: Partial<KnownBoot> = {}): KnownBoot => {
  const { id, mac, started, outcome } = boot()
  return { id, mac, started, outcome, appliance: A.id, ...changed }
}
const after = (told: BootRecord, changed: Partial<BootFacts> = {}) =>
  consequencesOf({ boot: told, appliance: A, known: [], host: HOST, now: NOW, ...changed })
const kinds = (...[told, changed]: Parameters<typeof after>) => after(told, changed).map(({ kind }) => kind)

test('a boot that gets stuck or fails raises an alarm with its diagnosis and makes its host lost; once, however often it is told', (t) => {
  const stuck = boot({ outcome: 'stuck', diagnosis: 'no REQUEST came: this firmware rejects proxy offers' })
  const [alarm, silent] = after(stuck, { known: [stored()] })
  t.like(alarm, { kind: 'alarm', alarm: { kind: 'boot-stuck', host: HOST.id } })
  t.regex(alarm?.kind === 'alarm' ? alarm.alarm.text : '', /^node01 \(52:54:00:77:00:01\) does not boot: no REQUEST came/)
  t.like(silent, { kind: 'silent', host: HOST.id })
  t.deepEqual(kinds(stuck, { known: [stored({ outcome: 'stuck' })] }), [])
  t.deepEqual(kinds(boot({ outcome: 'failed' })), ['alarm', 'silent'])
  t.regex(JSON.stringify(after(boot({ outcome: 'failed' }))), /it stopped after the stage script/)
})

test('a boot that comes up ends the alarm about its host, and one that goes on changes nothing', (t) => {
  t.deepEqual(after(boot({ outcome: 'up' }), { known: [stored({ outcome: 'stuck' })] }), [{ kind: 'over', key: `boot-stuck ${HOST.id}` }])
  t.deepEqual(kinds(boot()), [])
})

test('a boot that another has followed, or of the day before yesterday, alarms nobody', (t) => {
  const newer = stored({ id: 'y'.repeat(16), started: NOW })
  t.deepEqual(kinds(boot({ outcome: 'failed' }), { known: [newer] }), [])
  t.deepEqual(kinds(boot({ outcome: 'stuck', started: NOW - 48 * 3600_000 })), [])
})

test('machines that are no hosts share one alarm, however many MAC addresses somebody makes up', (t) => {
  const abouts = [1, 2, 3].flatMap((index) => {
    const [alarm] = after(boot({ outcome: 'stuck', mac: macOf(index) }), { host: undefined })
    return alarm?.kind === 'alarm' ? [alarm.alarm.about] : []
  })
  t.deepEqual(new Set(abouts), new Set(['no host yet']))
  t.deepEqual(kinds(boot({ outcome: 'up' }), { host: undefined }), [])
})

test('one MAC that boots at two appliances at once raises an alarm that names both; a host that has moved does not', (t) => {
  const elsewhere = stored({ id: 'z'.repeat(16), appliance: B.id, started: NOW - 61_000 })
  const [alarm] = after(boot(), { known: [elsewhere] })
  t.like(alarm, { kind: 'alarm', alarm: { kind: 'two-appliances', about: macOf(1), host: HOST.id } })
  t.regex(JSON.stringify(alarm), new RegExp(`${A.id}.*${B.id}`))
  t.deepEqual(kinds(boot(), { known: [stored({ ...elsewhere, started: NOW - 600_000 })] }), [])
  t.deepEqual(kinds(boot(), { known: [stored(), elsewhere] }), [], 'told before')
  t.deepEqual(kinds(boot(), { known: [stored({ id: 'z'.repeat(16) })] }), [], 'at the same appliance')
})
