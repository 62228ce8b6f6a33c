// What the appliance tells Prometheus. Counts alone: whoever is on the wire may read them, so no host, address or name is in them.
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { LeaseCounts } from '../dhcp/lease.ts'
import { type EventOf, STAGES, type Stage } from '../timeline/event.ts'
import type { AttemptView } from '../timeline/timeline.ts'
import type { EndedBoot } from './boots.ts'
import { type ProcessFacts, processMetrics } from './process.ts'

export interface ApplianceSources {
  readonly isReady: () => boolean
  /** Of live leases. */
  readonly leases: () => LeaseCounts
  /** Each pool by its first and last address: how many it has, and on how many there is a live lease. */
  readonly pools: () => readonly { readonly pool: string; readonly addresses: number; readonly leases: number }[]
  readonly attempts: () => readonly AttemptView[]
  readonly process: () => ProcessFacts
}

export interface ApplianceMetrics {
  exchange(event: Pick<EventOf<'dhcp'>, 'message' | 'answer'>): void
  /** What a client sent, and we could not read or did not serve. */
  dropped(protocol: EventOf<'drop'>['protocol']): void
  ended(boot: EndedBoot): void
  /** Of a write to the store, which ends when it is on disk. `elapsed`: milliseconds, by a clock that does not jump. */
  timed<Value>(work: () => Value, elapsed: () => number): Value
  /** In Prometheus' text format. */
  text(sources: ApplianceSources): Promise<string>
}

const ANSWERS = ['offer', 'ack', 'nak', 'silent'] as const
const PROTOCOLS = ['dhcp', 'tftp', 'http', 'nfs'] as const
const OUTCOMES = ['up', 'failed', 'stuck', 'once'] as const
const UNDER_WAY = ['booting', 'stuck'] as const
const WRITE_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
const BOOT_SECONDS = [15, 30, 45, 60, 90, 120, 180, 300, 600, 1200]

export function createApplianceMetrics(): ApplianceMetrics {
  const registry = new Registry()
  const registers = [registry]
  const counter = <Label extends string>(name: string, help: string, ...labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers })
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: readonly Label[]) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers })
  const ready = gauge('hostless_ready', 'Whether it serves: 1 or 0')
  const leases = gauge('hostless_leases', 'Leases that have not expired', 'kind')
  const addresses = gauge('hostless_pool_addresses', 'Addresses of a pool', 'pool')
  const taken = gauge('hostless_pool_leases', 'Addresses of a pool on which there is a lease that has not expired', 'pool')
  const exchanges = counter('hostless_dhcp_messages_total', 'DHCP messages of clients, by how they were answered', 'answer')
  const dropped = counter('hostless_dropped_total', 'What clients sent that could not be read or was not served', 'protocol')
  const boots = counter(
    'hostless_boots_total',
    'Boots that have come up, failed, got stuck or were of something else than the pool, by the last stage that they got to',
    'outcome',
    'stage',
  )
  const underWay = gauge('hostless_boots_under_way', 'Boots that have not ended, by the last stage that they got to', 'state', 'stage')
  const seconds = new Histogram({
    name: 'hostless_boot_seconds',
    help: 'From the first sign of a boot until dom0 is up',
    buckets: BOOT_SECONDS,
    registers,
  })
  const writes = new Histogram({
    name: 'hostless_store_write_seconds',
    help: 'From the wish to write something until it is on disk',
    buckets: WRITE_SECONDS,
    registers,
  })
  // What has not happened yet is 0: a rate is there from the first one on.
  for (const answer of ANSWERS) exchanges.inc({ answer }, 0)
  for (const protocol of PROTOCOLS) dropped.inc({ protocol }, 0)
  for (const outcome of OUTCOMES) for (const stage of STAGES) boots.inc({ outcome, stage }, 0)
  const tellProcess = processMetrics(registry, 'appliance')

  return {
    exchange: ({ answer }) => exchanges.inc({ answer }),
    dropped: (protocol) => dropped.inc({ protocol }),
    ended: ({ outcome, stage, seconds: took }) => {
      boots.inc({ outcome, stage })
      if (outcome === 'up') seconds.observe(took)
    },
    timed: (work, elapsed) => {
      const started = elapsed()
      try {
        return work()
      } finally {
        writes.observe((elapsed() - started) / 1000)
      }
    },
    text: async (sources) => {
      ready.set(sources.isReady() ? 1 : 0)
      for (const [kind, count] of Object.entries(sources.leases())) leases.set({ kind }, count)
      // A pool of the config before is none.
      addresses.reset()
      taken.reset()
      for (const { pool, addresses: all, leases: live } of sources.pools()) {
        addresses.set({ pool }, all)
        taken.set({ pool }, live)
      }
      const now = sources.attempts().filter(({ state }) => state === 'booting' || state === 'stuck')
      for (const state of UNDER_WAY) for (const stage of STAGES) underWay.set({ state, stage }, count(now, state, stage))
      tellProcess(sources.process())
      return registry.metrics()
    },
  }
}

const count = (views: readonly AttemptView[], state: AttemptView['state'], stage: Stage): number =>
  views.filter((view) => view.state === state && (view.stages.at(-1)?.stage ?? 'firmware') === stage).length
