import test from 'ava'
import type { HostView } from '../../manager/hosts/pool-change.ts'
import { createMetrics } from '../../manager/metrics.ts'
import { report } from './connectivity/inventories.ts'
import { shownIn } from './hosts/conditions.ts'

test('events are counted, states are read when they are asked for, and a manager has its own', async (t) => {
  const metrics = createMetrics()
  const clock = { now: 0 }
  metrics.message(100)
  metrics.message(23)
  metrics.sample()
  metrics.report()
  metrics.migrated({ way: 'live', outcome: 'done', seconds: 42, disks: { sentBytes: 5, savedBytes: 95 } })
  metrics.migrated({ way: 'live', outcome: 'failed', seconds: 3 })
  metrics.request('GET', '/hosts', 200, 0.004)
  const work = metrics.timed(new Promise((resolve) => setImmediate(resolve, 'made')), () => clock.now)
  clock.now = 20
  t.is(await work, 'made')
  await t.throwsAsync(metrics.timed(Promise.reject(new Error('no')), () => clock.now))
  const host = { id: 'a', name: 'a', since: 0, groups: [], notes: '', created: 0, macs: [] }
  const hosts: HostView[] = [
    { ...host, id: 'silent', ...shownIn('approved') },
    { ...host, ...shownIn('up'), connection: { address: '', agent: '', since: 0 } },
    { ...host, ...shownIn('up') },
    { ...host, ...shownIn('lost'), service: 'maintenance', cordon: { reason: 'PDU 2', who: 'user ada', at: 0 } },
  ]
  const process = () => ({ rssBytes: 9, cpuSeconds: 1.5, loopDelay: { median: 0.01, p99: 0.02, max: 0.03 } })
  const hung = { section: 'guests', source: 'xl list -v', reason: 'stopped after 20 s' } as const
  const reported = report({ problems: [hung, { section: 'lvs', source: 'lvs', reason: 'odd', lacks: 'detail' }] })
  const inventory = (host: string) => (host === 'a' ? reported : undefined)
  const sources = {
    hosts: () => hosts,
    inventory,
    streams: () => 3,
    waiting: () => 4,
    process,
    migrations: async () => 2,
    automations: async () => [{ state: 'needs-operator', count: 2 }],
  }
  const text = await metrics.text(sources)
  for (const line of [
    'hostless_agent_messages_total 2',
    'hostless_agent_message_bytes_total 123',
    'hostless_samples_total 1',
    'hostless_inventory_reports_total 1',
    'hostless_store_write_seconds_count 2',
    'hostless_store_write_seconds_bucket{le="0.025"} 2',
    'hostless_api_request_seconds_bucket{le="0.0025",method="GET",route="/hosts",status="200"} 0',
    'hostless_api_request_seconds_count{method="GET",route="/hosts",status="200"} 1',
    'hostless_hosts{state="up"} 2',
    'hostless_hosts{state="lost"} 1',
    'hostless_hosts{state="fenced"} 0',
    'hostless_hosts_approved{presence="up",service="in"} 2',
    'hostless_hosts_approved{presence="lost",service="maintenance"} 1',
    'hostless_hosts_unread{section="guests"} 3',
    'hostless_hosts_unread{section="lvs"} 0',
    'hostless_hosts_unreported 1',
    'hostless_agents_connected 1',
    'hostless_event_streams 3',
    'hostless_migrations_total{way="live",outcome="done"} 1',
    'hostless_migrations_total{way="live",outcome="failed"} 1',
    'hostless_migrations_total{way="stopped",outcome="aborted"} 0',
    'hostless_migrations_running 2',
    'hostless_migration_seconds_bucket{le="60",way="live"} 1',
    'hostless_migration_seconds_count{way="live"} 1',
    'hostless_automations_waiting 4',
    'hostless_hosts_cordoned 1',
    'process_resident_memory_bytes 9',
    'hostless_event_loop_delay_seconds{quantile="0.99"} 0.02',
  ]) {
    t.true(text.split('\n').includes(line), line)
  }
  hosts.pop()
  metrics.journaled(5)
  t.true((await metrics.text(sources)).includes('hostless_automation_journal_entries_total 5'))
  t.regex(await metrics.text(sources), /hostless_automations\{state="running"\} 0\nhostless_automations\{state="needs-operator"\} 2/)
  t.true((await metrics.text(sources)).includes('hostless_hosts{state="lost"} 0'))
  t.false((await createMetrics().text(sources)).includes('hostless_agent_messages_total 2'))
})
