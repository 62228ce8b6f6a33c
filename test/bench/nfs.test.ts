import test from 'ava'
import { metricsOf } from './nfs.ts'

const rate = (callsPerSecond: number, p99Ms: number) => ({ callsPerSecond, p99Ms })

test('metricsOf turns READs a second into megabytes a second, and knows that less latency is better', (t) => {
  const metrics = metricsOf({
    files: 11_645,
    tree: 'f00d',
    walkSeconds: 1.06,
    largest: '/usr/bin/xl',
    getattr: rate(16_308, 0.13),
    getattrDeep: rate(43_690, 1),
    lookup: rate(8_025, 2.26),
    lookupDeep: rate(28_684, 2),
    read64KiB: rate(1_000, 5.73),
    read1MiB: rate(100, 18.3),
  })
  const named = (name: string) => metrics.find((metric) => metric.name === name)
  t.is(named('READ of 64 KiB')?.value, 65.536)
  t.is(named('READ of 1 MiB')?.value, 104.8576)
  t.is(named('GETATTR alone')?.better, 'more')
  t.is(named('LOOKUP alone, p99')?.better, 'less')
  t.is(named('walk of 11645 files')?.better, 'less')
  t.is(new Set(metrics.map(({ name }) => name)).size, metrics.length, 'each name once')
})
