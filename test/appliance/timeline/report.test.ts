import test from 'ava'
import { admitPeer, reportEvent } from '../../../appliance/timeline/report.ts'
import { ipv4, mac } from '../boot/plans.ts'

test('a report becomes an event, its uptime a detail in seconds', (t) => {
  t.deepEqual(reportEvent({ stage: 'root', status: 'done', uptime: 4.2, detail: { from: 'x' } }), {
    kind: 'report',
    stage: 'root',
    status: 'done',
    detail: { uptime: '4.20', from: 'x' },
  })
  t.deepEqual(reportEvent({ stage: 'up', status: 'begin', detail: {} }).detail, {})
})

test('only the address that the host has speaks for it', (t) => {
  const [host, own, other] = [mac('52:54:00:77:00:01'), ipv4('10.77.0.21'), ipv4('10.77.0.66')]
  t.is(admitPeer(host, own, own).kind, 'admitted')
  t.deepEqual(admitPeer(host, other, own), { kind: 'refused', reason: '52:54:00:77:00:01 has 10.77.0.21, and this came from 10.77.0.66' })
  t.is(admitPeer(host, other, undefined).kind, 'refused')
})
