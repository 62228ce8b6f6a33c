import test from 'ava'
import {
  ipMonitor,
  parseIpLine,
  parseUdevLine,
  parseXenLine,
  staleAfter,
  udevMonitor,
  xenMonitor,
} from '../../../../images/agent/watching/monitors.ts'
import { fixture } from '../machines.ts'

const udevEvents = (name: string) =>
  fixture(name)
    .split('\n')
    .flatMap((line) => parseUdevLine(line) ?? [])

test('udev tells of LUNs, sessions and guests as they come and go', (t) => {
  const told = udevEvents('udevadm-monitor-257-guest-iscsi.txt').map((event) =>
    event.kind === 'device' ? `${event.action} ${event.subsystem} ${event.device}` : '',
  )
  for (const one of [
    'add block sda',
    'add block sda1',
    'add iscsi_session session1',
    'change block dm-1',
    'add xen-backend vbd-1-51712',
    'add net vif1.0',
    'remove xen-backend vif-1-0',
    'remove iscsi_connection connection1:0',
  ]) {
    t.true(told.includes(one), one)
  }
})

test('every event of the subsystems that are asked for makes something stale', (t) => {
  for (const event of udevEvents('udevadm-monitor-257-guest-iscsi.txt')) t.not(staleAfter(event).length, 0, JSON.stringify(event))
})

test('the heads of udevadm’s output are no events, nor are odd lines', (t) => {
  const heads = ['monitor will print the received events for:', 'UDEV - the event which udev sends out after rule processing', '']
  const odd = ['UDEV  [1.0] explode /devices/x (block)', 'UDEV  [1.0] add /devices/x', 'UDEV  [1.0] add /devices/\u001b[2J (block)']
  for (const line of [...heads, ...odd]) t.is(parseUdevLine(line), undefined, line)
})

test('ip tells of links and of addresses', (t) => {
  t.deepEqual(parseIpLine('7: bond0.12@bond0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default'), {
    kind: 'network',
    what: 'link',
    interface: 'bond0.12',
  })
  t.deepEqual(parseIpLine('8: xenbr12    inet 192.0.2.7/24 scope global xenbr12\\       valid_lft forever'), {
    kind: 'network',
    what: 'address',
    interface: 'xenbr12',
  })
  t.like(parseIpLine('Deleted 6: vif1.0: <BROADCAST,MULTICAST> mtu 1500'), { what: 'link', interface: 'vif1.0' })
  const events = fixture('ip-monitor-6.15-trixie.txt').split('\n').filter(Boolean).map(parseIpLine)
  t.true(events.length > 50 && events.every((event) => event !== undefined))
})

test('a link makes networks stale, an address only addresses', (t) => {
  t.deepEqual(staleAfter({ kind: 'network', what: 'link', interface: 'eth0' }), ['nics', 'bonds', 'vlans', 'bridges', 'addresses'])
  t.deepEqual(staleAfter({ kind: 'network', what: 'address', interface: 'eth0' }), ['addresses'])
  t.deepEqual(staleAfter({ kind: 'device', action: 'add', subsystem: 'coffee', device: 'x' }), [])
})

test('a monitor covers the sections of all of its events', (t) => {
  for (const event of udevEvents('udevadm-monitor-257-guest-iscsi.txt')) {
    for (const name of staleAfter(event)) t.true(udevMonitor.sections.includes(name), name)
  }
  t.true(ipMonitor.sections.includes('addresses'))
  t.true(udevMonitor.command.includes('--subsystem-match=xen-backend'))
})

test('xenstore tells that a domain has begun, crashed or ended, not which: the guests are read again', (t) => {
  for (const line of ['@introduceDomain', '@releaseDomain\n']) {
    const sections = parseXenLine(line)
    t.true(sections?.includes('guests'))
    t.true(sections?.every((name) => xenMonitor.sections.includes(name)))
  }
  for (const line of ['', '@other', '/local/domain/1 @releaseDomain', 'xenstore-watch: error']) t.is(parseXenLine(line), undefined, line)
  t.deepEqual(xenMonitor.command, ['xenstore-watch', '@introduceDomain', '@releaseDomain'])
})
