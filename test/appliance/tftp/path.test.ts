import test from 'ava'
import fc from 'fast-check'
import { resolveTftpPath } from '../../../appliance/tftp/path.ts'

test('resolveTftpPath cleans names that stay in the tree', (t) => {
  for (const [requested, path] of [
    ['undionly.kpxe', 'undionly.kpxe'],
    ['/undionly.kpxe', 'undionly.kpxe'],
    ['\\boot\\52:54:00:77:00:01', 'boot/52:54:00:77:00:01'],
    ['./g//0123456789abcdef/./xen', 'g/0123456789abcdef/xen'],
    ['a.b..c', 'a.b..c'],
    ['%2e%2e/etc', '%2e%2e/etc'],
  ] as const) {
    t.deepEqual(resolveTftpPath(requested), { kind: 'path', path }, requested)
  }
})

test('resolveTftpPath refuses names that climb out, hide bytes or are too long', (t) => {
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
    t.like(resolveTftpPath(requested), { kind: 'refusal', code: 'access' }, JSON.stringify(requested))
  }
  for (const requested of ['', '/', '././', 'a'.repeat(256)]) t.like(resolveTftpPath(requested), { kind: 'refusal', code: 'not-found' })
})

test('resolveTftpPath never gives a path with an empty segment, a dot segment or a backslash', (t) => {
  const segment = fc.constantFrom('.', '..', '...', '/', '\\', 'a', ' ', '\0', 'boot')
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 12 }), (parts) => {
      const resolved = resolveTftpPath(parts.join(''))
      if (resolved.kind === 'refusal') return
      t.false(resolved.path.includes('\\'))
      for (const part of resolved.path.split('/')) t.notRegex(part, /^\.*$/)
    }),
  )
})
