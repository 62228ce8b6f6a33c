import test from 'ava'
import { collect } from '../../../../images/agent/collect.ts'
import {
  readBlockDevices,
  readDiskHealth,
  readFileSystems,
  readMultipaths,
  readPartitions,
} from '../../../../images/agent/sections/disks.ts'
import { dom0 } from '../dom0.ts'
import { ended, fixture, textBackend } from '../machines.ts'

const LUN = 'naa.60000000000000000e00000000010001'

test('both paths to a LUN have one identity, and each its own way there', async (t) => {
  const { value, problems } = await readBlockDevices(dom0)
  t.deepEqual(problems, [])
  t.deepEqual(
    value
      .filter(({ wwid }) => wwid === LUN)
      .map(({ name, transport, multipath, target, scsi }) => ({ name, transport, multipath, target, scsi }) as object),
    [
      { name: 'sda', portal: '10.77.0.1:3261', scsi: '6:0:0:1' },
      { name: 'sdb', portal: '10.77.0.1:3260', scsi: '7:0:0:1' },
    ].map(({ name, portal, scsi }) => ({
      name,
      transport: 'iscsi',
      multipath: 'mpathb',
      target: { kind: 'iscsi', target: 'iqn.2025-01.net.hostless:rack1', portal, lun: 1 },
      scsi,
    })),
  )
})

test('what stands on disks is no disk: LVs, DRBD, maps, loops', async (t) => {
  const { value } = await readBlockDevices(dom0)
  t.deepEqual(
    value.map(({ name }) => name),
    ['sda', 'sdb', 'sdc', 'sdd', 'vda'],
  )
  t.like(value[4], { serial: 'node1-disk0', transport: 'virtio', byPath: ['pci-0000:00:02.0', 'virtio-pci-0000:00:02.0'] })
  t.true(value[4]?.byId.includes('virtio-node1-disk0'))
})

const documented = textBackend({
  commands: {
    'lsblk --json --bytes -O': fixture('lsblk-2.38-nvme-fc-documented.json'),
    'find /dev/disk -mindepth 2 -maxdepth 2 -type l -printf %p\\t%l\\n':
      '/dev/disk/by-path/pci-0000:af:00.0-fc-0x20110002ac01a2b3-lun-0x012c000000000000\t../../sda\n/dev/disk/by-id/wwn-0x60002ac00000000000000a1b0001c2d3\t../../sda\n',
    'multipathd show maps json': ended('', 1, 'error receiving packet\n'),
    'smartctl --json -a /dev/nvme0n1': fixture('smartctl-7-nvme-documented.json'),
  },
  files: {
    '/sys/block/nvme0n1/wwid': 'eui.01000000010000005cd2e4128a5d9500\n',
    '/sys/block/sdb/device/wwid': 'naa.60002ac00000000000000a1b0001c2d3\n',
  },
})

test('a WWN that lsblk has cut to 64 bits is not taken where there is a whole one', async (t) => {
  const { value, problems } = await readBlockDevices(documented)
  const of = (name: string) => value.find((disk) => disk.name === name)
  t.is(of('sda')?.wwid as string | undefined, 'naa.60002ac00000000000000a1b0001c2d3')
  t.is(of('sda')?.wwid, of('sdb')?.wwid)
  t.deepEqual(of('sda')?.target as object, { kind: 'fc', port: '20110002ac01a2b3', lun: 300 })
  t.is(of('nvme0n1')?.wwid as string | undefined, 'eui.01000000010000005cd2e4128a5d9500')
  t.deepEqual(
    value.map(({ name, transport }) => `${name} ${transport}`),
    ['sda fc', 'sdb fc', 'sdc usb', 'vda virtio', 'nvme0n1 nvme'],
  )
  t.deepEqual(problems, [{ source: 'multipathd show maps json', reason: { text: 'exit code 1: error receiving packet', lacks: 'detail' } }])
})

test('only disks of the machine’s own are asked for their health', async (t) => {
  const { value } = await readDiskHealth(documented)
  t.deepEqual(
    value.map(({ device, wwid, wearPercent }) => ({ device, wwid, wearPercent }) as object),
    [{ device: '/dev/nvme0n1', wwid: 'eui.01000000010000005cd2e4128a5d9500', wearPercent: 3 }],
  )
  t.deepEqual(await readDiskHealth(dom0), { value: [], problems: [] })
})

