import test from 'ava'
import { keyOfCondition, type ReportingHost } from '../../../manager/alarms/condition.ts'
import { PathFaults } from '../../../manager/alarms/faults/paths.ts'
import { faultsOf } from '../../../manager/alarms/faults.ts'
import { naa, reporting } from '../connectivity/inventories.ts'
import { Watched } from './watched.ts'

type Given = Parameters<typeof reporting>[1]

const disk = (more: object) => ({ device: '/dev/nvme0n1', serial: 'S1', model: 'PM9A3', ...more })
const path = (device: string, state: 'active' | 'failed') => ({ device, state, group: 1 })
const sensor = (more: object) => ({ chip: 'coretemp.hwmon2', label: 'Package id 0', quantity: 'temperature' as const, value: 50, ...more })

const said = (host: ReportingHost) => [...faultsOf(host), ...new Watched(new PathFaults()).tell(host)]

const WRONG: readonly [what: string, given: Given, about: string, text: RegExp][] = [
  [
    'a disk whose SMART says so',
    { diskHealth: [disk({ passed: false })] },
    'a S1',
    /^\/dev\/nvme0n1 \(PM9A3, S1\) of a: SMART foretells its failure\. Move/,
  ],
  [
    'an NVMe that warns',
    { diskHealth: [disk({ passed: true, criticalWarning: 0b1001 })] },
    'a S1',
    /: its spare blocks run out; it takes no more writes\./,
  ],
  ['an NVMe that warns of what is not known here', { diskHealth: [disk({ criticalWarning: 64 })] }, 'a S1', /it warns of its state \(64\)/],
  [
    'a failed path',
    { multipaths: [{ name: 'mpatha', wwid: naa('1'), paths: [path('sda', 'active'), path('sdb', 'failed')] }] },
    `lun ${naa('1')}`,
    /^mpatha \(naa\.61+\) on a has lost a path \(sdb\): 1 of 2 is left\. See to cables/,
  ],
  [
    'no path left',
    { multipaths: [{ name: 'mpatha', wwid: naa('1'), paths: [path('sda', 'failed'), path('sdb', 'failed')] }] },
    `lun ${naa('1')}`,
    /has lost 2 paths \(sda and sdb\): none is left, and what is on it stands still/,
  ],
  [
    'heat',
    { sensors: [sensor({ value: 101, high: 80, critical: 100 })] },
    'a coretemp.hwmon2 Package id 0',
    /^Package id 0 \(coretemp\.hwmon2\) of a is beyond its critical 100 °C/,
  ],
  [
    'a fan that stands',
    { sensors: [sensor({ chip: 'x', label: 'fan2', quantity: 'fan', value: 0, low: 500 })] },
    'a x fan2',
    /is below its least of 500 rpm/,
  ],
  ['a driver that says so', { sensors: [sensor({ alarm: true })] }, 'a coretemp.hwmon2 Package id 0', /has set off its alarm/],
]

for (const [what, given, about, text] of WRONG) {
  test(`${what} is an alarm of its host`, (t) => {
    const [fault, ...others] = said(reporting('a', given))
    t.deepEqual([fault?.host, fault?.about, others], ['a', about, []])
    t.regex(fault?.text ?? '', text)
  })
}

test('what is well, and what is only warm, is no alarm', (t) => {
  const well: Given = {
    diskHealth: [disk({ passed: true, criticalWarning: 0 }), disk({ device: '/dev/sda' })],
    multipaths: [{ name: 'mpatha', wwid: naa('1'), paths: [path('sda', 'active'), { ...path('sdb', 'active'), state: 'unknown' }] }],
    sensors: [sensor({ value: 85, high: 80, critical: 100 }), sensor({ quantity: 'fan', value: 0, low: 300, alarm: false })],
  }
  t.deepEqual(said(reporting('a', well)), [])
})

test('disks whose serial number is a placeholder are two alarms, not one', (t) => {
  const diskHealth = ['/dev/sda', '/dev/sdb'].map((device) => disk({ device, serial: 'NULL', passed: false }))
  t.deepEqual(
    faultsOf(reporting('a', { diskHealth })).map(({ about }) => about),
    ['a /dev/sda', 'a /dev/sdb'],
  )
})

test('limits that nobody has set, as older agents tell them, are passed by nothing', (t) => {
  const sensors = [
    sensor({ value: 27, low: 0, high: 0, critical: 0, alarm: true }),
    sensor({ value: 40, critical: -5 }),
    sensor({ value: 40, low: 127, high: 127, alarm: true }),
    sensor({ quantity: 'fan', value: 0, low: 0, alarm: true }),
    sensor({ quantity: 'voltage', value: 1.2, low: 0, high: 0, critical: 0, alarm: true }),
    sensor({ value: 3_892_314, critical: 100 }),
  ]
  t.deepEqual(faultsOf(reporting('a', { sensors })), [])
})

test('a reading that trembles at its limit is one alarm, until it is clear of it', (t) => {
  const alarms = (readings: readonly number[], given: object) => {
    let held: readonly string[] = []
    return readings.map((value) => {
      const conditions = faultsOf(reporting('a', { sensors: [sensor({ value, ...given })] }), new Set(held))
      held = conditions.map(keyOfCondition)
      return conditions.length
    })
  }
  t.deepEqual(alarms([99, 100, 99, 98, 100, 96, 99], { critical: 100 }), [0, 1, 1, 1, 1, 0, 0])
  t.deepEqual(alarms([610, 599, 610, 619, 610], { quantity: 'fan', low: 600 }), [0, 1, 1, 0, 0])
  t.deepEqual(alarms([-12, -13, -12.9, -12], { quantity: 'voltage', low: -12.6, high: -11 }), [0, 1, 1, 0])
})

test('a reading that trembles beyond its limit does not change what is said', (t) => {
  const at = (value: number) => faultsOf(reporting('a', { sensors: [sensor({ value, critical: 100 })] }))
  t.deepEqual(at(101), at(103))
})

test('a host with a thousand faults of one kind is one alarm that names a few', (t) => {
  const diskHealth = Array.from({ length: 1000 }, (_, index) => disk({ device: `/dev/sd${index}`, serial: `S${index}`, passed: false }))
  const [fault, ...others] = faultsOf(reporting('a', { diskHealth }))
  t.deepEqual(others, [])
  t.regex(fault?.text ?? '', /^\/dev\/sd0, \/dev\/sd1, \/dev\/sd2 and 997 others of a foretell their failure/)
})
