import test from 'ava'
import type { Command, Ran } from '../../../../images/agent/backend.ts'
import { parseSmartctlScan } from '../../../../images/agent/inventory/smartctl.ts'
import { readDiskHealth } from '../../../../images/agent/sections/disks.ts'
import { faultsOf } from '../../../../manager/alarms/faults.ts'
import { reporting } from '../../../manager/connectivity/inventories.ts'
import { ended, fixture, textBackend } from '../machines.ts'

const SCAN = fixture('smartctl-7-scan-megaraid-documented.json')
const STOPPED: Ran = { kind: 'stopped', stdout: '', reason: 'stopped after 20 s' }

/** A RAID volume and a SATA disk that lsblk shows, and what else is asked. */
const machine = (commands: { readonly [command: string]: string | Ran }) => {
  const asked: string[] = []
  const disk = (kname: string, tran: string | null) => ({
    kname,
    path: `/dev/${kname}`,
    type: 'disk',
    size: 1024,
    tran,
    rm: false,
    ro: false,
  })
  const backend = textBackend({
    commands: {
      'lsblk --json --bytes -O': JSON.stringify({ blockdevices: [disk('sda', null), disk('sdb', 'sata')] }),
      'find /dev/disk -mindepth 2 -maxdepth 2 -type l -printf %p\\t%l\\n': '',
      'multipathd show maps json': '{"maps":[]}',
      'smartctl --json --scan': SCAN,
      'smartctl --json -a /dev/sdb': JSON.stringify({ serial_number: 'THROUGH', smart_status: { passed: true } }),
      ...commands,
    },
  })
  const run = (command: Command) => {
    if (command[0] === 'smartctl') asked.push(command.slice(1).join(' '))
    return backend.run(command)
  }
  return { backend: { ...backend, run }, asked }
}

const sas = (serial: string, grown = 0) =>
  JSON.stringify({ serial_number: serial, smart_status: { passed: true }, scsi_grown_defect_list: grown })

test('disks behind a RAID controller are asked by the names that a scan gives them, and their defects are alarms', async (t) => {
  const { backend } = machine({
    'smartctl --json -a -d megaraid,8 /dev/bus/0': sas('M8'),
    'smartctl --json -a -d megaraid,9 /dev/bus/0': sas('M9', 40),
    // Bit 6 of the exit code: the disk's log has errors.
    'smartctl --json -a -d megaraid,10 /dev/bus/0': ended(sas('M10'), 64),
  })
  const { value, problems } = await readDiskHealth(backend)
  t.deepEqual(problems, [])
  t.deepEqual(
    value.map(({ device, behind, serial }) => [device, behind, serial].join(' ')),
    ['/dev/sdb  THROUGH', '/dev/bus/0 megaraid,8 M8', '/dev/bus/0 megaraid,9 M9', '/dev/bus/0 megaraid,10 M10'],
  )
  const [fault, ...others] = faultsOf(reporting('a', { diskHealth: [...value] }))
  t.deepEqual(others, [])
  t.regex(fault?.text ?? '', /^\/dev\/bus\/0 megaraid,9 \(M9\) of a: more than 32 sectors moved/)
})

test('a disk that the controller hands through is reported once', async (t) => {
  const { backend } = machine({
    'smartctl --json -a -d megaraid,8 /dev/bus/0': sas('THROUGH'),
    'smartctl --json -a -d megaraid,9 /dev/bus/0': sas('M9'),
    'smartctl --json -a -d megaraid,10 /dev/bus/0': sas('M10'),
  })
  const { value } = await readDiskHealth(backend)
  t.deepEqual(
    value.map(({ serial }) => serial),
    ['THROUGH', 'M9', 'M10'],
  )
})

test('a controller that does not answer in time is not asked for its other disks, and it is told', async (t) => {
  const { backend, asked } = machine({
    'smartctl --json -a -d megaraid,8 /dev/bus/0': sas('M8'),
    'smartctl --json -a -d megaraid,9 /dev/bus/0': STOPPED,
  })
  const { value, problems } = await readDiskHealth(backend)
  t.deepEqual(asked.at(-1), '--json -a -d megaraid,9 /dev/bus/0')
  t.deepEqual(
    value.map(({ serial }) => serial),
    ['THROUGH', 'M8'],
  )
  t.deepEqual(
    problems.map(({ reason }) => reason),
    ['stopped after 20 s', '/dev/bus/0 did not answer in time: 1 more of its disks were not asked'],
  )
})

test('a scan that fails is told; the disks that the kernel shows are asked all the same', async (t) => {
  const { backend } = machine({ 'smartctl --json --scan': STOPPED })
  const { value, problems } = await readDiskHealth(backend)
  t.deepEqual([value.length, problems], [1, [{ source: 'smartctl --json --scan', reason: 'stopped after 20 s' }]])
})

test('no more disks are asked than a host has, and what smartctl is told has no options in it', async (t) => {
  const devices = Array.from({ length: 300 }, (_, index) => ({ name: '/dev/bus/0', type: `megaraid,${index}` }))
  const { backend, asked } = machine({ 'smartctl --json --scan': JSON.stringify({ devices }) })
  const { problems } = await readDiskHealth(backend)
  t.is(asked.filter((line) => line.includes('megaraid')).length, 256)
  t.true(problems.some(({ reason }) => reason === 'there are 300 disks behind RAID controllers; only the first 256 are asked'))

  const odd = ['--scan', 'megaraid,1 -x', 'test', 'scsi', 'nvme', 'usbjmicron,1', 'megaraid', undefined].map((type) => ({
    name: '/dev/bus/0',
    type,
  }))
  const named = [
    { name: '-x', type: 'megaraid,1' },
    { name: '/dev/../etc', type: 'megaraid,1' },
  ]
  t.deepEqual(parseSmartctlScan(JSON.stringify({ devices: [...odd, ...named] })), { value: [], reasons: [] })
  const good = ['megaraid,0', 'sat+megaraid,12', 'sssraid,0,1', 'cciss,3', '3ware,2', 'areca,1/2', 'aacraid,0,0,1'].map((type) => ({
    name: '/dev/sg0',
    type,
  }))
  t.is(parseSmartctlScan(JSON.stringify({ devices: good })).value.length, good.length)
})
