import test from 'ava'
import fc from 'fast-check'
import { isSustained, nextRate, parseAvalanche, parseRateRun, type TriedRate } from './perfdhcp.ts'

/** perfdhcp 2.2.0, shortened. */
const RATE_RUN = `Running: perfdhcp -4 -l load0 -r 500 -R 40000 -p 3 10.77.0.1
***Rate statistics***
Rate: 497.787 4-way exchanges/second, expected rate: 500

***Malformed Packets***
Malformed packets: 0
***Statistics for: DISCOVER-OFFER***
sent packets: 1499
received packets: 1497
drops: 2
drops ratio: 0.133422 %

***Statistics for: REQUEST-ACK***
sent packets: 1497
received packets: 1494
drops: 3
drops ratio: 0.200 %
`

const AVALANCHE = `2026-Nov-20 11:45:28.734891 REQUEST-ACK: still waiting for 1 answers, resent 1, retrying 63
***Statistics for: REQUEST-ACK***
received packets: 200

It took 00:00:01.803003 to provision 200 clients. 
Requests sent + resent: 476
Requests resent: 76
Responses received: 400
`

test('parseRateRun takes DISCOVERs sent and ACKs received', (t) => {
  t.deepEqual(parseRateRun(RATE_RUN), { started: 1499, completed: 1494 })
})

test('parseRateRun throws on what perfdhcp says when it cannot run', (t) => {
  t.throws(() => parseRateRun('Error running perfdhcp: unable to bind'), { message: /no statistics of DISCOVER-OFFER.*unable to bind/ })
})

test('parseAvalanche takes the time until the last client had its address', (t) => {
  t.deepEqual(parseAvalanche(AVALANCHE), { seconds: 1.803003, resent: 76 })
  t.deepEqual(parseAvalanche(AVALANCHE.replace('00:00:01.803003', '01:02:03.5')), { seconds: 3723.5, resent: 76 })
  t.throws(() => parseAvalanche(RATE_RUN), { message: /nothing of an avalanche/ })
})

test('a rate is sustained when it was tried in full and at most one exchange of a hundred was lost', (t) => {
  t.true(isSustained({ started: 1499, completed: 1494 }, 500, 3))
  t.false(isSustained({ started: 1500, completed: 1484 }, 500, 3))
  t.false(isSustained({ started: 1400, completed: 1400 }, 500, 3), 'perfdhcp fell behind')
})

test('nextRate finds the limit of a server, from below, to within a tenth', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 300, max: 60_000 }), (limit) => {
      const tried: TriedRate[] = []
      for (let rate = nextRate(tried); rate !== undefined; rate = nextRate(tried)) {
        t.true(tried.length < 20, 'the search ends')
        tried.push({ rate, sustained: rate <= limit })
      }
      const found = Math.max(...tried.filter(({ sustained }) => sustained).map(({ rate }) => rate))
      t.true(found <= limit && found > limit * 0.9, `${found} of ${limit}`)
    }),
  )
})

test('nextRate goes below its first rate for a server that does not sustain even that', (t) => {
  t.is(nextRate([]), 250)
  t.is(nextRate([{ rate: 250, sustained: false }]), 125)
})

test('nextRate ends at its highest rate', (t) => {
  t.is(nextRate([{ rate: 64_000, sustained: true }]), undefined)
})
