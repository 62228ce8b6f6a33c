import test from 'ava'
import { Conclusions } from '../../../../manager/alarms/conclusions.ts'
import { keyOfCondition } from '../../../../manager/alarms/condition.ts'
import { faultsOf } from '../../../../manager/alarms/faults.ts'
import { lvmUuid, reporting } from '../../connectivity/inventories.ts'

type Given = Parameters<typeof reporting>[1]

const VG = { uuid: lvmUuid('v'), name: 'vg0' }
const lv = (name: string, more: object = {}) => ({ uuid: lvmUuid(name[0] ?? 'x'), name, vg: 'vg0', vgUuid: VG.uuid, ...more })
const pv = (letter: string, more: object = {}) => ({ uuid: lvmUuid(letter), vg: 'vg0', vgUuid: VG.uuid, ...more })
const pool = (dataPercent: number, metadataPercent = 5, attributes = 'twi-aotz--') =>
  lv('pool', { segmentType: 'thin-pool', attributes, dataPercent, metadataPercent })
const raid = (more: object) => lv('raid', { segmentType: 'raid1', attributes: 'rwi-aor---', ...more })

const WRONG: readonly [what: string, given: Given, kind: string, text: RegExp][] = [
  [
    'a VG that lacks a PV',
    { vgs: [{ ...VG, pvs: 2, missingPvs: 1 }], pvs: [pv('p'), pv('q', { missing: true })], lvs: [lv('old', { attributes: '-wi-----p-' })] },
    'pv-missing',
    /^1 of the 2 PVs of VG vg0 on a is missing; LVs that lie on it: old\. Bring the disk back, then vgextend --restoremissing vg0 DEVICE/,
  ],
  [
    'a missing PV where the VGs were not read',
    { pvs: [pv('p'), pv('q', { missing: true })] },
    'pv-missing',
    /^1 of the 2 PVs of VG vg0 on a is missing\. Bring/,
  ],
  [
    'a VG that lacks a PV where the PVs were not read',
    { vgs: [{ ...VG, pvs: 3, missingPvs: 2 }] },
    'pv-missing',
    /^2 of the 3 PVs of VG vg0 on a are missing\./,
  ],
  [
    'a PV that is back and that LVM does not take',
    { vgs: [{ ...VG, pvs: 2, missingPvs: 1 }], pvs: [pv('q', { device: '/dev/sdb', missing: true })] },
    'pv-missing',
    /\/dev\/sdb is back, and LVM still counts it as missing: vgextend --restoremissing vg0 \/dev\/sdb$/,
  ],
  [
    'a thin pool whose data is nearly full',
    { lvs: [pool(83)] },
    'thin-pool-full',
    /^thin pool vg0\/pool on a: its data nearly fills it.*lvextend -L/,
  ],
  ['a thin pool whose data is full', { lvs: [pool(100)] }, 'thin-pool-full', /its data fills it.*When it is full, every guest/],
  [
    'a thin pool whose metadata is full',
    { lvs: [pool(10, 97)] },
    'thin-pool-full',
    /on a: its metadata fills it .*Extend it now \(lvextend --poolmetadatasize \+SIZE vg0\/pool\)/,
  ],
  [
    'a thin pool that says by its letters alone that it is full',
    { lvs: [pool(0, 0, 'twi-aotzD-')] },
    'thin-pool-full',
    /its data fills it/,
  ],
  ['a thin pool that has failed', { lvs: [pool(10, 5, 'twi-aotzF-')] }, 'lv-degraded', /^LV vg0\/pool on a: it has failed/],
  ['a thin pool with read-only metadata', { lvs: [{ ...pool(10), health: 'metadata_read_only' }] }, 'lv-degraded', /takes no more writes/],
  ['a thin pool that needs a check', { lvs: [pool(10, 5, 'twi-cotz--')] }, 'lv-degraded', /needs a check/],
  [
    'a RAID LV without one of its disks',
    { lvs: [raid({ health: 'partial' })] },
    'lv-degraded',
    /^RAID LV vg0\/raid on a: a disk of it is missing/,
  ],
  ['a RAID LV that is to be refreshed', { lvs: [raid({ health: 'refresh needed' })] }, 'lv-degraded', /lvchange --refresh vg0\/raid/],
  [
    'a RAID LV whose copies differ',
    { lvs: [raid({ health: 'mismatches exist' })] },
    'lv-degraded',
    /lvchange --syncaction repair vg0\/raid/,
  ],
  ['a RAID LV that an older agent reports', { lvs: [raid({ attributes: 'rwi-aor-r-' })] }, 'lv-degraded', /lvchange --refresh/],
  ['a snapshot that has overflowed', { lvs: [lv('snap', { attributes: 'swi-I-s---' })] }, 'lv-degraded', /has overflowed/],
  ['an LV of a health that is not known here', { lvs: [raid({ health: 'odd' })] }, 'lv-degraded', /its health is "odd"/],
]

