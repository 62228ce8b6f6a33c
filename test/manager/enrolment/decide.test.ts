import test from 'ava'
import { decideEnrolment, type EnrolDecision, type EnrolFacts } from '../../../manager/enrolment/decide.ts'
import type { HostRecord } from '../../../manager/store/tables/hosts.ts'
import { hostIn } from '../hosts/conditions.ts'

const [MAC, SPARE] = ['52:54:00:77:00:01', '52:54:00:77:01:01']
const UUID = '00000000-0000-4000-8000-000000000001'
const NOW = 1_000_000

const attempt = {
  id: 'a'.repeat(16),
  mac: MAC,
  uuid: null,
  address: '10.77.0.21',
  token_hash: 'token',
  expires: NOW + 1,
  spent: null,
  spent_for: null,
}
const host: HostRecord = {
  id: 'h'.repeat(16),
  name: 'node01',
  uuid: UUID,
  serial: 'S1',
  ...hostIn('approved'),
  since: 0,
  groups: [],
  notes: '',
  created: 0,
  attempt: 'b'.repeat(16),
  macs: [
    { mac: MAC, boot: true },
    { mac: SPARE, boot: false },
  ],
}
const facts: EnrolFacts = {
  now: NOW,
  policy: 'auto',
  peer: '10.77.0.21',
  tokenHash: 'token',
  keyHash: 'key',
  claimed: { bootMac: MAC, uuid: UUID, serial: 'S1', product: undefined, macs: [MAC, SPARE] },
  attempt,
  host,
  configured: [],
  presence: 'away',
  probe: undefined,
  renewable: 0,
  holders: { uuid: [], macs: [] },
}
const decide = (changed: Partial<EnrolFacts>): EnrolDecision => decideEnrolment({ ...facts, ...changed })
const other = { ...facts.claimed, bootMac: MAC, uuid: undefined, serial: 'S1', product: undefined, macs: [MAC, SPARE] }

test('a token that has expired is refused at its last millisecond and after, whoever shows it', (t) => {
  for (const expires of [NOW, NOW - 1, 0]) {
    t.like(decide({ attempt: { ...attempt, expires } }), { kind: 'refused', retry: false, alarm: { kind: 'enrolment-refused' } })
    t.like(decide({ attempt: { ...attempt, expires }, host: undefined }), { kind: 'refused' })
  }
  t.is(decide({}).kind, 'known')
})

test('the same agent may ask again for as long as its certificate could be renewed, and no longer', (t) => {
  const again = { attempt: { ...attempt, spent: 1, spent_for: 'key', expires: 0 }, host: { ...host, attempt: attempt.id } }
  t.is(decide({ ...again, renewable: NOW }).kind, 'repeated')
  const late = decide({ ...again, renewable: NOW - 1 })
  t.regex(late.kind === 'refused' ? late.reason : '', /boot the host again/)
  t.like(decide({ ...again, keyHash: 'another', renewable: NOW }), { kind: 'refused' })
})

test('a machine that was never seen is let in by the policy, a known one that has changed by a person only', (t) => {
  t.like(decide({ host: undefined }), { kind: 'welcome', trust: 'approved' })
  t.like(decide({ host: undefined, policy: 'approve' }), { kind: 'welcome', trust: 'pending' })
  const claim = decide({ claimed: other })
  t.like(claim, { kind: 'claim', alarm: { kind: 'identity-changed', host: host.id } })
})

test('nobody takes the place of a host whose agent is connected, or was a moment ago, with another identity', (t) => {
  for (const presence of ['connected', 'recent'] as const) {
    const refused = decide({ claimed: other, presence })
    t.like(refused, { kind: 'refused', retry: true, alarm: { kind: 'identity-changed', host: host.id } })
  }
})

test('with the same identity, whoever is connected is asked: who answers stays, who is silent was reset', (t) => {
  t.like(decide({ presence: 'connected' }), { kind: 'probe', host: host.id })
  t.like(decide({ presence: 'connected', probe: 'answers' }), { kind: 'refused', retry: true, alarm: { host: host.id } })
  t.like(decide({ presence: 'recent', probe: 'silent' }), { kind: 'known', trust: 'approved' })
  t.like(decide({ presence: 'recent' }), { kind: 'known' })
  t.like(decide({ presence: 'connected', probe: 'silent' }), { kind: 'refused' }, 'its agent came back meanwhile')
  const busy = decide({ presence: 'connected', probe: 'busy' })
  t.true(busy.kind === 'refused' && busy.retry && busy.alarm === undefined)
})

test('the machine that was approved comes back over whoever claims to be it, as what it was', (t) => {
  const claim = { attempt: 'c'.repeat(16), at: 0, differs: ['x'], macs: [{ mac: MAC, boot: true }] }
  t.like(decide({ host: { ...host, trust: 'pending', claim }, presence: 'connected' }), { kind: 'known', trust: 'approved' })
  const again = { ...other, serial: undefined, macs: [MAC] }
  t.like(decide({ host: { ...host, trust: 'pending', claim }, claimed: again, presence: 'connected' }), { kind: 'probe' })
  t.like(decide({ host: { ...host, trust: 'pending', claim }, claimed: again }), { kind: 'claim' })
})

test('a fenced host stays fenced, whoever boots as it', (t) => {
  t.like(decide({ host: { ...host, power: 'fenced' }, claimed: other }), { kind: 'claim' })
})
