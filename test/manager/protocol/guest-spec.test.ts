import test from 'ava'
import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { type GuestSpec, guestSpec, writeSpec } from '../../../manager/protocol/guest-spec.ts'
import { readSize, writeSize } from '../../../manager/protocol/size.ts'

const WEB1 = { name: 'web1', memory: '1G', disks: [{ size: '8G', pool: 'data', image: 'debian13' }], nics: [{ network: 'lan' }] }

const faultOf = (given: unknown): string => {
  const read = guestSpec.safeParse(given)
  return read.success ? 'taken' : read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
}

test('a spec that is written as YAML and read again is the same', (t) => {
  const sizes = fc.integer({ min: 1, max: 1 << 20 }).map((mib) => mib * 2 ** 20)
  const specs = fc.record({
    name: fc.stringMatching(/^[a-z][a-z0-9]{0,20}$/),
    memory: sizes,
    vcpus: fc.integer({ min: 1, max: 64 }),
    notes: fc.stringMatching(/^[ -~]{0,40}$/),
    disks: fc.array(fc.record({ size: sizes, pool: fc.constantFrom('data', 'fast') }), { maxLength: 4 }),
    startOrder: fc.integer({ min: 0, max: 9999 }),
  })
  fc.assert(
    fc.property(specs, (given) => {
      const spec: GuestSpec = guestSpec.parse(given)
      t.deepEqual(guestSpec.parse(parse(stringify(writeSpec(spec)))), spec)
    }),
    { numRuns: 100 },
  )
})

test('a key that is not known is refused with the nearest one', (t) => {
  t.is(faultOf({ ...WEB1, memroy: '1G' }), ': there is no key "memroy": is it memory?')
  t.is(faultOf({ ...WEB1, disks: [{ siz: '8G', size: '8G', pool: 'data' }] }), 'disks.0: there is no key "siz": is it size?')
  t.regex(faultOf({ ...WEB1, xl: { device_model_override: '/bin/sh' } }), /there is no key "device_model_override": there are cpu_weight/)
})

test('a NIC has no filter but by its MAC, and none unless it is said', (t) => {
  const withFilter = (filter: string) => ({ ...WEB1, nics: [{ network: 'lan', filter }] })
  t.is(faultOf(withFilter('mac')), 'taken')
  t.is(faultOf(withFilter('ip')), 'nics.0.filter: is no filter: say mac, or leave it out')
  t.is(guestSpec.parse(WEB1).nics[0]?.filter, undefined)
})

test('a guest boots by its own GRUB, or by a kernel of the image store with a line of words', (t) => {
  t.is(guestSpec.parse(WEB1).boot, 'grub')
  const boot = (given: unknown) => ({ ...WEB1, boot: given })
  const kernel = { kernel: 'debian-6.12', cmdline: 'root=/dev/xvda1 ro console=hvc0 dyndbg="file a.c +p"' }
  const spec = guestSpec.parse(boot(kernel))
  t.deepEqual(spec.boot, kernel)
  t.deepEqual(guestSpec.parse(parse(stringify(writeSpec(spec)))), spec, 'round trip')
  t.deepEqual(guestSpec.parse(boot({ kernel: 'k' })).boot, { kernel: 'k', cmdline: '' })
  t.is(faultOf(boot({ ...kernel, cmdlin: 'x' })), 'boot: there is no key "cmdlin": is it cmdline?')
  t.is(faultOf(boot({ cmdline: 'x' })).slice(0, 13), 'boot: kernel ')
  t.regex(faultOf(boot({ kernel: '../x' })), /^boot.kernel: is no name of an image/)
  t.regex(faultOf(boot('pygrub')), /^boot: is neither grub nor a kernel: say grub, or \{ kernel: NAME, cmdline/)
  for (const cmdline of ['a\nb', "a'b", 'a\\b', 'ä', 'x'.repeat(1001), 'a\0'])
    t.regex(faultOf(boot({ ...kernel, cmdline })), /^boot.cmdline: /, cmdline)
})

test('what is wrong is said with where it is', (t) => {
  t.is(faultOf(WEB1), 'taken')
  for (const name of ['', 'a/b', 'a\nb', 'a--b', '-a', 'x'.repeat(256), 'a$b', 'a b']) t.not(faultOf({ ...WEB1, name }), 'taken', name)
  t.is(faultOf({ ...WEB1, memory: 'much' }), 'memory: is no size: say 512M or 8G')
  t.is(faultOf({ ...WEB1, memory: 1000 }), 'memory: is no whole number of MiB')
  t.is(faultOf({ ...WEB1, vcpus: 4, maxVcpus: 2 }), 'maxVcpus: is less than the 4 vCPUs that it has')
  t.is(faultOf({ ...WEB1, disks: [1, 2].map(() => ({ ...WEB1.disks[0], vdev: 'xvda' })) }), 'disks: has two disks at xvda')
  t.regex(faultOf({ ...WEB1, xl: { cpus: 'all; rm' } }), /^xl\.cpus: has characters/)
})

test('sizes are read as people write them, and written in the greatest unit that keeps them whole', (t) => {
  t.deepEqual(['8G', '512MiB', '1.5T', '1048576', '1g'].map(readSize), [2 ** 33, 2 ** 29, 1.5 * 2 ** 40, 2 ** 20, 2 ** 30])
  t.deepEqual(['', '8X', '-1G', '1e9', '99999999999999T'].map(readSize), [undefined, undefined, undefined, undefined, undefined])
  t.deepEqual([2 ** 33, 1.5 * 2 ** 30, 1000].map(writeSize), ['8G', '1536M', '1000'])
})
