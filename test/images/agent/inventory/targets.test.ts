import test from 'ava'
import { parseDrbdEvents } from '../../../../images/agent/inventory/drbdsetup.ts'
import { parseInitiatorName, parseIscsiSessions } from '../../../../images/agent/inventory/iscsiadm.ts'
import { parseMultipathdMaps } from '../../../../images/agent/inventory/multipath.ts'
import { textOf } from '../../../../images/agent/inventory/reading.ts'
import { targetOf } from '../../../../images/agent/sections/targets.ts'
import { fixture } from '../machines.ts'

test('parseIscsiSessions reads both paths to one target', (t) => {
  const { value, reasons } = parseIscsiSessions(fixture('iscsiadm-2.1.11-two-sessions.txt'))
  t.deepEqual(reasons, [])
  t.deepEqual(
    value.map(({ portal, sid, connected, target, initiator }) => ({ portal, sid, connected, target, initiator }) as object),
    ['10.77.0.1:3261', '10.77.0.1:3260'].map((portal, index) => ({
      portal,
      sid: index + 1,
      connected: true,
      target: 'iqn.2025-01.net.hostless:rack1',
      initiator: 'iqn.2025-01.net.hostless:node1',
    })),
  )
  t.deepEqual(value[0]?.luns, [{ lun: 0 }, { lun: 1, device: 'sda' }, { lun: 2, device: 'sdc' }])
})

test('a session that is not logged in is not connected; one without SID is a reason', (t) => {
  const text = fixture('iscsiadm-2.1.11-two-sessions.txt')
  t.deepEqual(
    parseIscsiSessions(text.replace('Session State: LOGGED_IN', 'Session State: FAILED')).value.map(({ connected }) => connected),
    [false, true],
  )
  const cut = parseIscsiSessions(text.replace(/SID: 1/, 'SID: x'))
  t.is(cut.value.length, 1)
  t.is(cut.reasons.length, 1)
})

test('two sessions through one portal are two, each with its own interface, state and disks', (t) => {
  const { value, reasons } = parseIscsiSessions(fixture('iscsiadm-p3-one-portal-two-sessions-LOGGED_IN-FAILED.txt'))
  t.deepEqual(reasons, [])
  t.deepEqual(
    value.map(({ portal, sid, interface: by, connected, luns }) => ({ portal, sid, by, connected, luns }) as object),
    [
      { portal: '10.77.0.1:3260', sid: 1, by: 'iface0', connected: true, luns: [{ lun: 1, device: 'sda' }] },
      { portal: '10.77.0.1:3260', sid: 2, by: 'iface1', connected: false, luns: [{ lun: 1, device: 'sdb' }] },
    ],
  )
})

test('each target has its own portals and sessions; where a target has sent a host on, the portal of the record is kept', (t) => {
  const block = (sid: number, disk: string) =>
    `\t\tInterface:\n\t\tSID: ${sid}\n\t\tiSCSI Session State: LOGGED_IN\n\t\tHost Number: ${sid}\tState: running\n\t\tscsi${sid} Channel 00 Id 0 Lun: 0\n\t\t\tAttached scsi disk ${disk}\n`
  const text =
    `Target: iqn.2026-01.test:a (non-flash)\n\tCurrent Portal: 10.0.0.7:3260,1\n\tPersistent Portal: 10.0.0.1:3260,1\n${block(1, 'sda')}${block(2, 'sdb')}` +
    `Target: iqn.2026-01.test:b (non-flash)\n\tCurrent Portal: [fd00::1]:3260,1\n\tPersistent Portal: [fd00::1]:3260,1\n${block(3, 'sdc')}`
  const { value, reasons } = parseIscsiSessions(text)
  t.deepEqual(reasons, [])
  t.deepEqual(
    value.map(({ target, portal, recordPortal, sid, luns }) => [target.slice(-1), portal, recordPortal, sid, luns[0]?.device]),
    [
      ['a', '10.0.0.7:3260', '10.0.0.1:3260', 1, 'sda'],
      ['a', '10.0.0.7:3260', '10.0.0.1:3260', 2, 'sdb'],
      ['b', '[fd00::1]:3260', undefined, 3, 'sdc'],
    ],
  )
})

