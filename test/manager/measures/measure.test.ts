import test from 'ava'
import { measuredIn } from '../../../manager/measures/measure.ts'
import { GIB, guestSample, sampleOf, uuidOf } from './samples.ts'

test('of a host its share of all threads is measured, memory that is not free, and all its disks and NICs', (t) => {
  t.deepEqual(measuredIn(sampleOf([]), () => 1).host, {
    ...{ cpu: 0.25, memory: GIB, read: 100, written: 200, received: 10, sent: 20 },
  })
})

test('what no disk or NIC has counted is not known, which is not 0', (t) => {
  t.like(measuredIn(sampleOf([], { disks: [], nics: [] }), () => 1).host, {
    cpu: 0.25,
    read: null,
    written: null,
    received: null,
    sent: null,
  })
})

test('of a guest its share of its own vCPUs is measured: at most all, and unknown where nobody has read how many it has', (t) => {
  const of = (cpus: number, vcpus: number | undefined) =>
    measuredIn(sampleOf([guestSample(1, { cpus })]), () => vcpus).guests.get(uuidOf(1))?.cpu
  t.is(of(0.5, 2), 0.25)
  t.is(of(2.01, 2), 1)
  t.is(of(0.5, undefined), null)
  t.is(of(0.5, 0), null)
})
