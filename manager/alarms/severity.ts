// How bad what an alarm tells of is.
import { SEVERITIES, type Severity } from '../protocol/notifications.ts'
import { ALARM_KINDS, type AlarmKind } from '../store/tables/alarm-kinds.ts'

const OF: Readonly<Record<AlarmKind, Severity>> = {
  'enrolment-refused': 'warning',
  'duplicate-uuid': 'critical',
  'duplicate-mac': 'critical',
  'identity-changed': 'critical',
  'agent-refused': 'warning',
  'certificate-refused': 'critical',
  'host-state': 'critical',
  'clock-jumped': 'warning',
  'connection-failed': 'warning',
  'properties-failed': 'warning',
  'scan-failed': 'info',
  'upgrade-failed': 'warning',
  'boot-stuck': 'warning',
  'two-appliances': 'warning',
  'automation-waits': 'critical',
  'guest-stays-down': 'critical',
  'guest-not-started': 'critical',
  'unknown-guests': 'critical',
  'notification-failed': 'warning',
  'shared-uuid': 'critical',
  'shared-mac': 'critical',
  'shared-initiator': 'critical',
  'shared-wwid': 'critical',
  'sibling-differs': 'info',
  'disk-failing': 'critical',
  'path-failed': 'warning',
  'sensor-alarm': 'warning',
  'clock-differs': 'warning',
  'disk-defects': 'warning',
  'pv-missing': 'critical',
  'thin-pool-full': 'critical',
  'lv-degraded': 'critical',
  'drbd-degraded': 'critical',
}

/** What people have written may be lost, or is lost with the next fault. */
const DATA_AT_RISK: ReadonlySet<string> = new Set<AlarmKind | 'store-trouble'>([
  ...(['shared-wwid', 'shared-initiator', 'disk-failing', 'disk-defects', 'path-failed', 'pv-missing', 'thin-pool-full'] as const),
  ...(['lv-degraded', 'drbd-degraded', 'store-trouble'] as const),
])

export const isDataAtRisk = (kind: string): boolean => DATA_AT_RISK.has(kind)

/** The gravest first: by severity, and of those of one severity the ones that put data at risk. */
export function byGravity(a: { readonly kind: string }, b: { readonly kind: string }): number {
  return gravityOf(b.kind) - gravityOf(a.kind)
}

const gravityOf = (kind: string): number => SEVERITIES.indexOf(severityOf(kind)) * 2 + Number(isDataAtRisk(kind))

/** `critical` of what this hostless does not know. */
export function severityOf(kind: string): Severity {
  const known = ALARM_KINDS.find((one) => one === kind)
  return known === undefined ? 'critical' : OF[known]
}

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least)
}