test('a portal behind which the text ends is a reason: it was cut short', (t) => {
  const text = fixture('iscsiadm-2.1.11-two-sessions.txt')
  const { value, reasons } = parseIscsiSessions(text.slice(0, text.lastIndexOf('\tPersistent Portal')))
  t.is(value.length, 1)
  t.is(reasons.length, 1)
})

test('a text of sessions that ends behind any line of it is known to be cut short, up to the line that its disks follow', (t) => {
  const lines = fixture('iscsiadm-p3-one-portal-two-sessions-LOGGED_IN-FAILED.txt').trimEnd().split('\n')
  let isOpen = false
  for (const [index, line] of lines.entries()) {
    if (/Target:|Current Portal:|Interface:/.test(line)) isOpen = true
    if (line.includes('Host Number:')) isOpen = false
    const { reasons } = parseIscsiSessions(`${lines.slice(0, index + 1).join('\n')}\n`)
    t.is(reasons.length > 0, isOpen, line)
  }
  t.regex(String(parseIscsiSessions(lines.join('\n')).reasons[0]), /last line has no end/)
})

test('a session whose disks the tool cannot tell is one of which parts are missing', (t) => {
  const text = fixture('iscsiadm-p3-one-portal-two-sessions-LOGGED_IN-FAILED.txt')
  const { value, reasons } = parseIscsiSessions(`${text.slice(0, text.lastIndexOf('\t\tHost Number'))}\t\tUnavailable\n`)
  t.is(value.length, 2)
  t.deepEqual(reasons, [{ text: 'the session with 10.77.0.1:3260: its disks are unavailable', lacks: 'parts' }])
})

test('parseInitiatorName passes over comments and spaces', (t) => {
  const text = '## DO NOT EDIT\n#InitiatorName=iqn.old\nInitiatorName=iqn.1993-08.org.debian:01:AbC\n'
  t.deepEqual(parseInitiatorName(text), { value: 'iqn.1993-08.org.debian:01:abc', reasons: [] })
  t.is(parseInitiatorName('GenerateName=yes\n').reasons.length, 1)
})

test('parseMultipathdMaps reads maps and their paths', (t) => {
  const { value, reasons } = parseMultipathdMaps(fixture('multipathd-0.11-maps.json'))
  t.deepEqual(reasons, [])
  t.deepEqual(value[1] as object, {
    name: 'mpathb',
    wwid: 'naa.60000000000000000e00000000010001',
    dm: 'dm-2',
    vendor: 'IET',
    product: 'VIRTUAL-DISK',
    queuesWithoutPath: false,
    paths: [
      { device: 'sdb', state: 'active', check: 'ready', group: 1, priority: 1 },
      { device: 'sda', state: 'active', check: 'ready', group: 2, priority: 1 },
    ],
  })
  t.deepEqual(
    parseMultipathdMaps(fixture('multipathd-0.11-maps-one-path.json')).value.map(({ paths }) => paths.length),
    [1, 1],
  )
})

test('a map without a WWID is left out, with the reason', (t) => {
  const text = fixture('multipathd-0.11-maps.json').replace('"360000000000000000e00000000010002"', '""')
  const { value, reasons } = parseMultipathdMaps(text)
  t.is(value.length, 1)
  t.regex(reasons.map(textOf).join(), /^map mpatha: wwid/)
})

test('a SATA disk’s map keeps its name and its WWID without a digit before it', (t) => {
  const { value, reasons } = parseMultipathdMaps(fixture('multipathd-sata-disk-wwid-without-prefix.json'))
  t.deepEqual(reasons, [])
  t.deepEqual(
    value.map(({ name, wwid, paths }) => [name, wwid as string, paths.length]),
    [
      ['SSDXXXX240G8R_PHYH000000QF240J', 't10.SSDXXXX240G8R_PHYH000000QF240J', 1],
      ['mpatha', 'naa.6006016022f04400aaaaaaaaaaaaaaa1', 2],
    ],
  )
})

