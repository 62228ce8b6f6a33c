import test from 'ava'
import { parseDiskLinks } from '../../../../images/agent/inventory/disk-links.ts'
import { parseLsblk } from '../../../../images/agent/inventory/lsblk.ts'
import { parseNfsMounts } from '../../../../images/agent/inventory/mountinfo.ts'
import { parseSmartctl } from '../../../../images/agent/inventory/smartctl.ts'
import { normalWwid } from '../../../../images/agent/inventory/wwid.ts'
import { fixture } from '../machines.ts'

test('parseLsblk gives each device once, though lsblk repeats what stands on several', (t) => {
  const { value, reasons } = parseLsblk(fixture('lsblk-2.41-trixie-iscsi-lvm-drbd.json'))
  t.deepEqual(reasons, [])
  const names = value.map(({ kname }) => kname).filter((name) => !name.startsWith('loop'))
  t.deepEqual(names, [
    'sda',
    'sda1',
    'sda2',
    'sdb',
    'vda',
    'dm-1',
    'dm-0',
    'dm-3',
    'dm-2',
    'dm-4',
    'drbd7',
    'dm-5',
    'dm-7',
    'dm-8',
    'dm-9',
    'dm-6',
    'dm-10',
  ])
  const mounted = value.find(({ kname }) => kname === 'dm-10')
  t.deepEqual([mounted?.label, mounted?.mountpoints, mounted?.size], ['my data', ['/run/mnt/my data'], 33554432])
})

test('parseLsblk leaves out a row without a name, and says so', (t) => {
  const { value, reasons } = parseLsblk('{"blockdevices":[{"kname":5},{"kname":"sda","size":"12","rota":"1","mountpoints":null}]}')
  t.deepEqual(
    value.map(({ kname, size, rota, mountpoints }) => ({ kname, size, rota, mountpoints })),
    [{ kname: 'sda', size: 12, rota: true, mountpoints: [] }],
  )
  t.deepEqual(reasons, ['row 1 of block devices has an unknown form'])
})

