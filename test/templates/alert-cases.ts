// For each alert what Prometheus has read when it is to fire, and what is near to that and no reason to. Values in promtool's notation:
// `0+1x30` is one more each minute, for 30 minutes; `_x30` is nothing.

export interface Case {
  readonly fires: Readonly<Record<string, string>>
  /** Minutes after the first reading by which it fires; as much before it has not. */
  readonly at: number
  /** Minutes after the first reading at which it does not fire yet; missing: it waits for nothing. */
  readonly notYet?: number
  /** Of what fires, without its name and severity. */
  readonly labels: Readonly<Record<string, string>>
  /** As a person reads it. */
  readonly summary: string
  /** Not once in all its time. */
  readonly quiet: readonly Readonly<Record<string, string>>[]
}

const APPLIANCE = { job: 'hostless-appliance', instance: '10.77.0.1:8067' }
const MANAGER = { job: 'hostless-manager', instance: '10.77.0.1:8443' }
const at = (of: object, more: object = {}): string =>
  `{${Object.entries({ ...of, ...more })
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}}`

/** How many writes took so long, cumulative: `slow` of a hundred take up to one second, the rest up to 10 ms. */
const writes = (slow: number): Record<string, string> => ({
  [`hostless_store_write_seconds_bucket${at(MANAGER, { le: '0.01' })}`]: `0+${100 - slow}x60`,
  [`hostless_store_write_seconds_bucket${at(MANAGER, { le: '0.5' })}`]: `0+${100 - slow}x60`,
  [`hostless_store_write_seconds_bucket${at(MANAGER, { le: '1' })}`]: '0+100x60',
  [`hostless_store_write_seconds_bucket${at(MANAGER, { le: '+Inf' })}`]: '0+100x60',
})

/** Requests to the API a minute. */
const requests = (well: number, failed: number): Record<string, string> => ({
  [`hostless_api_request_seconds_count${at(MANAGER, { method: 'GET', route: '/api/v1/hosts', status: '200' })}`]: `0+${well}x60`,
  [`hostless_api_request_seconds_count${at(MANAGER, { method: 'GET', route: '/api/v1/hosts', status: '503' })}`]: `0+${failed}x60`,
})

const failedBoots = (a: string): Record<string, string> => ({
  [`hostless_boots_total${at(APPLIANCE, { outcome: 'failed', stage: 'kernel' })}`]: a,
  [`hostless_boots_total${at(APPLIANCE, { outcome: 'up', stage: 'up' })}`]: '0+10x60',
})

const pool = (leases: string): Record<string, string> => ({
  [`hostless_pool_leases${at(APPLIANCE, { pool: '10.77.0.100-10.77.0.199' })}`]: leases,
  [`hostless_pool_addresses${at(APPLIANCE, { pool: '10.77.0.100-10.77.0.199' })}`]: '100x60',
})