test('maps have the size of their device and the SCSI address of each path', async (t) => {
  const { value } = await readMultipaths(dom0)
  t.deepEqual(
    value.map(({ name, sizeBytes, paths }) => ({ name, sizeBytes, paths: paths.map(({ device, scsi }) => `${device} ${scsi}`) })),
    [
      { name: 'mpatha', sizeBytes: 64 * 2 ** 20, paths: ['sdc 6:0:0:2', 'sdd 7:0:0:2'] },
      { name: 'mpathb', sizeBytes: 128 * 2 ** 20, paths: ['sdb 7:0:0:1', 'sda 6:0:0:1'] },
    ],
  )
})

test('partitions say of which disk, from where, and how large', async (t) => {
  const { value } = await readPartitions(
    textBackend({ commands: { 'lsblk --json --bytes -O': fixture('lsblk-2.41-trixie-iscsi-lvm-drbd.json') } }),
  )
  t.deepEqual(value as readonly object[], [
    { name: 'sda1', disk: 'sda', number: 1, startBytes: 1048576, sizeBytes: 20971520, type: '0x83', uuid: 'cafe0001-01' },
    { name: 'sda2', disk: 'sda', number: 2, startBytes: 45056 * 512, sizeBytes: 16777216, type: '0x8e', uuid: 'cafe0001-02' },
  ])
  t.is((await readPartitions(documented)).value[0]?.label, 'scratch space')
})

test('file systems have labels, and mount points with blanks', async (t) => {
  const { value } = await readFileSystems(
    textBackend({ commands: { 'lsblk --json --bytes -O': fixture('lsblk-2.41-trixie-iscsi-lvm-drbd.json') } }),
  )
  t.deepEqual(value as readonly object[], [
    { on: 'vda', type: 'LVM2_member', uuid: 'HjEDWf-n6Qc-MC5K-852o-Qp0z-xbDR-4SqDss', mountPoints: [] },
    {
      on: 'dm-10',
      type: 'ext4',
      uuid: '802ce74b-a4b5-426f-b13b-9f121d39e9e6',
      label: 'my data',
      mountPoints: ['/run/mnt/my data'],
      disks: ['vda'],
    },
  ])
})

test('what is on LUKS over md over partitions of two paths names the disks at the bottom', async (t) => {
  const luks = { kname: 'dm-7', path: '/dev/mapper/luks-data', type: 'crypt', fstype: 'LVM2_member', uuid: 'pv-uuid', size: 1 }
  const md = { kname: 'md0', type: 'raid1', fstype: 'crypto_LUKS', size: 1, children: [luks] }
  const disk = (kname: string) => ({
    ...{
      kname,
      type: 'disk',
      size: 1,
      children: [{ kname: `${kname}1`, type: 'part', pkname: kname, fstype: 'linux_raid_member', children: [md] }],
    },
  })
  const commands = {
    'lsblk --json --bytes -O': JSON.stringify({ blockdevices: [disk('sda'), disk('sdb'), { kname: 'sdc', fstype: 'ext4' }] }),
  }
  const { value, problems } = await readFileSystems(textBackend({ commands }))
  t.deepEqual(problems, [])
  t.deepEqual(
    value.map(({ on, disks }) => [on, disks?.map(String)]),
    [
      ['sda1', ['sda']],
      ['md0', ['sda', 'sdb']],
      ['dm-7', ['sda', 'sdb']],
      ['sdb1', ['sdb']],
      ['sdc', undefined],
    ],
  )
})

test('disks with a WWN of nothing but zeros have none, and are told by their serial numbers', async (t) => {
  for (const [host, serials] of [
    ['a', ['SER-A1', 'SER-A2']],
    ['b', ['SER-B1']],
  ] as const) {
    const commands = { 'lsblk --json --bytes -O': fixture(`lsblk-zero-wwn-sas-host-${host}.json`) }
    const { value } = await readBlockDevices(textBackend({ commands }))
    t.deepEqual(
      value.map(({ wwid, serial, transport }) => [wwid, serial, transport]),
      serials.map((serial) => [undefined, serial, 'sas']),
    )
  }
})

test('a LUN whose name is cut to 64 bits everywhere but in udev’s scsi link is known by that', async (t) => {
  const lsblk = { kname: 'sda', type: 'disk', size: 1, tran: 'fc', wwn: '0x60002ac000000000', serial: 'NULL' }
  const link = '/dev/disk/by-id/scsi-360002ac00000000000000a1b0001c2d3\t../../sda\n'
  const commands = {
    'lsblk --json --bytes -O': JSON.stringify({ blockdevices: [lsblk] }),
    'find /dev/disk -mindepth 2 -maxdepth 2 -type l -printf %p\\t%l\\n': link,
  }
  const { value } = await readBlockDevices(textBackend({ commands }))
  t.is(value[0]?.wwid as string | undefined, 'naa.60002ac00000000000000a1b0001c2d3')
  t.is(value[0]?.serial, undefined)
})

