import test from 'ava'
import { type ChecklistFacts, checklistOf } from '../../../../manager/doors/answers/checklist.ts'
import { bootRecord } from '../../../../manager/protocol/appliance.ts'

const AT = 1_795_000_000_000
const NOTHING: ChecklistFacts = { findings: [], appliances: [], boots: [], hosts: [], now: AT }
const APPLIANCE = { id: 'a', address: '10.77.0.1', version: '0.1.0', firstSeen: AT, lastSeen: AT, boots: 0, leases: 0 }

const boot = (outcome: 'booting' | 'up' | 'stuck', more: object = {}) => ({
  ...bootRecord.parse({
    ...{ id: 'abcdefghijklmnop', mac: '52:54:00:77:00:01', started: AT, outcome },
    stages: [{ stage: 'tftp', state: 'running', at: AT, detail: '' }],
    ...more,
  }),
  appliance: 'a',
})
const states = (facts: Partial<ChecklistFacts>) => checklistOf({ ...NOTHING, ...facts }).steps.map(({ state }) => state)
const step = (name: string, facts: Partial<ChecklistFacts>) => checklistOf({ ...NOTHING, ...facts }).steps.find((one) => one.name === name)

test('nothing is done on a bare machine; each step ticks itself off by what has happened', (t) => {
  t.deepEqual(states({}), ['unknown', 'waiting', 'waiting', 'waiting', 'waiting'])
  const published = [{ check: 'images', subject: 'dom0@1', result: 'ok', seen: 'signed' }] as const
  t.deepEqual(states({ findings: published }), ['done', 'waiting', 'waiting', 'waiting', 'waiting'])
  const appliances = [{ ...APPLIANCE, leases: 1 }]
  t.deepEqual(states({ findings: published, appliances }), ['done', 'done', 'done', 'waiting', 'waiting'])
  const booting = boot('booting', { image: 'dom0', generation: '0123456789abcdef' })
  t.deepEqual(states({ appliances, boots: [booting] }), ['done', 'done', 'done', 'waiting', 'waiting'])
  t.regex(step('boot', { boots: [booting] })?.seen ?? '', /52:54:00:77:00:01 boots now: tftp running/)
  const hosts = [{ name: 'node01', trust: 'pending' }]
  t.deepEqual(states({ appliances, boots: [boot('up')], hosts }), ['unknown', 'done', 'done', 'done', 'waiting'])
  t.like(step('approval', { hosts }), { seen: 'node01 waits', mend: 'approve it: the page Pending, or hostless host approve NAME' })
  const over = checklistOf({ ...NOTHING, appliances, hosts: [{ name: 'node01', trust: 'approved' }] })
  t.true(over.over)
  t.like(over.steps.at(-1), { state: 'done', seen: 'node01 is approved' })
})

test('what is in the way is said with how to mend it, also of a machine that never enrols', (t) => {
  const stuck = step('boot', { boots: [boot('stuck', { diagnosis: 'two offers, no REQUEST: this firmware rejects proxy offers' })] })
  t.deepEqual([stuck?.state, stuck?.mend], ['failed', 'two offers, no REQUEST: this firmware rejects proxy offers'])
  const other = {
    check: 'dhcp-servers',
    subject: '10.0.0.9',
    result: 'failed',
    seen: 'offers 10.0.0.50',
    mend: 'switch it off there',
  } as const
  t.like(step('dhcp', { findings: [other] }), { state: 'failed', seen: '10.0.0.9: offers 10.0.0.50', mend: 'switch it off there' })
  t.is(step('dhcp', { findings: [other], boots: [boot('up')] })?.state, 'done', 'what has happened counts for more')
  const taken = { check: 'ports', subject: 'UDP 67', result: 'failed', seen: 'dnsmasq has it', mend: 'stop dnsmasq' } as const
  t.like(step('appliance', { findings: [taken] }), { state: 'failed', mend: 'stop dnsmasq' })
  t.like(step('appliance', { appliances: [{ ...APPLIANCE, lastSeen: AT - 3600_000 }] }), { state: 'failed' })
  const none = {
    check: 'images',
    subject: 'dom0',
    result: 'failed',
    seen: 'nothing is published',
    mend: 'hostless image build dom0',
  } as const
  t.like(step('image', { findings: [none] }), { state: 'failed', mend: 'hostless image build dom0' })
  const unread = { check: 'images', subject: 'images', result: 'unknown', seen: 'EACCES' } as const
  t.is(step('image', { findings: [unread] })?.state, 'unknown')
})
