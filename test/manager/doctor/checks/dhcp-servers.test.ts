import test, { type ExecutionContext } from 'ava'
import { judgeOffers } from '../../../../manager/doctor/checks/dhcp-servers.ts'
import type { Offer } from '../../../../manager/doctor/dhcp/discover.ts'
import { read, unread } from '../../../../manager/doctor/finding.ts'
import { ip, mac } from '../../../appliance/dhcp/packets.ts'
import { configOf } from '../site.ts'

const OFFER: Offer = {
  server: ip('10.77.0.254'),
  sentFrom: ip('10.77.0.254'),
  mac: mac('52:54:00:00:00:fe'),
  address: ip('10.77.0.40'),
  relay: undefined,
  hasBootFile: false,
}
const PROXY: Offer = { ...OFFER, server: ip('10.77.0.253'), address: undefined, hasBootFile: true }

const judged = (t: ExecutionContext, more: string, ...offers: Offer[]) => judgeOffers(read({ offers, waited: 4000 }), configOf(t, more))
const AUTHORITATIVE = 'dhcp: { pool: 10.77.0.100-10.77.0.199 }'

test('where we give the addresses, any other server is a failure, told once however often it answered', (t) => {
  t.is(judged(t, AUTHORITATIVE)[0]?.result, 'ok')
  const [one, ...more] = judged(t, AUTHORITATIVE, OFFER, OFFER)
  t.deepEqual(more, [])
  t.like(one, {
    result: 'failed',
    subject: '10.77.0.254',
    seen: '10.77.0.254 (52:54:00:00:00:fe) offers 10.77.0.40: machines take one or the other',
  })
  t.regex(one?.mend ?? '', /dhcp.mode: proxy/)
  t.regex(judged(t, AUTHORITATIVE, PROXY)[0]?.seen ?? '', /is another proxy/)
})

test('a server behind a relay, or of another network, is said to be one', (t) => {
  t.regex(judged(t, AUTHORITATIVE, { ...OFFER, relay: ip('10.77.0.2') })[0]?.seen ?? '', /through the relay 10\.77\.0\.2/)
  t.regex(judged(t, AUTHORITATIVE, { ...OFFER, server: ip('192.168.1.1') })[0]?.seen ?? '', /from another network than 10\.77\.0\.0\/24/)
})

test('a proxy needs another server, without a boot file and without another proxy', (t) => {
  const mode = 'dhcp: { mode: proxy }'
  t.like(judged(t, mode)[0], { result: 'failed', subject: 'eth1' })
  t.is(judged(t, mode, OFFER)[0]?.result, 'ok')
  t.is(judged(t, mode, { ...OFFER, hasBootFile: true })[0]?.result, 'warning')
  t.deepEqual(
    judged(t, mode, OFFER, PROXY).map(({ result }) => result),
    ['failed'],
  )
})

test('with dhcp.mode off whatever answers is ok; where nobody could be asked it is unknown', (t) => {
  t.is(judged(t, 'dhcp: { mode: off }', OFFER, PROXY)[0]?.result, 'ok')
  t.like(judgeOffers(unread('nobody was asked'), configOf(t))[0], { result: 'unknown', seen: 'nobody was asked' })
})
