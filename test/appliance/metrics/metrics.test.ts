import test from 'ava'
import type { Lease } from '../../../appliance/dhcp/lease.ts'
import { type ApplianceSources, createApplianceMetrics } from '../../../appliance/metrics/metrics.ts'
import { countLeases, fillOfPools } from '../../../appliance/metrics/pools.ts'
import { type Ipv4, type Mac, parseIpv4, parseMac, parseRange } from '../../../appliance/wire/addresses.ts'

const address = (last: number) => parseIpv4(`10.77.0.${last}`) as Ipv4
const mac = parseMac('52:54:00:77:00:01') as Mac
const subnet = '10.77.0.0/24'
const LEASES: readonly Lease[] = [
  { kind: 'bound', subnet, mac, address: address(100), expires: 2000 },
  { kind: 'bound', subnet, mac, address: address(101), expires: 1000 },
  { kind: 'permanent', subnet, mac, address: address(21) },
  { kind: 'offered', subnet, mac, address: address(109), expires: 1001 },
  { kind: 'released', subnet, mac, address: address(103), expires: 5000 },
  { kind: 'declined', subnet, address: address(104), expires: 9000 },
]

test('leases that have expired or were given back do not count, nor reservations for a pool', (t) => {
  t.deepEqual(countLeases(LEASES, 1000), { bound: 1, permanent: 1, offered: 1, released: 0, declined: 1 })
  const pools = [parseRange('10.77.0.100-10.77.0.109'), parseRange('10.88.0.1-10.88.0.4')].flatMap((range) => range ?? [])
  t.deepEqual(fillOfPools(pools, LEASES, 1000), [
    { pool: '10.77.0.100-10.77.0.109', addresses: 10, leases: 3 },
    { pool: '10.88.0.1-10.88.0.4', addresses: 4, leases: 0 },
  ])
})

test('events are counted, states are read when they are asked for, and what has not happened is 0', async (t) => {
  const metrics = createApplianceMetrics()
  const sources: ApplianceSources = {
    isReady: () => false,
    leases: () => countLeases(LEASES, 1000),
    pools: () => [{ pool: 'a-b', addresses: 10, leases: 3 }],
    attempts: () => [{ id: 'a', host: 'node01', mac, startedAt: 0, state: 'stuck', stages: [] }],
    process: () => ({ rssBytes: 9, cpuSeconds: 1.5, startedSeconds: 7, loopDelay: { median: 0.01, p99: 0.02, max: 0.03 } }),
  }
  metrics.exchange({ message: 'DISCOVER', answer: 'offer' })
  metrics.dropped('tftp')
  metrics.ended({ outcome: 'up', stage: 'up', seconds: 42 })
  metrics.ended({ outcome: 'failed', stage: 'root', seconds: 50 })
  const clock = { now: 0 }
  t.is(
    metrics.timed(
      () => {
        clock.now = 4
        return 'written'
      },
      () => clock.now,
    ),
    'written',
  )
  t.throws(() =>
    metrics.timed(
      () => {
        throw new Error('no')
      },
      () => clock.now,
    ),
  )
  await metrics.text(sources)
  const lines = (await metrics.text(sources)).split('\n')
  for (const line of [
    'hostless_ready 0',
    'hostless_leases{kind="bound"} 1',
    'hostless_pool_addresses{pool="a-b"} 10',
    'hostless_pool_leases{pool="a-b"} 3',
    'hostless_dhcp_messages_total{answer="offer"} 1',
    'hostless_dhcp_messages_total{answer="nak"} 0',
    'hostless_dropped_total{protocol="tftp"} 1',
    'hostless_boots_total{outcome="failed",stage="root"} 1',
    'hostless_boots_total{outcome="stuck",stage="firmware"} 0',
    'hostless_boots_under_way{state="stuck",stage="firmware"} 1',
    'hostless_boot_seconds_bucket{le="45"} 1',
    'hostless_boot_seconds_count 1',
    'hostless_store_write_seconds_count 2',
    'hostless_store_write_seconds_bucket{le="0.005"} 2',
    'process_cpu_seconds_total 1.5',
    'process_start_time_seconds 7',
  ])
    t.true(lines.includes(line), line)
})
