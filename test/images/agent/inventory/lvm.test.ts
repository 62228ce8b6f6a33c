import test from 'ava'
import { parseLvs, parsePvs, parseVgs } from '../../../../images/agent/inventory/lvm.ts'
import { fixture } from '../machines.ts'

/** What `pvs`, `vgs` and `lvs -a` said in the lab, as the parts of one report. */
const REPORT = 'lvm-fullreport-2.03-trixie.json'

test('parseLvs reads LVs with tags, snapshots, and what LVM keeps to itself', (t) => {
  const { value, reasons } = parseLvs(fixture(REPORT))
  t.deepEqual(reasons, [])
  const of = (name: string) => value.find((lv) => lv.name === name)
  t.deepEqual(of('g1')?.tags, ['hl.disk=0', 'hl.guest=g1'])
  t.like(of('g1-snap'), { origin: 'g1', dataPercent: 0, active: true, sizeBytes: 16777216, path: '/dev/vg0/g1-snap' })
  t.like(of('thin1'), { pool: 'pool', segmentType: 'thin' })
  t.like(of('pool_tdata'), { active: true, attributes: 'Twi-ao----' })
  t.false(value.some(({ name }) => name.startsWith('[')))
})

test('parseVgs and parsePvs agree on who belongs to whom', (t) => {
  const vg = parseVgs(fixture(REPORT))
  const pv = parsePvs(fixture(REPORT))
  t.deepEqual([vg.reasons, pv.reasons], [[], []])
  t.deepEqual(vg.value, [
    {
      uuid: vg.value[0]?.uuid,
      name: 'vg0',
      sizeBytes: 1069547520,
      freeBytes: 872415232,
      extentBytes: 4194304,
      pvs: 1,
      missingPvs: 0,
      exported: false,
      tags: ['hl.pool'],
    } as (typeof vg.value)[number],
  ])
  t.is(pv.value[0]?.vgUuid, vg.value[0]?.uuid)
  t.is(pv.value[0]?.device, '/dev/vda')
})

test('a PV that is missing has no device', (t) => {
  const row = {
    pv_uuid: 'HjEDWf-n6Qc-MC5K-852o-Qp0z-xbDR-4SqDss',
    pv_name: '[unknown]',
    vg_name: 'vg0',
    pv_size: '1',
    pv_free: '0',
    pv_missing: 'missing',
  }
  t.deepEqual(parsePvs(JSON.stringify({ report: [{ pv: [row] }] })).value, [
    { uuid: row.pv_uuid, vg: 'vg0', sizeBytes: 1, freeBytes: 0, missing: true, tags: [] } as never,
  ])
})

test('an LV of two segments is one LV, whatever they are', (t) => {
  const text = fixture('lvm-fullreport-one-lv-of-two-segments.json')
  const segments = (changed: string) => parseLvs(changed).value.map(({ name, segmentType, sizeBytes }) => [name, segmentType, sizeBytes])
  t.deepEqual(segments(text), [['web', 'linear', 71303168]])
  t.deepEqual(segments(text.replace('"segtype": "linear"', '"segtype": "striped"')), [['web', 'striped+linear', 71303168]])
})

test('an LV with a size of no number, or a UUID of another form, costs itself alone', (t) => {
  const good = JSON.parse(fixture(REPORT)) as { report: [{ seg: [Record<string, string>, Record<string, string>] }] }
  const [first, second] = good.report[0].seg
  const { value, reasons } = parseLvs(
    JSON.stringify({ report: [{ vg: [], seg: [{ ...first, lv_size: '64.00m' }, { ...first, lv_uuid: 'x' }, second] }] }),
  )
  t.deepEqual(
    value.map(({ name }) => name),
    ['g1-meta'],
  )
  t.is(reasons.length, 2)
})

test('parseLvs tells what LVM says of an LV’s health, and nothing of one that is well', (t) => {
  const good = JSON.parse(fixture(REPORT)) as { report: [{ seg: [Record<string, string>] }] }
  const [row] = good.report[0].seg
  const healthIn = (health: string) =>
    parseLvs(JSON.stringify({ report: [{ vg: [], seg: [{ ...row, lv_health_status: health }] }] })).value.map((lv) => lv.health)
  t.deepEqual([healthIn('refresh needed'), healthIn('')], [['refresh needed'], [undefined]])
})

test('PVs that are in no VG make a report without VG and LVs, and a host without LVM an empty one; a VG without its LVs was cut short', (t) => {
  const free = { pv_uuid: 'HjEDWf-n6Qc-MC5K-852o-Qp0z-xbDR-4SqDss', pv_name: '/dev/sdz', vg_name: '', pv_size: '1', pv_free: '1' }
  const whole = JSON.parse(fixture(REPORT)) as { report: readonly object[] }
  const all = JSON.stringify({ report: [...whole.report, { pv: [free], pvseg: [{ pv_uuid: free.pv_uuid }] }], log: [] })
  const read = (text: string) => [parsePvs(text), parseVgs(text), parseLvs(text)] as const
  const counted = (text: string) => read(text).map(({ value, reasons }) => [value.length, reasons.length])
  t.deepEqual(counted(all), [
    [2, 0],
    [1, 0],
    [9, 0],
  ])
  t.is(parsePvs(all).value[1]?.vg, undefined)
  t.deepEqual(counted('{ "report": [ ], "log": [ ] }'), [
    [0, 0],
    [0, 0],
    [0, 0],
  ])
  t.deepEqual(parseLvs(JSON.stringify({ report: [{ vg: [{}], pv: [] }] })).reasons, ['row 1 of reports has an unknown form'])
})
