// Of the network: interface, ports.
import test, { type ExecutionContext } from 'ava'
import { judgeInterface, type SeenInterface } from '../../../../manager/doctor/checks/interface.ts'
import { type Holder, judgePorts, parseSockets, type SeenPorts, wantedPorts } from '../../../../manager/doctor/checks/ports.ts'
import { read, unread } from '../../../../manager/doctor/finding.ts'
import { configOf } from '../site.ts'

const LINK = { mtu: 1500, isUp: true, hasCarrier: true }
const SEEN: SeenInterface = { names: ['lo', 'eth0', 'eth1'], link: LINK, addresses: ['10.77.0.1/24'] }
const judged = (seen: Partial<SeenInterface>) => judgeInterface(read({ ...SEEN, ...seen }), 'eth1', '10.77.0.1/24')

test('judgeInterface: there, up, with the address, with carrier, MTU', (t) => {
  t.deepEqual(judged({}), [{ subject: 'eth1', result: 'ok', seen: 'up, 10.77.0.1/24, MTU 1500' }])
  t.like(judged({ link: undefined })[0], { result: 'failed', mend: 'set network.interface to one of these: eth0, eth1' })
  t.like(judged({ addresses: ['10.77.0.1/16'] })[0], { result: 'failed', seen: '10.77.0.1/24 is not on it: it has 10.77.0.1/16' })
  t.like(judged({ link: { ...LINK, isUp: false } })[0], { result: 'failed', seen: 'down, 10.77.0.1/24, MTU 1500' })
  t.like(judged({ link: { ...LINK, hasCarrier: false } })[0], { result: 'warning', seen: 'no carrier' })
  t.like(judged({ link: { ...LINK, mtu: 1400 } })[0], { result: 'failed', mend: 'ip link set eth1 mtu 1500' })
  t.is(judged({ link: { ...LINK, mtu: 9000 } })[0]?.result, 'ok')
})

// Of Linux 6.12: rpcbind on 0.0.0.0:111, sshd on 10.77.0.1:22, a connection that is no listener, dnsmasq on 10.99.0.1:69.
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:006F 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1 0000000000000000 100 0 0 10 0
   1: 01004D0A:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1002 1 0000000000000000 100 0 0 10 0
   2: 01004D0A:1F83 05004D0A:A000 01 00000000:00000000 00:00000000 00000000     0        0 1003 1 0000000000000000 20 4 0 10 -1
`
const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 0100630A:0045 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 2001 2 0000000000000000 0
  101: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 2002 2 0000000000000000 0
`
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:20FB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3001 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF000001004D0A:1F83 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3002 1 0000000000000000 100 0 0 10 0
`
const sockets = [...parseSockets('tcp', TCP), ...parseSockets('tcp', TCP6), ...parseSockets('udp', UDP)]

test('parseSockets reads listeners and bound sockets as the kernel writes them', (t) => {
  t.deepEqual(
    sockets.map(({ protocol, address, port, inode }) => [protocol, address, port, inode]),
    [
      ['tcp', '0.0.0.0', 111, '1001'],
      ['tcp', '10.77.0.1', 22, '1002'],
      ['tcp', '::', 8443, '3001'],
      ['tcp', '10.77.0.1', 8067, '3002'],
      ['udp', '10.99.0.1', 69, '2001'],
      ['udp', '0.0.0.0', 67, '2002'],
    ],
  )
  for (let length = 0; length < UDP.length; length++) t.notThrows(() => parseSockets('udp', UDP.slice(0, length)))
})

const holder = (pid: number, name: string, ...words: string[]): Holder => ({ pid, name, words: words.length > 0 ? words : [name] })
const OURS = holder(9, 'node', '/usr/bin/node', '/opt/hostless/dist/manager/cli/main.js', 'appliance', '--config', '/etc/hostless.yaml')

function judgedPorts(t: ExecutionContext, holders: readonly (readonly [string, Holder])[], more?: string, seen: Partial<SeenPorts> = {}) {
  return judgePorts(read({ sockets, holders: new Map(holders), ...seen }), wantedPorts(configOf(t, more)))
}

const MANAGED = 'dhcp: { pool: 10.77.0.100-10.77.0.199 }\nmanager: { listen: 10.77.0.1:8443 }'

test('judgePorts names who is in the way, and how to stop it', (t) => {
  const judged = judgedPorts(
    t,
    [
      ['1001', holder(7, 'rpcbind')],
      ['2001', holder(10, 'in.tftpd')],
      ['2002', holder(8, 'dnsmasq')],
      ['3001', holder(11, 'nginx')],
      ['3002', OURS],
    ],
    MANAGED,
  )
  t.deepEqual(
    judged.map(({ subject, result }) => [subject, result]),
    [
      ['UDP 67', 'failed'],
      ['UDP 69', 'failed'],
      ['TCP 111', 'failed'],
      ['TCP 8443', 'failed'],
      ['ports', 'ok'],
    ],
  )
  t.is(judged[0]?.seen, 'dnsmasq (pid 8) has it, which is for DHCP')
  t.regex(judged[2]?.mend ?? '', /^systemctl disable --now rpcbind.socket.*nfs.portmap/)
  t.regex(judged[4]?.seen ?? '', /^hostless has TCP 8067; free: UDP 4011/)
})

test('a port of our own is ok, one whose holder cannot be seen is unknown, one on another address is free', (t) => {
  const ours = judgedPorts(t, [
    ['1001', OURS],
    ['2001', OURS],
    ['2002', OURS],
    ['3002', OURS],
  ])
  t.deepEqual(
    ours.map(({ result }) => result),
    ['ok'],
  )
  const hidden = judgedPorts(t, [], undefined, { sockets: parseSockets('udp', UDP) })
  t.like(hidden[0], { subject: 'UDP 67', result: 'unknown', mend: 'run hostless doctor as root' })
  const elsewhere = judgedPorts(t, [], undefined, { sockets: parseSockets('tcp', TCP).map((one) => ({ ...one, address: '127.0.0.1' })) })
  t.deepEqual(
    elsewhere.map(({ result }) => result),
    ['ok'],
  )
  t.is(judgePorts(unread('no /proc'), [])[0]?.result, 'unknown')
})

test('wantedPorts follows the config', (t) => {
  const said = (more?: string) => wantedPorts(configOf(t, more)).map(({ protocol, port }) => `${protocol} ${port}`)
  t.deepEqual(said(), ['udp 67', 'udp 4011', 'udp 69', 'tcp 8067', 'tcp 2049', 'udp 2049', 'tcp 111', 'udp 111'])
  t.deepEqual(said('dhcp: { mode: off }\nnfs: { port: 3049, portmap: false }\ntftp: { port: 1069 }'), [
    'udp 1069',
    'tcp 8067',
    'tcp 3049',
    'udp 3049',
  ])
})
