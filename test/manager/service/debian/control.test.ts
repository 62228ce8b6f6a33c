import test from 'ava'
import { isWanted, md5sums, modulesOf } from '../../../../manager/service/debian/contents.ts'
import { architectureOf, controlOf, fileName, refusedVersion } from '../../../../manager/service/debian/control.ts'
import { librariesOf } from '../../../../manager/service/debian/libraries.ts'

const FACTS = { version: '1.0', architecture: 'amd64', libraries: ['libc6 (>= 2.34)'], installedSize: 7 }
const field = (control: string, name: string): readonly string[] =>
  (new RegExp(`^${name}: (.*)$`, 'm').exec(control)?.[1] ?? '').split(', ')

test('what hosts need is depended on, what builds images is recommended, as the doctor says', (t) => {
  const control = controlOf(FACTS)
  for (const name of ['ipxe', 'qemu-utils', 'xorriso', 'libc6 (>= 2.34)', 'init-system-helpers'])
    t.true(field(control, 'Depends').includes(name))
  t.deepEqual(field(control, 'Recommends'), [
    ...[
      'bzip2',
      'grub-common',
      'grub-efi-amd64-bin',
      'grub-pc-bin',
      'memtest86+',
      'mmdebstrap',
      'mtools',
      'squashfs-tools-ng',
      'xz-utils',
      'zstd',
    ],
  ])
  t.false(control.includes('nodejs'), 'Debian 12 has no Node that is new enough: the package carries its own')
  t.is(fileName(FACTS), 'hostless_1.0_amd64.deb')
})

test('versions that a path or a control file could be broken by are refused', (t) => {
  for (const version of ['0.1.0', '0.1.0+git7~rc1']) t.is(refusedVersion(version), undefined)
  for (const version of ['', 'v1', '1.0-1', '1/../..', '1.0\nDepends: x']) t.regex(refusedVersion(version) ?? '', /is no version/)
})

test('the libraries are those with the newest symbols that any of the programs asks for', (t) => {
  t.deepEqual(librariesOf(['a\0GLIBC_2.17\0GLIBC_2.4\0GLIBCXX_3.4.9', 'GLIBC_2.34\0GLIBCXX_3.4.31']), [
    'libc6 (>= 2.34)',
    'libgcc-s1',
    'libstdc++6 (>= 13)',
  ])
  t.deepEqual(librariesOf(['GLIBC_2.28']), ['libc6 (>= 2.28)', 'libgcc-s1'])
  t.throws(() => librariesOf(['GLIBCXX_3.4.99']), { message: /GLIBCXX_3\.4\.99 is of a libstdc\+\+ that is not known/ })
})

test('of node_modules goes in what runs, with its licences: no development, no sources, no build', (t) => {
  const packages = {
    '': {},
    'node_modules/ws': {},
    'node_modules/ava': { dev: true },
    'node_modules/esbuild': {},
    'node_modules/a/node_modules/b': {},
  }
  t.deepEqual(modulesOf({ packages }), ['node_modules/a/node_modules/b', 'node_modules/ws'])
  for (const file of ['index.js', 'LICENSE.md', 'lib/license', 'package.json', 'index.cjs']) t.true(isWanted('node_modules/ws', file), file)
  for (const file of ['README.md', 'index.d.ts', 'src/a.ts', 'a.js.map', '.npmignore', 'node_modules/b/index.js'])
    t.false(isWanted('node_modules/ws', file), file)
  t.true(isWanted('node_modules/better-sqlite3', 'build/Release/better_sqlite3.node'))
  for (const file of ['deps/sqlite3/sqlite3.c', 'build/Release/obj/a.o', 'build/Makefile', 'src/a.cpp'])
    t.false(isWanted('node_modules/better-sqlite3', file), file)
  t.true(isWanted('node_modules/koffi', 'src/koffi/index.js'))
})

test('names of architectures, and sums in an order of their own', (t) => {
  t.is(architectureOf('x64'), 'amd64')
  t.throws(() => architectureOf('mips'), { message: /no Debian architecture is known for Node's mips/ })
  t.is(
    md5sums(
      new Map([
        ['usr/b', '2'],
        ['usr/a', '1'],
      ]),
    ),
    '1  usr/a\n2  usr/b\n',
  )
})
