import test from 'ava'
import fc from 'fast-check'
import { differenceOf, merged } from '../../../manager/guests/difference.ts'
import { type GuestSpec, guestSpec, writeSpec } from '../../../manager/protocol/guest-spec.ts'

const VDEVS = ['xvda', 'xvdb', 'xvdc', 'xvdd'] as const
const MACS = ['00:16:3e:00:00:01', '00:16:3e:00:00:02'] as const

const specs: fc.Arbitrary<GuestSpec> = fc
  .record({
    name: fc.constantFrom('web1', 'web2'),
    notes: fc.constantFrom('', 'a', 'b'),
    memory: fc.constantFrom('1G', '2G'),
    vcpus: fc.integer({ min: 1, max: 4 }),
    disks: fc.subarray([...VDEVS]).map((vdevs) => vdevs.map((vdev) => ({ vdev, size: '1G', pool: 'data' }))),
    nics: fc.subarray([...MACS]).map((macs) => macs.map((mac) => ({ mac, network: 'lan' }))),
  })
  .map((given) => guestSpec.parse(given))

const sorted = (spec: GuestSpec) => ({
  ...spec,
  disks: [...spec.disks].sort((a, b) => ((a.vdev ?? '') < (b.vdev ?? '') ? -1 : 1)),
  nics: [...spec.nics].sort((a, b) => ((a.mac ?? '') < (b.mac ?? '') ? -1 : 1)),
})

test('a spec that is given back as it was shown differs in nothing', (t) => {
  fc.assert(
    fc.property(specs, (spec) => {
      const again = differenceOf(spec, guestSpec.parse(writeSpec(spec)))
      if (again.kind !== 'done') return false
      const { wanted: _wanted, name, ...lists } = again.value
      return name === undefined && Object.values(lists).every(({ length }) => length === 0)
    }),
  )
  t.pass()
})

test('a change that nobody came between is what was wanted; what others changed meanwhile stays', (t) => {
  fc.assert(
    fc.property(specs, specs, (before, wanted) => t.deepEqual(sorted(merged(before, before, wanted)), sorted(wanted)) !== undefined),
  )
  fc.assert(fc.property(specs, specs, (now, before) => t.deepEqual(sorted(merged(now, before, before)), sorted(now)) !== undefined))
  const base = guestSpec.parse({ name: 'web1', memory: '1G', disks: [{ vdev: 'xvda', size: '1G', pool: 'data' }] })
  const now = { ...base, notes: 'by bob' }
  t.like(merged(now, base, { ...base, vcpus: 4 }), { notes: 'by bob', vcpus: 4 })
})
