// From a bare machine to the first host, by what the appliances have told and the doctor has found: what has happened counts for more than
// what a check says. Pure.
import type { ChecklistStep } from '../../contract/checklist.ts'
import type { Finding } from '../../doctor/finding.ts'
import type { KnownAppliance } from '../../store/tables/appliances.ts'
import type { StoredBoot } from '../../store/tables/boots.ts'
import { sayDuration } from '../../wording.ts'

export interface ChecklistFacts {
  /** None where this manager may not look, or has not yet. */
  readonly findings: readonly Pick<Finding, 'check' | 'subject' | 'result' | 'seen' | 'mend'>[]
  /** Heard of last comes first. */
  readonly appliances: readonly KnownAppliance[]
  /** Newest first. */
  readonly boots: readonly StoredBoot[]
  readonly hosts: readonly { readonly name: string; readonly trust: string }[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

type Said = Omit<ChecklistStep, 'name' | 'title'>

/** One that is there asks for its plan again and again, ms. */
const SILENT = 5 * 60_000

export function checklistOf(facts: ChecklistFacts): { readonly over: boolean; readonly steps: ChecklistStep[] } {
  return {
    over: facts.hosts.some(({ trust }) => trust === 'approved'),
    steps: [
      { name: 'image', title: 'A dom0 image is built and published', ...image(facts) },
      { name: 'appliance', title: 'An appliance serves', ...appliance(facts) },
      { name: 'dhcp', title: 'DHCP answers', ...dhcp(facts) },
      { name: 'boot', title: 'A machine boots', ...boot(facts) },
      { name: 'approval', title: 'A host is approved', ...approval(facts) },
    ],
  }
}

function image({ findings, boots }: ChecklistFacts): Said {
  const served = boots.find((one) => one.image !== undefined)
  const found = findings.filter(({ check }) => check === 'images')
  const bad = worst(found)
  if (bad?.result === 'failed') return { state: 'failed', seen: `${bad.subject}: ${bad.seen}`, ...mendOf(bad) }
  if (served) return { state: 'done', seen: `machines boot ${served.image} ${served.generation ?? ''}`.trim() }
  const [first] = found
  if (bad) return { state: 'unknown', seen: bad.seen, ...mendOf(bad) }
  if (first) return { state: 'done', seen: `${first.subject}: ${first.seen}` }
  return { state: 'unknown', seen: 'not looked at yet', mend: 'hostless image build dom0, on the machine of the appliance' }
}

function appliance({ appliances, findings, now }: ChecklistFacts): Said {
  const [newest] = appliances
  if (!newest) {
    const bad = worst(findings.filter(({ check }) => ['config', 'interface', 'ports'].includes(check)))
    if (bad?.result === 'failed') return { state: 'failed', seen: `${bad.subject}: ${bad.seen}`, ...mendOf(bad) }
    return { state: 'waiting', seen: 'no appliance was heard of', mend: 'hostless up --config FILE starts appliance and manager' }
  }
  const silence = now - newest.lastSeen
  const seen = `${newest.address}, version ${newest.version}`
  if (silence < SILENT) return { state: 'done', seen }
  return { state: 'failed', seen: `${seen}: not heard of for ${sayDuration(silence)}`, mend: 'start it again: hostless up, or its service' }
}

function dhcp({ appliances, boots, findings }: ChecklistFacts): Said {
  const leases = appliances.reduce((sum, one) => sum + one.leases, 0)
  const bad = worst(findings.filter(({ check, subject }) => check === 'dhcp-servers' || (check === 'firewall' && /67/.test(subject))))
  if (leases > 0) return { state: 'done', seen: leases === 1 ? '1 address is lent' : `${leases} addresses are lent` }
  if (boots.length > 0) return { state: 'done', seen: 'machines that boot are answered' }
  if (bad?.result === 'failed') return { state: 'failed', seen: `${bad.subject}: ${bad.seen}`, ...mendOf(bad) }
  return {
    state: 'waiting',
    seen: 'no machine has asked yet',
    mend: 'let a server boot from the network: its boot order, its cable, its VLAN',
  }
}

function boot({ boots, hosts }: ChecklistFacts): Said {
  const [newest] = boots
  if (boots.some(({ outcome }) => outcome === 'up') || hosts.length > 0) {
    const up = boots.find(({ outcome }) => outcome === 'up')
    return { state: 'done', seen: up ? `${up.mac} came up` : 'a machine has enrolled' }
  }
  if (!newest) return { state: 'waiting', seen: 'no machine has begun to boot', mend: 'switch a server on that boots from the network' }
  const stage = newest.stages.at(-1)
  if (newest.outcome === 'booting')
    return { state: 'waiting', seen: `${newest.mac} boots now: ${stage ? `${stage.stage} ${stage.state}` : 'it has asked'}` }
  return {
    state: 'failed',
    seen: `${newest.mac} does not come up`,
    mend: newest.diagnosis ?? `it stopped after the stage ${stage?.stage ?? 'firmware'}`,
  }
}

function approval({ hosts }: ChecklistFacts): Said {
  const approved = hosts.filter(({ trust }) => trust === 'approved')
  const [first] = approved
  if (first) return { state: 'done', seen: approved.length === 1 ? `${first.name} is approved` : `${approved.length} hosts are approved` }
  const pending = hosts.filter(({ trust }) => trust === 'pending')
  if (pending.length === 0) return { state: 'waiting', seen: 'no machine has enrolled' }
  const seen = pending.length === 1 ? `${pending[0]?.name} waits` : `${pending.length} machines wait`
  return { state: 'waiting', seen, mend: 'approve it: the page Pending, or hostless host approve NAME' }
}

/** What failed before what is unknown; undefined: all is well, or nothing was looked at. */
function worst(findings: ChecklistFacts['findings']) {
  return findings.find(({ result }) => result === 'failed') ?? findings.find(({ result }) => result === 'unknown')
}

const mendOf = ({ mend }: { readonly mend?: string }) => (mend === undefined ? {} : { mend })
