import test from 'ava'
import { execa } from 'execa'
import { encodeCpio } from '../../../images/dom0/cpio.ts'

test('encodeCpio gives each entry its type, mode, size and missing parents', async (t) => {
  const archive = encodeCpio([
    { kind: 'file', path: 'bin/busybox', mode: 0o755, data: Buffer.from('xyz') },
    { kind: 'symlink', path: 'sbin', target: 'bin' },
    { kind: 'character', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
  ])
  const { stdout } = await execa('cpio', ['-itv', '--numeric-uid-gid'], { input: archive })
  const rows = stdout.split('\n').map((row) => row.replace(/\s+/g, ' ').replace(/Jan 1 1970 /, ''))
  t.deepEqual(rows, [
    'drwxr-xr-x 1 0 0 0 bin',
    '-rwxr-xr-x 1 0 0 3 bin/busybox',
    'lrwxrwxrwx 1 0 0 3 sbin -> bin',
    'drwxr-xr-x 1 0 0 0 dev',
    'crw------- 1 0 0 5, 1 dev/console',
  ])
})

test('encodeCpio is a function of its entries alone', (t) => {
  const entries = [{ kind: 'file', path: 'init', mode: 0o755, data: Buffer.from('#!/bin/sh\n') }] as const
  t.deepEqual(encodeCpio(entries), encodeCpio(entries))
})

test('a name of any length keeps the archive aligned to four bytes', (t) => {
  for (let length = 1; length <= 9; length++) {
    const archive = encodeCpio([{ kind: 'file', path: 'n'.repeat(length), mode: 0o644, data: Buffer.alloc(length) }])
    t.is(archive.length % 4, 0)
    t.is(archive.indexOf('070701', 1) % 4, 0)
  }
})
