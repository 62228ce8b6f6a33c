import test from 'ava'
import { EMPTY_INVENTORY } from '../../../images/agent/collect.ts'
import { steadied } from '../../../images/agent/steady.ts'
import { diskHealth, sensor } from '../../../manager/protocol/machine.ts'

const core = (value: number, more: object = {}) =>
  sensor.parse({ chip: 'coretemp.hwmon0', label: 'Package id 0', quantity: 'temperature', value, high: 84, ...more })
const fan = (value: number) => sensor.parse({ chip: 'nct.hwmon1', label: 'fan1', quantity: 'fan', value })
const told = (before: readonly ReturnType<typeof core>[], now: readonly ReturnType<typeof core>[]) =>
  steadied({ ...EMPTY_INVENTORY, sensors: before }, { sensors: now }).sensors?.map(({ value }) => value)

test('a value that has only trembled stays the one before', (t) => {
  t.deepEqual(told([core(47), fan(5000)], [core(49), fan(5400)]), [47, 5000])
})

test('a value that has moved is told, and so is a slow drift once it has gone far enough', (t) => {
  t.deepEqual(told([core(47), fan(5000)], [core(51), fan(5600)]), [51, 5600])
  let shown = core(47)
  for (const value of [49, 50, 51])
    shown = steadied({ ...EMPTY_INVENTORY, sensors: [shown] }, { sensors: [core(value)] }).sensors?.[0] ?? shown
  t.is(shown.value, 51)
})

test('across a limit, or with an alarm, every step counts', (t) => {
  t.deepEqual(told([core(83)], [core(84)]), [84])
  t.deepEqual(told([core(50)], [core(51, { alarm: true })]), [51])
})

test('a new sensor is told as it is; a section that was not read is none', (t) => {
  t.deepEqual(told([], [core(47)]), [47])
  t.deepEqual(steadied(EMPTY_INVENTORY, { lvs: [] }), { lvs: [] })
})

test('a disk’s temperature trembles too, but not into another disk’s', (t) => {
  const disk = (serial: string, celsius: number) => diskHealth.parse({ device: '/dev/sda', serial, celsius, powerOnHours: 5 })
  const now = (serial: string, celsius: number) =>
    steadied({ ...EMPTY_INVENTORY, diskHealth: [disk('a', 30)] }, { diskHealth: [disk(serial, celsius)] }).diskHealth?.[0]?.celsius
  t.is(now('a', 32), 30)
  t.is(now('a', 34), 34)
  t.is(now('b', 32), 32)
})
