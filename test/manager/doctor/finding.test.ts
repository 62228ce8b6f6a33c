import test from 'ava'
import { check, configured, type Site } from '../../../manager/doctor/check.ts'
import { examine } from '../../../manager/doctor/doctor.ts'
import { exitCodeOf, type Result, sayCounts } from '../../../manager/doctor/finding.ts'

const SITE: Site = { configFile: '/etc/hostless.yaml', config: undefined, dataDir: '/var/lib/hostless', isRoot: true }
const of = (...results: Result[]) => results.map((result) => ({ result }))

test('exitCodeOf ends as monitoring plugins do: what is known to be wrong counts before what is not known', (t) => {
  t.is(exitCodeOf(of('ok', 'ok')), 0)
  t.is(exitCodeOf(of('ok', 'warning', 'unknown')), 1)
  t.is(exitCodeOf(of('unknown', 'warning', 'failed')), 2)
  t.is(exitCodeOf(of('ok', 'unknown')), 3)
  t.is(exitCodeOf([]), 0)
})

test('sayCounts tells the worst first', (t) => {
  t.is(sayCounts(of('ok', 'warning', 'failed', 'warning', 'unknown')), '1 failed, 2 warnings, 1 unknown, 1 ok')
})

test('a check that throws, and one that takes too long, are unknown, and the others are done', async (t) => {
  const checks = [
    check(
      'broken',
      '',
      () => Promise.reject(new Error('no such thing')),
      () => [],
    ),
    check(
      'slow',
      '',
      () => new Promise<never>(() => undefined),
      () => [],
    ),
    check(
      'fine',
      '',
      async () => 1,
      () => [{ subject: 'one', result: 'ok' as const, seen: 'yes' }],
    ),
  ]
  const keep = setTimeout(() => undefined, 5000) // the time of a check keeps no process alive
  const findings = await examine(SITE, checks, 20)
  clearTimeout(keep)
  t.deepEqual(
    findings.map((one) => [one.check, one.result, one.seen]),
    [
      ['broken', 'unknown', 'no such thing'],
      ['slow', 'unknown', 'it has taken more than 0.02 s'],
      ['fine', 'ok', 'yes'],
    ],
  )
})

test('what the config asks for is unknown without a config', async (t) => {
  const [finding] = await examine(SITE, [
    configured(
      'ports',
      '',
      async () => t.fail(),
      () => [],
    ),
  ])
  t.like(finding, { check: 'ports', result: 'unknown', subject: '/etc/hostless.yaml' })
})
