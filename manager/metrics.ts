// What the manager tells Prometheus of itself. Events are counted by who sees them; what is a state is read when it is asked for.
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { type ProcessFacts, processMetrics } from '../appliance/metrics/process.ts'
import { STATES } from './automation/store/store.ts'
import type { EndedMigration } from './automations/migrate/ended.ts'
import type { HostView } from './hosts/pool-change.ts'
import { HOST_STATES, PRESENCES, SERVICES } from './protocol/host.ts'
import { type Inventory, SECTION_NAMES } from './protocol/inventory.ts'
import { uncountedOf } from './protocol/unread.ts'

export interface MetricsSources {
  readonly hosts: () => readonly HostView[]
  /** Undefined where none is in memory. */
  readonly inventory: (host: string) => Inventory | undefined
  /** Readers of /api/v1/events. */
  readonly streams: () => number
  /** How many of each state are kept. */
  readonly automations: () => Promise<readonly { readonly state: string; readonly count: number }[]>
  /** How many guests move now. */
  readonly migrations: () => Promise<number>
  /** Automations that wait for their turn. */
  readonly waiting: () => number
  /** Events that somebody is to be told of and was not, by target. */
  readonly notifications: () => Promise<readonly { readonly name: string; readonly waiting: number }[]>
  readonly isReady: () => boolean
  readonly process: () => ProcessFacts
}

