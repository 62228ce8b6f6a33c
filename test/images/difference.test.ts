import test from 'ava'
import { differenceOf } from '../../images/difference.ts'

const component = (digit: string, size: number) => ({ sha256: digit.repeat(64), size })
const BEFORE = {
  versions: { kernel: '6.1', xen: '4.17', nodejs: '18' },
  components: {
    xen: component('a', 10),
    vmlinuz: component('b', 20),
    'initrd.img': component('c', 30),
    'root.tar': component('d', 1000),
    'root.squashfs': component('e', 100),
    'root.index': component('f', 5),
  },
  packages: [
    { name: 'bash', version: '5.2-1', size: 100 },
    { name: 'down', version: '2.0', size: 10 },
    { name: 'gone', version: '1', size: 7 },
    { name: 'same', version: '1', size: 1 },
  ],
}
const AFTER = {
  versions: { kernel: '6.12', xen: '4.17', 'drbd-utils': '9.22' },
  components: { ...BEFORE.components, 'root.tar': component('0', 1500), 'xen.efi': component('9', 40) },
  packages: [
    { name: 'bash', version: '5.10-1', size: 150 },
    { name: 'down', version: '2.0~rc1', size: 10 },
    { name: 'new', version: '1', size: 3 },
    { name: 'same', version: '1', size: 1 },
  ],
}

test('differenceOf tells packages that came, went, rose and fell', (t) => {
  t.deepEqual(differenceOf(BEFORE, AFTER).packages, [
    { kind: 'upgraded', name: 'bash', from: '5.2-1', to: '5.10-1', sizeChange: 50 },
    { kind: 'downgraded', name: 'down', from: '2.0', to: '2.0~rc1', sizeChange: 0 },
    { kind: 'removed', name: 'gone', from: '1', to: undefined, sizeChange: -7 },
    { kind: 'added', name: 'new', from: undefined, to: '1', sizeChange: 3 },
  ])
})

test('differenceOf tells components and versions that differ, and the growth of all', (t) => {
  const difference = differenceOf(BEFORE, AFTER)
  t.deepEqual(difference.components, [
    { component: 'xen.efi', from: undefined, to: 40 },
    { component: 'root.tar', from: 1000, to: 1500 },
  ])
  t.deepEqual(difference.versions, [
    { name: 'drbd-utils', from: undefined, to: '9.22' },
    { name: 'kernel', from: '6.1', to: '6.12' },
    { name: 'nodejs', from: '18', to: undefined },
  ])
  t.is(difference.sizeChange, 540)
})

test('differenceOf of a generation with itself is empty', (t) => {
  t.deepEqual(differenceOf(BEFORE, BEFORE), { packages: [], components: [], versions: [], sizeChange: 0 })
})
