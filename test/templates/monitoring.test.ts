// Alert rules and dashboard against what manager and appliance really expose: a metric with another name is a rule that is never true.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { parseConfig } from '../../appliance/config.ts'
import { startAppliance } from '../../appliance/main.ts'
import { CONTRACT } from '../../manager/contract/contract.ts'
import { manager } from '../../manager/contract/manager.ts'
import { collectingLog } from '../appliance/wire/collecting-log.ts'
import { post, startSite, told } from '../manager/site.ts'
import { CASES } from './alert-cases.ts'
import { type Exposed, exposedBy, unknownIn } from './exposed.ts'
import { PANELS, RULES } from './monitoring-files.ts'

const asRoot = process.getuid?.() === 0 ? test : test.skip

async function ofManager(t: ExecutionContext): Promise<Exposed> {
  const site = await startSite(t)
  await told(site.manager, CONTRACT.notifications.set, { name: 'oncall', kind: 'webhook', url: 'http://127.0.0.1:9/', state: 'off' })
  await post(site.address, '/api/v1/login', '{}', { 'content-type': 'application/json' })
  // A request is counted once its answer has gone.
  for (const end = performance.now() + 10_000; performance.now() < end; ) {
    const text = await told(site.manager, manager.metrics, {})
    if (text.includes('hostless_api_request_seconds_count{')) return exposedBy(text)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('the request was not counted')
}

/** `number`: of this file, as they run side by side. */
async function applianceFor(t: ExecutionContext, number: number) {
  const [tftp, http, nfs] = [16920, 16940, 16960].map((base) => base + number)
  const dataDir = mkdtempSync(join(tmpdir(), 'hl-metrics-'))
  t.teardown(() => rmSync(dataDir, { recursive: true }))
  const text = [
    `dataDir: ${dataDir}`,
    'network: { interface: lo, address: 127.77.0.9/8 }',
    'dhcp: { mode: authoritative, pool: 127.77.0.100-127.77.0.109 }',
    `tftp: { port: ${tftp} }`,
    `http: { port: ${http} }`,
    `nfs: { port: ${nfs}, portmap: false }`,
  ].join('\n')
  const parsed = parseConfig(text, 'test.yaml', { lo: [] })
  if (parsed.kind === 'refused') throw new Error(JSON.stringify(parsed.problems))
  const appliance = await startAppliance(parsed.config, collectingLog().log)
  t.teardown(() => appliance.close())
  return (path: string) => fetch(`http://127.77.0.9:${http}${path}`)
}

asRoot('every expression of the alert rules and of the dashboard asks for what manager and appliance tell', async (t) => {
  const ask = await applianceFor(t, 1)
  const exposed = [await ofManager(t), exposedBy(await (await ask('/metrics')).text())]
  for (const { alert, expr } of RULES) t.deepEqual(unknownIn(expr, exposed), [], alert)
  for (const { title, targets } of PANELS) {
    for (const { expr, legendFormat } of targets) {
      t.deepEqual(unknownIn(expr, exposed), [], title)
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label)
      t.deepEqual(unknownIn(`sum by (${shown.join(', ')}) (${expr})`, exposed), [], title)
    }
  }
  for (const { fires, quiet } of Object.values(CASES)) {
    for (const series of [fires, ...quiet].flatMap(Object.keys)) {
      const labels = [...series.matchAll(/(\w+)="/g)].map(([, label = '']) => label)
      const name = series.replace(/\{.*/, '')
      t.deepEqual(unknownIn(`sum by (${labels.join(', ')}) (${name})`, exposed), [], `${name} of the cases`)
    }
  }
  for (const { types, helped } of exposed) {
    for (const [name, type] of types) {
      t.regex(name, /^(hostless|process)_[a-z_]+[a-z]$/)
      t.is(name.endsWith('_total'), type === 'counter', name)
      t.true(helped.has(name), name)
    }
    for (const name of [
      'hostless_ready',
      'hostless_store_write_seconds',
      'hostless_event_loop_delay_seconds',
      'process_start_time_seconds',
    ])
      t.true(types.has(name), name)
  }
})

asRoot('the appliance tells that it is alive and ready, and no name, address or MAC of a host in its metrics', async (t) => {
  const ask = await applianceFor(t, 2)
  for (const [path, said] of [
    ['/health/live', 'alive\n'],
    ['/health/ready', 'ready\n'],
  ] as const) {
    const answer = await ask(path)
    t.is(answer.status, 200)
    t.is(await answer.text(), said)
  }
  const metrics = await ask('/metrics')
  t.regex(metrics.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  const text = await metrics.text()
  t.true(text.includes('hostless_ready 1\n'))
  t.true(text.includes('hostless_pool_addresses{pool="127.77.0.100-127.77.0.109"} 10\n'))
  t.notRegex(text, /([0-9a-f]{2}:){5}/)
})

test('a name, a label or a value that nobody tells is found', (t) => {
  const exposed = [
    exposedBy(
      '# HELP hostless_a A\n# TYPE hostless_a gauge\nhostless_a{state="up"} 1\n# TYPE hostless_b histogram\nhostless_b_bucket{le="1",way="x"} 0\n',
    ),
  ]
  for (const good of [
    'hostless_a',
    'sum by (state) (hostless_a{state="up",job="x"}) > 0.5',
    'histogram_quantile(0.9, sum by (le, way) (rate(hostless_b_bucket[5m])))',
    'hostless_b_count',
  ])
    t.deepEqual(unknownIn(good, exposed), [])
  for (const bad of [
    'hostless_c',
    'hostless_a{state="gone"}',
    'hostless_a{kind="up"}',
    'sum by (kind) (hostless_a)',
    'hostless_b',
    'hostless_a_count',
    'totally(hostless_a)',
    '1',
  ])
    t.is(unknownIn(bad, exposed).length, 1, bad)
})

test('each alert has a severity, says what is wrong and what to do, and its name once', (t) => {
  t.is(new Set(RULES.map(({ alert }) => alert)).size, RULES.length)
  for (const { alert, labels, annotations } of RULES) {
    t.regex(labels.severity, /^(critical|warning|info)$/, alert)
    t.true(annotations.summary.length > 10 && annotations.description.length > 20, alert)
  }
})