export interface ManagerMetrics {
  /** An agent's message has come. */
  message(bytes: number): void
  sample(): void
  report(): void
  /** So many entries of automations' journals are on disk: a step has one when it is begun and one when it is answered. */
  journaled(entries: number): void
  /** A move has come to its end. */
  migrated(ended: EndedMigration): void
  /** Of a write to the store; `elapsed`: milliseconds, by a clock that does not jump. */
  timed<Value>(work: Promise<Value>, elapsed: () => number): Promise<Value>
  /** A message was sent, or was not taken. */
  notified(kind: string, outcome: 'sent' | 'failed'): void
  request(method: string, route: string, status: number, seconds: number): void
  /** In Prometheus' text format, as `contentType` says. */
  text(sources: MetricsSources): Promise<string>
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
/** A move takes from seconds to hours. */
const MOVE_SECONDS = [5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600]
const WAYS = ['live', 'stopped', 'restarted'] as const
const OUTCOMES = ['done', 'failed', 'aborted'] as const

export function createMetrics(): ManagerMetrics {
  const registry = new Registry()
  const registers = [registry]
  const counter = (name: string, help: string) => new Counter({ name, help, registers })
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: readonly Label[]) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers })
  const messages = counter('hostless_agent_messages_total', 'Messages that came from agents')
  const bytes = counter('hostless_agent_message_bytes_total', 'Bytes of the messages that came from agents')
  const samples = counter('hostless_samples_total', 'Samples that came from agents')
  const reports = counter('hostless_inventory_reports_total', 'Inventories and deltas of agents that are on disk')
  const writes = new Histogram({
    name: 'hostless_store_write_seconds',
    help: 'From the wish to write something until it is on disk',
    buckets: SECONDS,
    registers,
  })
  const requests = new Histogram({
    name: 'hostless_api_request_seconds',
    help: 'Requests to the API',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  })
  const hosts = gauge('hostless_hosts', 'Hosts by state', 'state')
  const standing = gauge(
    'hostless_hosts_approved',
    'Hosts that are approved, by presence and service: lost in maintenance, say',
    'presence',
    'service',
  )
  const unread = gauge(
    'hostless_hosts_unread',
    'Hosts whose agent could not read this section whole: what is counted of it may be less than there is',
    'section',
  )
  const unreported = gauge(
    'hostless_hosts_unreported',
    'Hosts whose report is not there, or has not been looked at since the manager started',
  )
  const automations = gauge('hostless_automations', 'Automations that are kept, by state: needs-operator waits for a person', 'state')
  const waiting = gauge(
    'hostless_automations_waiting',
    'Automations that wait for their turn: moves, while as many as may be are under way',
  )
  const cordoned = gauge('hostless_hosts_cordoned', 'Hosts that no guest is to come to')
  const journaled = counter('hostless_automation_journal_entries_total', 'Entries of journals of automations that are on disk')
  const migrations = new Counter({
    name: 'hostless_migrations_total',
    help: 'Guests whose move to another host has ended, by way and outcome',
    labelNames: ['way', 'outcome'],
    registers,
  })
  // What has not happened yet is 0: a rate is there from the first one on.
  for (const way of WAYS) for (const outcome of OUTCOMES) migrations.inc({ way, outcome }, 0)
  const moving = gauge('hostless_migrations_running', 'Guests that move to another host now')
  const moves = new Histogram({
    name: 'hostless_migration_seconds',
    help: 'From the start of a move that was done until its end',
    labelNames: ['way'],
    buckets: MOVE_SECONDS,
    registers,
  })
  const disks = new Counter({
    name: 'hostless_migration_disk_bytes_total',
    help: 'Of disks of guests whose move has ended: sent, and saved, as they were zeros, there already, or could be pressed',
    labelNames: ['what'],
    registers,
  })
  for (const what of ['sent', 'saved']) disks.inc({ what }, 0)
  const notifications = new Counter({
    name: 'hostless_notifications_total',
    help: 'Messages to people or programs outside, by kind of target and outcome: what failed is tried again',
    labelNames: ['kind', 'outcome'],
    registers,
  })
  for (const kind of ['smtp', 'webhook']) for (const outcome of ['sent', 'failed']) notifications.inc({ kind, outcome }, 0)
  const untold = gauge('hostless_notification_events_waiting', 'Events that a target is to be told of and was not', 'target')
  const agents = gauge('hostless_agents_connected', 'Agents that are connected')
  const streams = gauge('hostless_event_streams', 'Readers of server-sent events')
  const ready = gauge('hostless_ready', 'Whether what is asked for can be written down: 1 or 0')
  const tellProcess = processMetrics(registry, 'manager')

  return {
    message: (length) => {
      messages.inc()
      bytes.inc(length)
    },
    sample: () => samples.inc(),
    report: () => reports.inc(),
    journaled: (entries) => journaled.inc(entries),
    migrated: ({ way, outcome, seconds, disks: moved }) => {
      if (moved) disks.inc({ what: 'sent' }, moved.sentBytes)
      if (moved) disks.inc({ what: 'saved' }, moved.savedBytes)
      migrations.inc({ way, outcome })
      if (outcome === 'done') moves.observe({ way }, seconds)
    },
    timed: (work, elapsed) => {
      const started = elapsed()
      return work.finally(() => writes.observe((elapsed() - started) / 1000))
    },
    notified: (kind, outcome) => notifications.inc({ kind, outcome }),
    request: (method, route, status, seconds) => requests.observe({ method, route, status }, seconds),
    text: async (sources) => {
      const views = sources.hosts()
      for (const state of HOST_STATES) hosts.set({ state }, views.filter((view) => view.state === state).length)
      for (const presence of PRESENCES)
        for (const service of SERVICES) {
          const there = views.filter((view) => view.trust === 'approved' && view.presence === presence && view.service === service)
          standing.set({ presence, service }, there.length)
        }
      cordoned.set(views.filter(({ cordon }) => cordon).length)
      waiting.set(sources.waiting())
      const inventories = views.flatMap(({ id }) => sources.inventory(id) ?? [])
      for (const section of SECTION_NAMES)
        unread.set({ section }, inventories.filter((inventory) => uncountedOf(inventory, [section]).length > 0).length)
      unreported.set(views.length - inventories.length)
      agents.set(views.filter(({ connection }) => connection).length)
      streams.set(sources.streams())
      const states = new Map((await sources.automations()).map(({ state, count }) => [state, count]))
      for (const state of STATES) automations.set({ state }, states.get(state) ?? 0)
      moving.set(await sources.migrations())
      untold.reset()
      for (const { name, waiting: events } of await sources.notifications()) untold.set({ target: name }, events)
      ready.set(sources.isReady() ? 1 : 0)
      tellProcess(sources.process())
      return registry.metrics()
    },
  }
}
