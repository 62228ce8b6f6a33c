import test from 'ava'
import { fullBucket, take } from '../../../manager/access/rate.ts'
import { admitAgent, agentPath } from '../../../manager/agents/admission.ts'
import type { Trust } from '../../../manager/protocol/host.ts'

const [host, other] = ['a'.repeat(16), 'b'.repeat(16)]
const known = { fingerprint: 'f', host, attempt: 'x', issued: 0, expires: 100, revoked: null, reason: null }
const shown = { fingerprint: 'f', host }

test('admitAgent lets in who shows a good certificate of the host that the path names, and nobody else', (t) => {
  const status = (
    ...[named, certificate, kept, trust, now = 50]: [
      string,
      typeof shown | { fingerprint: string; host: undefined } | undefined,
      typeof known | { [K in keyof typeof known]: (typeof known)[K] | number | string } | undefined,
      Trust | undefined,
      number?,
    ]
  ) => {
    const admission = admitAgent(named, certificate, kept as typeof known | undefined, trust, now, '10.0.0.9')
    return admission.kind === 'admitted' ? 101 : admission.status
  }
  t.is(status(host, shown, known, 'pending'), 101)
  t.is(status(host, undefined, undefined, 'approved'), 401)
  t.is(status(host, { fingerprint: 'f', host: undefined }, known, 'approved'), 403)
  t.is(status(host, shown, undefined, 'approved'), 403)
  t.is(status(other, shown, known, 'approved'), 403)
  t.is(status(host, shown, { ...known, revoked: 1, reason: 'booted again' }, 'approved'), 403)
  t.is(status(host, shown, known, 'rejected'), 403)
  t.is(status(host, shown, known, undefined), 403)
  t.is(status(host, shown, known, 'approved', 100), 401)
})

test('agentPath takes only the two paths of agents', (t) => {
  t.deepEqual(agentPath('/agent/enrol'), { kind: 'enrol' })
  t.deepEqual(agentPath(`/agent/host/${host}`), { kind: 'host', host })
  for (const path of [
    '/',
    '/agent',
    `/agent/host/${host}/`,
    `/agent/host/${host}?x`,
    '/agent/host/../../x',
    `/agent/host/${host.toUpperCase()}`,
  ])
    t.is(agentPath(path), undefined, path)
})

test('a bucket gives a burst, then so much a second, and nothing for a clock that stands still or goes back', (t) => {
  const rate = { perSecond: 2, burst: 3 }
  let bucket = fullBucket(rate, 1000)
  for (let n = 0; n < 3; n += 1) bucket = take(bucket, 1, 1000, rate) ?? t.fail() ?? bucket
  t.is(take(bucket, 1, 1000, rate), undefined)
  t.is(take(bucket, 1, 0, rate), undefined)
  t.is(take(bucket, 1, 1499, rate), undefined)
  t.truthy(take(bucket, 1, 1500, rate))
  t.is(take(bucket, 4, 1e9, rate), undefined, 'never more than a burst')
})
