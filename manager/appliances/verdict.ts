// What follows from what an appliance tells of a boot: alarms, and a host that is lost because it does not come up. Pure.
import type { BootRecord } from '../protocol/appliance.ts'
import { alarmKey, type RaisedAlarm } from '../store/tables/alarms.ts'
import type { KnownBoot } from '../store/tables/boots.ts'

export interface BootFacts {
  readonly boot: BootRecord
  readonly appliance: { readonly id: string; readonly address: string }
  /** What else is known of boots of this machine, from whichever NIC. */
  readonly known: readonly KnownBoot[]
  /** Undefined for a machine that has never enrolled. */
  readonly host: { readonly id: string; readonly name: string } | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type Consequence =
  | { readonly kind: 'alarm'; readonly alarm: RaisedAlarm }
  /** The alarm is over. */
  | { readonly kind: 'over'; readonly key: string }
  /** It does not come up; nobody believes this of a host whose agent is connected. */
  | { readonly kind: 'silent'; readonly host: string; readonly cause: string }

/** What is older is history when it is first told, ms. */
const NEWS = 24 * 3600_000
/** A NIC that begins two boots within so many ms, at two appliances, is answered by both. */
const AT_ONCE = 30_000

export function consequencesOf(facts: BootFacts): readonly Consequence[] {
  const { boot, known, now } = facts
  const isNewest = known.every(({ id, started }) => id === boot.id || started <= boot.started)
  const before = known.find(({ id }) => id === boot.id)
  if (!isNewest || now - boot.started > NEWS) return []
  return [...(before?.outcome === boot.outcome ? [] : outcome(facts)), ...(before ? [] : twoAppliances(facts))]
}

function outcome({ boot, host }: BootFacts): readonly Consequence[] {
  const alarm = stuckAlarm(boot, host)
  switch (boot.outcome) {
    case 'booting':
      return []
    case 'up':
    case 'once': // it does as it was told, and what it did not before is over
      return host ? [{ kind: 'over', key: alarmKey(alarm) }] : []
    case 'stuck':
    case 'failed':
      return [
        { kind: 'alarm', alarm },
        ...(host ? [{ kind: 'silent', host: host.id, cause: `its boot does not go on: ${diagnosisOf(boot)}` } as const] : []),
      ]
  }
}

/** Machines that are no hosts share one alarm: anybody on the wire can make them up. */
function stuckAlarm(boot: BootRecord, host: BootFacts['host']): RaisedAlarm {
  const { mac } = boot
  if (host) return { kind: 'boot-stuck', about: host.id, host: host.id, text: `${host.name} (${mac}) does not boot: ${diagnosisOf(boot)}` }
  return { kind: 'boot-stuck', about: 'no host yet', text: `a machine that is no host yet (${mac}) does not boot: ${diagnosisOf(boot)}` }
}

function diagnosisOf({ diagnosis, stages }: BootRecord): string {
  return diagnosis ?? `it stopped after the stage ${stages.at(-1)?.stage ?? 'firmware'}`
}

function twoAppliances({ boot, appliance, known, host }: BootFacts): readonly Consequence[] {
  const other = known.find(
    (one) => one.mac === boot.mac && one.appliance !== appliance.id && Math.abs(one.started - boot.started) < AT_ONCE,
  )
  if (!other) return []
  const name = host ? `${host.name} (${boot.mac})` : boot.mac
  const text = `${name} boots from the appliances ${appliance.id} (${appliance.address}) and ${other.appliance} at the same time: both answer on one network, or two machines have this MAC address. Let only one appliance serve each network`
  return [{ kind: 'alarm', alarm: { kind: 'two-appliances', about: boot.mac, ...(host ? { host: host.id } : {}), text } }]
}
