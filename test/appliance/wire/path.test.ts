import test from 'ava'
import fc from 'fast-check'
import { macInPath, resolvePath } from '../../../appliance/wire/path.ts'

test('resolvePath cleans names that stay in the tree', (t) => {
  for (const [requested, path] of [
    ['undionly.kpxe', 'undionly.kpxe'],
    ['/undionly.kpxe', 'undionly.kpxe'],
    ['\\boot\\52:54:00:77:00:01', 'boot/52:54:00:77:00:01'],
    ['./g//0123456789abcdef/./xen', 'g/0123456789abcdef/xen'],
    ['a.b..c', 'a.b..c'],
    ['%2e%2e/etc', '%2e%2e/etc'],
    ['//undionly.kpxe', 'undionly.kpxe'],
    ['boot\\\\x/', 'boot/x'],
  ] as const) {
    t.deepEqual(resolvePath(requested), { kind: 'path', path }, requested)
  }
})

test('resolvePath refuses names that climb out, hide bytes or are too long', (t) => {
  for (const requested of [
    '..',
    '../etc/shadow',
    'a/../../etc',
    '\\..\\x',
    '..\\..\\boot.ini',
    '....//etc',
    '/.. /etc',
    'a\0b',
    'a\nb',
    'é',
  ]) {
    t.like(resolvePath(requested), { kind: 'refusal', code: 'access' }, JSON.stringify(requested))
  }
  for (const requested of ['', '/', '././', 'a'.repeat(256)]) t.like(resolvePath(requested), { kind: 'refusal', code: 'not-found' })
})

test('resolvePath never gives a path with an empty segment, a dot segment or a backslash', (t) => {
  const segment = fc.constantFrom('.', '..', '...', '/', '\\', 'a', ' ', '\0', 'boot')
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 12 }), (parts) => {
      const resolved = resolvePath(parts.join(''))
      if (resolved.kind === 'refusal') return
      t.false(resolved.path.includes('\\'))
      for (const part of resolved.path.split('/')) t.notRegex(part, /^\.*$/)
    }),
  )
})

test('resolvePath cuts what another DHCP server left behind a name without its NUL', (t) => {
  for (const tail of ['\xff', '\xff\xff\xff', '\x80\x04abcd', '\xff\x00', '\r\n', ' ', '\n', '\x96\x04\x0a\x4d\x00\x01\xff']) {
    t.deepEqual(resolvePath(`undionly.kpxe${tail}`), { kind: 'path', path: 'undionly.kpxe' }, JSON.stringify(tail))
  }
  for (const requested of ['\xff', 'boot\xff/x', 'undionly.kpxe\xff/../..', '..\xff', 'a/..\r\n', 'undionly.kpxe\x01']) {
    t.like(resolvePath(requested), { kind: 'refusal', code: 'access' }, JSON.stringify(requested))
  }
})

test('macInPath reads a host in every spelling that loaders have', (t) => {
  for (const text of ['52:54:00:77:AB:01', '52-54-00-77-ab-01', '52540077AB01', '01-52-54-00-77-ab-01', '01:52:54:00:77:AB:01']) {
    t.is(String(macInPath(text)), '52:54:00:77:ab:01', text)
  }
  for (const text of ['', '01-', '52:54:00:77:ab', '02-52-54-00-77-ab-01', '01-01-52-54-00-77-ab-01'])
    t.is(macInPath(text), undefined, text)
})
