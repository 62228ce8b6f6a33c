import test from 'ava'
import { explainSocket, inodesOnPort, SocketError } from '../../../appliance/wire/explain.ts'

const attempt = { interface: 'eth1', what: 'UDP port 67', call: 'bind', code: 'EADDRINUSE', holders: ['dnsmasq (pid 812)'] }

test('a port in use names interface, port and who has it', (t) => {
  t.is(
    explainSocket(attempt),
    'cannot open UDP port 67 on interface eth1: dnsmasq (pid 812) on this machine has it already; stop it, or keep it off this interface',
  )
  t.regex(explainSocket({ ...attempt, holders: [] }), /another program \(see: ss -lunp\)/)
})

test('missing rights, interfaces and addresses say what to do', (t) => {
  t.regex(explainSocket({ ...attempt, code: 'EPERM' }), /run as root, or grant CAP_NET_BIND_SERVICE and CAP_NET_RAW/)
  t.regex(explainSocket({ ...attempt, code: 'EACCES' }), /CAP_NET_BIND_SERVICE/)
  t.regex(explainSocket({ ...attempt, code: 'ENODEV' }), /no such interface.*network\.interface/)
  t.regex(explainSocket({ ...attempt, code: 'EADDRNOTAVAIL' }), /is it up\?/)
  t.regex(explainSocket({ ...attempt, code: 'EAFNOSUPPORT' }), /switched off/)
  t.regex(explainSocket({ ...attempt, code: 'ENOBUFS' }), /bind failed with ENOBUFS/)
})

test('a SocketError carries the kind of failure', (t) => {
  t.is(new SocketError(attempt).failure, 'EADDRINUSE')
  t.is(new SocketError({ ...attempt, code: 'EMFILE' }).failure, 'other')
})

test('inodesOnPort reads /proc/net/udp', (t) => {
  const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  123: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 18311 2 0000000000000000 0
  124: 0100007F:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 18312 2 0000000000000000 0
  125: 0100007F:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 18313 2 0000000000000000 0
`
  t.deepEqual(inodesOnPort(table, 67), ['18311', '18313'])
  t.deepEqual(inodesOnPort(table, 69), [])
})
