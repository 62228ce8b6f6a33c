import test from 'ava'
import { readWrites, tookIn } from './clock.ts'

test('a guest’s writes are read out of what else its console has on that line, in milliseconds', (t) => {
  t.deepEqual(readWrites('tick 7 at 31.20 5210-5214 5235-5311 12-a -7-8 '), [
    { began: 52_100, ended: 52_140 },
    { began: 52_350, ended: 53_110 },
  ])
  t.deepEqual(readWrites(''), [])
})

test('how long those took that began within a time of the host’s clock, whatever the guest’s own is', (t) => {
  const writes = [
    { began: 1000, ended: 1010 },
    { began: 2000, ended: 2500 },
    { began: 3000, ended: 3020 },
  ]
  const seen = { gap: 0, written: 0, writes, uptime: 1500, hostAt: 1_000_000 }
  t.deepEqual(tookIn(seen, 1_000_400, 1_001_500), [500, 20])
  t.deepEqual(tookIn(seen, 0, 1_000_499), [10])
})