test('a mount point that is too long costs itself, and it is told that one is missing', async (t) => {
  const row = { kname: 'sda', type: 'disk', size: 1, fstype: 'ext4', mountpoints: [`/${'x'.repeat(600)}`, '/srv'] }
  const lsblk = JSON.stringify({ blockdevices: [row] })
  const { sections, problems } = await collect(textBackend({ commands: { 'lsblk --json --bytes -O': lsblk } }), ['fileSystems'])
  t.deepEqual(sections.fileSystems?.[0]?.mountPoints as unknown, ['/srv'])
  t.deepEqual(
    problems.map(({ lacks }) => lacks),
    ['parts'],
  )
})

/** As of Linux 6.1: nvme0 in the machine, nvme1 and nvme2 lead to one subsystem, with the kernel's own multipathing or without. */
const nvme = (namespaces: { readonly [controller: string]: string }) => {
  const files = (name: string, transport: string, subsystem: string, address: string) => ({
    [`/sys/class/nvme/${name}/transport`]: `${transport}\n`,
    [`/sys/class/nvme/${name}/subsysnqn`]: `${subsystem}\n`,
    [`/sys/class/nvme/${name}/address`]: `${address}\n`,
    [`/sys/class/nvme/${name}/state`]: 'live\n',
    [`/sys/class/nvme/${name}/${namespaces[name]}/nsid`]: '1\n',
  })
  const disk = (name: string) => ({ kname: name, path: `/dev/${name}`, type: 'disk', size: 1024, tran: 'nvme', rm: false, ro: false })
  return textBackend({
    commands: {
      'lsblk --json --bytes -O': JSON.stringify({ blockdevices: ['nvme0n1', 'nvme1n1', 'nvme2n1'].map(disk) }),
      'find /dev/disk -mindepth 2 -maxdepth 2 -type l -printf %p\\t%l\\n': '',
      'multipathd show maps json': '',
      'smartctl --json --scan': '{"devices":[]}',
      'smartctl --json -a /dev/nvme0n1': fixture('smartctl-7-nvme-documented.json'),
    },
    files: {
      ...files('nvme0', 'pcie', 'nqn.2014.08.org.nvmexpress:8086', '0000:5e:00.0'),
      ...files('nvme1', 'tcp', 'nqn.2014-08.org.example:array', 'traddr=10.0.0.1,trsvcid=4420'),
      ...files('nvme2', 'rdma', 'nqn.2014-08.org.example:array', 'traddr=10.0.1.1,trsvcid=4420'),
      '/sys/block/nvme1n1/wwid': 'uuid.7f2c1e0a-0000-4000-8000-0000000000aa\n',
    },
  })
}

test('an NVMe namespace on the other side of a network tells so, with its controllers, and is not asked for its health', async (t) => {
  const multipathed = nvme({ nvme0: 'nvme0n1', nvme1: 'nvme1c1n1', nvme2: 'nvme1c2n1' })
  const { value } = await readBlockDevices(multipathed)
  const of = (name: string) => value.find((disk) => disk.name === name)
  t.is(of('nvme0n1')?.fabric, undefined)
  t.is(of('nvme1n1')?.wwid as string | undefined, 'uuid.7f2c1e0a-0000-4000-8000-0000000000aa')
  t.deepEqual(of('nvme1n1')?.fabric, {
    transport: 'tcp',
    subsystem: 'nqn.2014-08.org.example:array',
    controllers: [
      { name: 'nvme1', address: 'traddr=10.0.0.1,trsvcid=4420', state: 'live' },
      { name: 'nvme2', address: 'traddr=10.0.1.1,trsvcid=4420', state: 'live' },
    ],
  })
  t.deepEqual(
    (await readDiskHealth(nvme({ nvme0: 'nvme0n1', nvme1: 'nvme1n1', nvme2: 'nvme2n1' }))).value.map(({ device }) => device as string),
    ['/dev/nvme0n1'],
  )
  const single = await readBlockDevices(nvme({ nvme0: 'nvme0n1', nvme1: 'nvme1n1', nvme2: 'nvme2n1' }))
  t.deepEqual(
    single.value.map(({ name, fabric }) => [name, fabric?.transport, fabric?.controllers.length]),
    [
      ['nvme0n1', undefined, undefined],
      ['nvme1n1', 'tcp', 1],
      ['nvme2n1', 'rdma', 1],
    ] as never,
  )
})