export const CASES: Readonly<Record<string, Case>> = {
  HostlessDown: {
    fires: { [`up${at(MANAGER)}`]: '1x5 0x30' },
    at: 10,
    notYet: 6,
    labels: MANAGER,
    summary: 'hostless-manager at 10.77.0.1:8443 does not answer',
    quiet: [{ [`up${at(MANAGER)}`]: '1x5 0 1x30' }, { [`up${at({ job: 'node', instance: '10.77.0.1:9100' })}`]: '0x30' }],
  },
  HostlessRestarting: {
    fires: { [`process_start_time_seconds${at(APPLIANCE)}`]: '0 100 200 300 400x20' },
    at: 10,
    notYet: 2,
    labels: APPLIANCE,
    summary: 'hostless-appliance at 10.77.0.1:8067 starts again and again',
    quiet: [{ [`process_start_time_seconds${at(APPLIANCE)}`]: '0x5 400x60' }],
  },
  HostlessNotReady: {
    fires: { [`hostless_ready${at(MANAGER)}`]: '1x5 0x30', [`hostless_ready${at(APPLIANCE)}`]: '1x40' },
    at: 10,
    notYet: 6,
    labels: MANAGER,
    summary: 'hostless-manager at 10.77.0.1:8443 runs and cannot do its work',
    quiet: [{ [`hostless_ready${at(MANAGER)}`]: '1x5 0 1x30' }],
  },
  HostlessHostsLost: {
    fires: { [`hostless_hosts_approved${at(MANAGER, { presence: 'lost', service: 'in' })}`]: '0x5 3x30' },
    at: 15,
    notYet: 8,
    labels: { ...MANAGER, presence: 'lost', service: 'in' },
    summary: 'Hosts in service that are lost: 3',
    quiet: [
      { [`hostless_hosts_approved${at(MANAGER, { presence: 'lost', service: 'maintenance' })}`]: '3x60' },
      { [`hostless_hosts_approved${at(MANAGER, { presence: 'silent', service: 'in' })}`]: '3x60' },
    ],
  },
  HostlessHostsPending: {
    fires: { [`hostless_hosts${at(MANAGER, { state: 'pending' })}`]: '2x90' },
    at: 70,
    notYet: 50,
    labels: { ...MANAGER, state: 'pending' },
    summary: 'Machines that wait to be let in: 2',
    quiet: [{ [`hostless_hosts${at(MANAGER, { state: 'up' })}`]: '2x90' }],
  },
  HostlessHostsUnread: {
    fires: { [`hostless_hosts_unread${at(MANAGER, { section: 'lvs' })}`]: '4x60' },
    at: 20,
    notYet: 10,
    labels: { section: 'lvs' },
    summary: 'Hosts that cannot read their lvs: 4',
    quiet: [{ [`hostless_hosts_unread${at(MANAGER, { section: 'lvs' })}`]: '4x10 0x60' }],
  },
  HostlessBootsStuck: {
    fires: { [`hostless_boots_under_way${at(APPLIANCE, { state: 'stuck', stage: 'firmware' })}`]: '0x5 2x30' },
    at: 15,
    notYet: 8,
    labels: { stage: 'firmware' },
    summary: 'Boots that hang after firmware: 2',
    quiet: [{ [`hostless_boots_under_way${at(APPLIANCE, { state: 'booting', stage: 'firmware' })}`]: '40x60' }],
  },
  HostlessBootsFail: {
    fires: failedBoots('0x15 0+1x30'),
    at: 35,
    notYet: 15,
    labels: { stage: 'kernel' },
    summary: 'Boots fail at kernel',
    quiet: [failedBoots('0x15 2x45')],
  },
  HostlessPoolNearlyFull: {
    fires: pool('50x5 95x30'),
    at: 15,
    notYet: 8,
    labels: { ...APPLIANCE, pool: '10.77.0.100-10.77.0.199' },
    summary: 'Of the addresses 10.77.0.100-10.77.0.199 95% are lent',
    quiet: [pool('90x60')],
  },
  HostlessDropped: {
    fires: { [`hostless_dropped_total${at(APPLIANCE, { protocol: 'dhcp' })}`]: '0+120x60' },
    at: 30,
    notYet: 5,
    labels: { protocol: 'dhcp' },
    summary: 'dhcp: what clients send is dropped',
    quiet: [{ [`hostless_dropped_total${at(APPLIANCE, { protocol: 'dhcp' })}`]: '0+30x60' }],
  },
  HostlessNeedsOperator: {
    fires: { [`hostless_automations${at(MANAGER, { state: 'needs-operator' })}`]: '0x5 1x30' },
    at: 7,
    notYet: 4,
    labels: { ...MANAGER, state: 'needs-operator' },
    summary: 'Automations that wait for a person: 1',
    quiet: [{ [`hostless_automations${at(MANAGER, { state: 'running' })}`]: '7x60' }],
  },
  HostlessMigrationsFail: {
    fires: { [`hostless_migrations_total${at(MANAGER, { way: 'live', outcome: 'failed' })}`]: '0x10 1x50' },
    at: 15,
    notYet: 9,
    labels: { way: 'live' },
    summary: 'Moves of guests failed',
    quiet: [
      {
        [`hostless_migrations_total${at(MANAGER, { way: 'live', outcome: 'done' })}`]: '0+5x60',
        [`hostless_migrations_total${at(MANAGER, { way: 'live', outcome: 'failed' })}`]: '7x60',
      },
    ],
  },
  HostlessStoreSlow: {
    fires: writes(5),
    at: 30,
    notYet: 9,
    labels: MANAGER,
    summary: 'hostless-manager: one write in a hundred takes 900ms',
    quiet: [writes(0), { [`hostless_store_write_seconds_bucket${at(MANAGER, { le: '+Inf' })}`]: '100x60' }],
  },
  HostlessEventLoopLate: {
    fires: { [`hostless_event_loop_delay_seconds${at(APPLIANCE, { quantile: '0.99' })}`]: '0.01x5 0.5x30' },
    at: 15,
    notYet: 8,
    labels: { ...APPLIANCE, quantile: '0.99' },
    summary: 'hostless-appliance comes late to what is due, by 500ms',
    quiet: [{ [`hostless_event_loop_delay_seconds${at(APPLIANCE, { quantile: '0.5' })}`]: '0.3x60' }],
  },
  HostlessApiFails: {
    fires: requests(90, 10),
    at: 20,
    notYet: 4,
    labels: {},
    summary: 'The API fails 10% of what it is asked',
    quiet: [requests(97, 3), requests(0, 0)],
  },
  HostlessNotificationsWait: {
    fires: { [`hostless_notification_events_waiting${at(MANAGER, { target: 'oncall' })}`]: '0x5 12x60' },
    at: 45,
    notYet: 20,
    labels: { ...MANAGER, target: 'oncall' },
    summary: 'Events that oncall has not been told of: 12',
    quiet: [{ [`hostless_notification_events_waiting${at(MANAGER, { target: 'oncall' })}`]: '0x5 12x20 0x30' }],
  },
}