test('parseLsblk goes no deeper than devices do', (t) => {
  const depth = 2000
  const deep = `${Array.from({ length: depth }, (_, index) => `{"kname":"d${index}","children":[`).join('')}${']}'.repeat(depth)}`
  const { value, reasons } = parseLsblk(`{"blockdevices":[${deep}]}`)
  t.is(value.length, 33)
  t.regex(reasons.join(), /nested deeper/)
})

test('parseDiskLinks keeps stable names of whole disks', (t) => {
  const { value } = parseDiskLinks(fixture('find-disk-links-trixie.txt'))
  t.deepEqual(
    value.filter(({ device }) => device === 'sda'),
    [
      { folder: 'by-path', name: 'ip-10.77.0.1:3260-iscsi-iqn.2025-01.net.hostless:rack1-lun-1', device: 'sda' },
      { folder: 'by-id', name: 'scsi-360000000000000000e00000000010001', device: 'sda' },
      { folder: 'by-id', name: 'wwn-0x60000000000000000e00000000010001', device: 'sda' },
    ],
  )
  t.false(value.some(({ name, device }) => name.includes('part') || device === 'sda1'))
})

test('one disk has one WWID, whoever writes it', (t) => {
  const disk = 'naa.60000000000000000e00000000010001'
  for (const text of [
    'naa.60000000000000000E00000000010001\n',
    '0x60000000000000000e00000000010001',
    '360000000000000000e00000000010001',
    'wwn-0x60000000000000000e00000000010001',
  ]) {
    t.is(normalWwid(text), disk, text)
  }
  t.is(normalWwid('t10.ATA     QEMU HARDDISK                           QM00001             '), 't10.ATA_QEMU_HARDDISK_QM00001')
  t.is(normalWwid('1ATA_____QEMU_HARDDISK___________________________QM00001'), 't10.ATA_QEMU_HARDDISK_QM00001')
  t.is(normalWwid('eui.0025385971B0A3C4'), 'eui.0025385971b0a3c4')
  t.is(normalWwid('20025385971b0a3c4'), 'eui.0025385971b0a3c4')
  t.is(normalWwid('nvme.1b36-31-51-00000001'), 'nvme.1b36-31-51-00000001')
  for (const none of ['', undefined, '0x', 'naa.', '0x123', 'vendor specific']) t.is(normalWwid(none), undefined)
  for (const none of [
    '0x0000000000000000',
    'wwn-0xffffffffffffffff',
    '0x5000c50000000000',
    `36001405${'0'.repeat(25)}`,
    'eui.0000000000000000',
  ])
    t.is(normalWwid(none), undefined, none)
  for (const none of ['t10.ATA     QEMU HARDDISK                                               ', '1ATA_____QEMU_HARDDISK', 't10.        '])
    t.is(normalWwid(none), undefined, none)
})

test('parseNfsMounts finds the root that the host booted from', (t) => {
  const { value, reasons } = parseNfsMounts(fixture('mountinfo-trixie-nfs-root.txt'))
  t.deepEqual(reasons, [])
  t.deepEqual(value, [
    {
      server: '10.77.0.1',
      export: '/dom0/c7ece48d92df3183',
      mountPoint: '/run/hostless/root',
      version: '3',
      readOnly: true,
      address: '10.77.0.1',
    },
  ])
})

test('parseNfsMounts knows a text that is cut short, or empty: the root is always mounted', (t) => {
  const text = fixture('mountinfo-trixie-nfs-root.txt')
  for (const cut of [text.slice(0, -1), text.slice(0, 200), '']) {
    t.deepEqual(parseNfsMounts(cut).reasons, ['it was cut short: its last line has no end'], JSON.stringify(cut.slice(-20)))
  }
})

test('parseNfsMounts reads escaped blanks and IPv6 servers', (t) => {
  const line = '40 25 0:31 / /mnt/my\\040isos rw,relatime shared:1 - nfs4 [2001:db8::1]:/ex\\040port rw,vers=4.2,addr=2001:db8::1\n'
  t.deepEqual(parseNfsMounts(line).value, [
    { server: '[2001:db8::1]', export: '/ex port', mountPoint: '/mnt/my isos', version: '4.2', readOnly: false, address: '2001:db8::1' },
  ])
})

test('parseNfsMounts refuses a mount point that could act in a terminal', (t) => {
  const { value, reasons } = parseNfsMounts('40 25 0:31 / /mnt/\\033[2J rw - nfs a:/b rw,vers=3\n')
  t.deepEqual(value, [])
  t.is(reasons.length, 1)
})

test('parseSmartctl reads what ATA disks tell', (t) => {
  t.deepEqual(parseSmartctl('/dev/sda', fixture('smartctl-7-ata-documented.json')), {
    value: {
      device: '/dev/sda',
      serial: 'Z1W0ABCD',
      model: 'ST1000NM0033-9ZM173',
      passed: false,
      celsius: 38,
      powerOnHours: 44012,
      reallocatedSectors: 1288,
      pendingSectors: 16,
      uncorrectableErrors: 8,
    },
    reasons: [],
  })
})

test('parseSmartctl counts what is packed with something else, and not what its maker has got wrong', (t) => {
  const table = [
    { id: 5, name: 'Reallocated_Sector_Ct', raw: { value: 103_079_215_112, string: '8 (0 24)' } },
    { id: 197, name: 'Bogus_Current_Pend_Sect', raw: { value: 1, string: '1' } },
    { id: 198, name: 'Offline_Uncorrectable', raw: { value: 3 } },
  ]
  const { value, reasons } = parseSmartctl('/dev/sda', JSON.stringify({ ata_smart_attributes: { table } }))
  t.deepEqual(reasons, [])
  t.deepEqual([value?.reallocatedSectors, value?.pendingSectors, value?.uncorrectableErrors], [8, undefined, 3])
})

test('parseSmartctl reads what NVMe and SAS disks tell', (t) => {
  const nvme = parseSmartctl('/dev/nvme0n1', fixture('smartctl-7-nvme-documented.json')).value
  t.like(nvme, { passed: true, wearPercent: 3, criticalWarning: 0, uncorrectableErrors: 2, powerOnHours: 870, celsius: 34 })
  const sas = parseSmartctl('/dev/sdb', fixture('smartctl-7-sas-documented.json')).value
  t.like(sas, { model: 'TOSHIBA PX05SVB080', wearPercent: 11, reallocatedSectors: 4, uncorrectableErrors: 3, celsius: 21 })
})

test('parseSmartctl takes a LUN’s temperature of 0 for none', (t) => {
  t.deepEqual(parseSmartctl('/dev/sda', fixture('smartctl-7.4-iscsi.json')), {
    value: { device: '/dev/sda', serial: 'beaf11', model: 'IET VIRTUAL-DISK', passed: true },
    reasons: [],
  })
})

test('a device that smartctl cannot ask has no health, and smartctl’s word for it', (t) => {
  t.deepEqual(parseSmartctl('/dev/vda', fixture('smartctl-7.4-virtio-cannot.json')), {
    value: undefined,
    reasons: ['/dev/vda: Unable to detect device type'],
  })
})
