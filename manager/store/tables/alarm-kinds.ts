// The kinds of alarms: what happens, and what is so.

/** Something happened: raised each time that it happens, until an operator clears it. */
export const EVENT_KINDS = [
  'enrolment-refused',
  'duplicate-uuid',
  'duplicate-mac',
  'identity-changed',
  'agent-refused',
  'certificate-refused',
  'host-state',
  'clock-jumped',
  'connection-failed',
  'properties-failed',
  'scan-failed',
  'upgrade-failed',
  'boot-stuck',
  'two-appliances',
  'automation-waits',
  'guest-stays-down',
  'guest-not-started',
  'unknown-guests',
  'notification-failed',
] as const

/** Something is so: raised when it begins, cleared by the manager when it ends. */
export const CONDITION_KINDS = [
  'shared-uuid',
  'shared-mac',
  'shared-initiator',
  'shared-wwid',
  'sibling-differs',
  'disk-failing',
  'path-failed',
  'sensor-alarm',
  'clock-differs',
  'disk-defects',
  'pv-missing',
  'thin-pool-full',
  'lv-degraded',
  'drbd-degraded',
] as const

export type EventKind = (typeof EVENT_KINDS)[number]
export type ConditionKind = (typeof CONDITION_KINDS)[number]
export type AlarmKind = EventKind | ConditionKind
export const ALARM_KINDS: readonly AlarmKind[] = [...EVENT_KINDS, ...CONDITION_KINDS]
