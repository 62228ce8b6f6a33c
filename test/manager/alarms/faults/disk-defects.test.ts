import test from 'ava'
import { keyOfCondition } from '../../../../manager/alarms/condition.ts'
import { faultsOf } from '../../../../manager/alarms/faults.ts'
import { reporting } from '../../connectivity/inventories.ts'

const disk = (more: object) => ({ device: '/dev/sda', serial: 'S1', model: 'ST1000', passed: true, ...more })
const defects = (more: object, held: readonly string[] = []) => faultsOf(reporting('a', { diskHealth: [disk(more)] }), new Set(held))

const WRONG: readonly [what: string, given: object, text: RegExp][] = [
  ['pending sectors', { pendingSectors: 1 }, /^\/dev\/sda \(ST1000, S1\) of a: 1 sector that it cannot read now\. Move what is on it/],
  ['uncorrectable errors', { uncorrectableErrors: 8 }, /: 8 errors that it could not correct\. Move/],
  ['reallocated sectors', { reallocatedSectors: 24 }, /: more than 16 sectors moved to its spare ones\. Have another disk ready/],
  [
    'media errors of an NVMe that is worn out',
    { uncorrectableErrors: 2, wearPercent: 104 },
    /: 2 errors that it could not correct; the writes that its maker vouches for are used up\./,
  ],
]

for (const [what, given, text] of WRONG) {
  test(`${what} are an alarm, though the disk calls itself well`, (t) => {
    const [fault, ...others] = defects(given)
    t.deepEqual([fault?.kind, fault?.host, others], ['disk-defects', 'a', []])
    t.regex(fault?.text ?? '', text)
  })
}

test('a disk that has lost nothing is well, however much it was used', (t) => {
  t.deepEqual(defects({ pendingSectors: 0, uncorrectableErrors: 0, reallocatedSectors: 0, wearPercent: 99, powerOnHours: 60_000 }), [])
})

test('an alarm of a disk stays the same while its count creeps or falls a little, and is another when there are twice as many', (t) => {
  let held: readonly string[] = []
  const keys = [7, 8, 7, 9, 8, 6, 15, 17, 15, 16, 33].map((pendingSectors) => {
    held = defects({ pendingSectors }, held).map(keyOfCondition)
    return held.join()
  })
  t.deepEqual(
    keys.map((key) => Number(key.split(' ').at(-1))),
    [4, 8, 8, 8, 8, 8, 8, 16, 16, 16, 32],
  )
  t.deepEqual(defects({ pendingSectors: 0 }, held), [])
})

test('two disks behind one controller are told apart by their place where they have no serial', (t) => {
  const diskHealth = ['megaraid,4', 'megaraid,5'].map((behind) => ({ device: '/dev/bus/0', behind, pendingSectors: 1 }))
  t.deepEqual(
    faultsOf(reporting('a', { diskHealth })).map(({ about }) => about),
    ['a /dev/bus/0 megaraid,4 1', 'a /dev/bus/0 megaraid,5 1'],
  )
})

test('two disks whose serial number says nothing are two alarms', (t) => {
  const diskHealth = ['/dev/sda', '/dev/sdb'].map((device) => disk({ device, serial: 'NULL', pendingSectors: 1 }))
  t.deepEqual(
    faultsOf(reporting('a', { diskHealth })).map(({ about }) => about),
    ['a /dev/sda 1', 'a /dev/sdb 1'],
  )
})