for (const [what, given, kind, text] of WRONG) {
  test(`${what} is an alarm of its host`, (t) => {
    const [fault, ...others] = faultsOf(reporting('a', given))
    t.deepEqual([fault?.kind, fault?.host, others], [kind, 'a', []])
    t.regex(fault?.text ?? '', text)
  })
}

test('what is whole, has room, is an image of another LV, or is a full cache, is no alarm', (t) => {
  const well: Given = {
    vgs: [{ ...VG, pvs: 2 }],
    pvs: [pv('p', { device: '/dev/sda' }), { uuid: lvmUuid('n'), device: '/dev/sdc' }],
    lvs: [
      pool(79.9, 79.9),
      raid({ dataPercent: 100 }),
      lv('images', { attributes: 'Iwi-aor-r-' }),
      lv('cached', { segmentType: 'cache', attributes: 'Cwi-aoC---', dataPercent: 100, metadataPercent: 12 }),
      lv('unasked', { segmentType: 'thin', attributes: 'Vwi---tzX-', health: 'unknown' }),
    ],
  }
  t.deepEqual(faultsOf(reporting('a', well)), [])
})

test('a thin pool that trembles at a bound is one alarm, in the same words, also after the manager starts anew', (t) => {
  let held: readonly string[] = []
  const said = [79, 80, 79, 78, 81, 94, 95, 94.5, 93, 95, 91, 94, 78, 76, 79].map((percent) => {
    const conditions = faultsOf(reporting('a', { lvs: [pool(percent)] }), new Set(held))
    held = conditions.map(keyOfCondition)
    return held.map((key) => key.split(' ').at(-1)).join()
  })
  t.is(said.join(' '), ' filling filling filling filling filling full full full full filling filling filling  ')

  const conclusions = new Conclusions(new Map([[`thin-pool-full a ${lvmUuid('p')} filling`, 'as it was said before']]))
  conclusions.update(reporting('a', { lvs: [pool(79)] }))
  conclusions.complete()
  t.deepEqual(
    conclusions.changes().map(({ kind, key }) => [kind, key]),
    [['holds', `thin-pool-full a ${lvmUuid('p')} filling`]],
  )
})

test('a thin pool that is not active, so that nothing is told of it, is as full as it was', (t) => {
  const told = (given: object, held: readonly string[]) => faultsOf(reporting('a', { lvs: [lv('p', given)] }), new Set(held))
  const inactive = { segmentType: 'thin-pool', attributes: 'twi---tz--', active: false }
  for (const level of ['filling', 'full']) {
    const held = [`thin-pool-full a ${lvmUuid('p')} ${level}`]
    t.deepEqual(told(inactive, held).map(keyOfCondition), held)
    t.deepEqual(told({ ...inactive, dataPercent: 5 }, held), [], 'it was asked again')
  }
  t.deepEqual(told(inactive, []), [])
})

test('a PV that is found again ends its alarm', (t) => {
  const conclusions = new Conclusions(new Map())
  conclusions.complete()
  const told = (missing: boolean) => {
    conclusions.update(reporting('a', { pvs: [pv('p', { missing })] }))
    const changes = conclusions.changes()
    conclusions.taken(changes)
    return changes.map(({ kind, key }) => `${kind} ${key}`)
  }
  const key = `pv-missing a ${VG.uuid}`
  t.deepEqual([told(true), told(true), told(false)], [[`holds ${key}`], [], [`ends ${key}`]])
})