test('a map is a map under whatever name multipath has found for it', (t) => {
  const uuids = [
    '0QEMU    QEMU HARDDISK   drive-scsi0-0-1',
    '1ATA     WDC WD1003FBYX-01Y7B1',
    'WDC_WD10=1',
    '360',
    '35000000000000000',
    'x#1',
  ]
  const maps = uuids.map((uuid) => ({ name: uuid.trim(), uuid, sysfs: 'dm-0', path_groups: [] }))
  const { value, reasons } = parseMultipathdMaps(JSON.stringify({ maps }))
  t.deepEqual([value.map(({ name }) => name), reasons], [uuids, []])
  t.deepEqual(
    value.slice(0, 3).map(({ wwid }) => wwid as string),
    ['t10.0QEMU_QEMU_HARDDISK_drive-scsi0-0-1', 't10.1ATA_WDC_WD1003FBYX-01Y7B1', 't10.WDC_WD10=1'],
  )
})

test('a map without any path is a map, and one whose paths are not told is left out', (t) => {
  const text = fixture('multipathd-map-without-any-path.json')
  const { value, reasons } = parseMultipathdMaps(text)
  t.deepEqual([value.map(({ name, paths }) => [name, paths.length]), reasons], [[['mpatha', 0]], []])
  const untold = parseMultipathdMaps(text.replace('"path_groups": []', '"path_groups": null'))
  t.deepEqual([untold.value, untold.reasons.length], [[], 1])
})

test('targetOf reads targets out of udev’s names', (t) => {
  t.deepEqual(targetOf(['ip-10.77.0.1:3260-iscsi-iqn.2025-01.net.hostless:rack1-lun-1']), {
    kind: 'iscsi',
    target: 'iqn.2025-01.net.hostless:rack1',
    portal: '10.77.0.1:3260',
    lun: 1,
  })
  t.deepEqual(targetOf(['pci-0000:af:00.0-fc-0x20110002ac01a2b3-lun-7']), { kind: 'fc', port: '20110002ac01a2b3', lun: 7 })
  t.deepEqual(targetOf(['pci-0000:af:00.0-fc-0x20110002ac01a2b3-lun-0x012c000000000000']), {
    kind: 'fc',
    port: '20110002ac01a2b3',
    lun: 300,
  })
  t.is(targetOf(['pci-0000:00:17.0-ata-1', 'virtio-pci-0000:00:02.0']), undefined)
  t.is(targetOf([]), undefined)
})

test('parseDrbdEvents reads DRBD 8.4, as its own tool tells it', (t) => {
  const { value, reasons } = parseDrbdEvents(fixture('drbd-events2-8.4.txt'))
  t.deepEqual(reasons, [])
  t.deepEqual(value, [
    {
      name: 'r0',
      role: 'Primary',
      suspended: false,
      volumes: [{ volume: 0, minor: 7, disk: 'UpToDate', sizeBytes: 65536 * 1024 }],
      connections: [
        {
          peer: 'peer',
          state: 'Connecting',
          role: 'Unknown',
          volumes: [{ volume: 0, replication: 'Off', peerDisk: 'DUnknown', outOfSyncBytes: 65280 * 1024 }],
        },
      ],
    },
  ])
})

test('parseDrbdEvents knows that it was cut short, in a line or behind one', (t) => {
  const text = fixture('drbd-events2-8.4.txt')
  const lines = text.trimEnd().split('\n')
  for (const cut of [`${lines.slice(0, -1).join('\n')}\n`, `${lines.slice(0, 2).join('\n')}\n`, text.slice(0, 40), text.slice(0, -3)]) {
    t.is(parseDrbdEvents(cut).reasons[0], 'it was cut short: its last line is missing', cut)
  }
})

test('parseDrbdEvents reads DRBD 9 with two peers and a sync under way', (t) => {
  const [resource] = parseDrbdEvents(fixture('drbd-events2-9-documented.txt')).value
  t.deepEqual(
    resource?.connections.map(({ peer, state }) => `${peer} ${state}`),
    ['central Connected', 'poller Connecting'],
  )
  t.like(resource?.connections[0]?.volumes[0], { replication: 'SyncTarget', percentInSync: 48.8, outOfSyncBytes: 392120 * 1024 })
  t.is(resource?.volumes[0]?.backing, '/dev/vg0/d0')
})

test('a line of DRBD that belongs to nothing is a reason', (t) => {
  const { value, reasons } = parseDrbdEvents('exists device name:ghost volume:0 minor:1 disk:UpToDate\nexists -\n')
  t.deepEqual(value, [])
  t.is(reasons.length, 1)
})
