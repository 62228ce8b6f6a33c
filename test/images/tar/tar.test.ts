import { randomInt } from 'node:crypto'
import { link, lstat, mkdir, open, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { execa } from 'execa'
import { tarSource } from '../../../images/store/files.ts'
import { compressionOf, TarError } from '../../../images/tar.ts'
import { temporaryFolder } from '../fake-image.ts'
import { END_OF_TAR, entryBytes, gnuLong, tinyTar, withChecksum } from '../tiny-tar.ts'
import { entriesOf, fails, read } from './reading.ts'

test('readTar reads each type of ustar entry with its attributes', async (t) => {
  const tar = tinyTar([
    { path: './', mode: 0o755 },
    { path: './a', data: 'hello', mode: 0o4755, uid: 7, gid: 8, mtime: 1234 },
    { path: './b', type: '1', link: './a' },
    { path: './c', type: '2', link: '/etc/passwd' },
    { path: './d', type: '3', major: 5, minor: 1 },
    { path: './e', type: '4', major: 8, minor: 16 },
    { path: './f', type: '6' },
    { path: './old-directory/', type: '0' },
  ])
  const entries = await read(tar)
  t.deepEqual(
    entries.map(({ kind }) => kind),
    ['directory', 'regular', 'hardlink', 'symlink', 'character', 'block', 'fifo', 'directory'],
  )
  const [, a, b, c, d, e] = entries
  t.like(a, { mode: 0o4755, uid: 7, gid: 8, size: 5, mtimeSeconds: 1234, mtimeNanoseconds: 0, start: 512, dataOffset: 1024, end: 1536 })
  t.is(tar.toString('latin1', a?.dataOffset, (a?.dataOffset ?? 0) + 5), 'hello')
  t.is(b?.linkTarget.toString(), './a')
  t.is(c?.linkTarget.toString(), '/etc/passwd')
  t.like(d, { deviceMajor: 5, deviceMinor: 1, size: 0 })
  t.like(e, { deviceMajor: 8, deviceMinor: 16 })
})

test('readTar takes path, link, size, owner, time and xattrs from a pax header', async (t) => {
  const long = `${'x'.repeat(120)}/${'y'.repeat(120)}`
  const capability = Buffer.from([1, 0, 0, 2, 0, 10, 61])
  const tar = tinyTar([
    {
      path: 'short',
      data: 'data',
      size: 0,
      pax: {
        path: long,
        size: '4',
        uid: '4000000000',
        gid: '3000000',
        mtime: '1700000000.123456789',
        'SCHILY.xattr.security.capability': capability,
      },
    },
    { path: 'link', type: '2', link: 'cut', pax: { linkpath: long, mtime: '-1.5' } },
    { path: 'after' },
  ])
  const [first, second, third] = await read(tar)
  t.is(first?.path.toString(), long)
  t.like(first, { size: 4, uid: 4_000_000_000, gid: 3_000_000, mtimeSeconds: 1_700_000_000, mtimeNanoseconds: 123_456_789, start: 0 })
  t.deepEqual(first?.xattrs.get('security.capability'), capability)
  t.is(second?.linkTarget.toString(), long)
  t.like(second, { mtimeSeconds: -2, mtimeNanoseconds: 500_000_000 })
  t.like(third, { uid: 0, mtimeSeconds: 1_700_000_000, mtimeNanoseconds: 0 })
  t.is(third?.xattrs.size, 0)
})

test('readTar takes GNU long names and long links', async (t) => {
  const name = 'n'.repeat(300)
  const target = 't'.repeat(200)
  const tar = Buffer.concat([gnuLong('L', name), gnuLong('K', target), entryBytes({ path: 'cut', type: '2', link: 'cut' }), END_OF_TAR])
  const [entry] = await read(tar)
  t.is(entry?.path.toString(), name)
  t.is(entry?.linkTarget.toString(), target)
  t.is(entry?.start, 0)
})

test('readTar joins the ustar prefix, but not what GNU keeps in its place', async (t) => {
  const [ustar] = await read(tinyTar([{ path: 'name', prefix: 'usr/share' }]))
  const [gnu] = await read(tinyTar([{ path: 'name', prefix: '00000000000', magic: 'ustar  \0' }]))
  t.is(ustar?.path.toString(), 'usr/share/name')
  t.is(gnu?.path.toString(), 'name')
})

test('readTar reads numbers in base 256, negative ones too', async (t) => {
  const header = Buffer.from(entryBytes({ path: 'big' }).subarray(0, 512))
  header.writeBigUInt64BE(0x8000_0000_8000_0000n, 108) // uid 2^31
  header.fill(0xff, 136, 148) // mtime -1
  const [entry] = await read(Buffer.concat([withChecksum(header), END_OF_TAR]))
  t.like(entry, { uid: 2 ** 31, mtimeSeconds: -1 })
})

test('readTar keeps names that are no UTF-8', async (t) => {
  const path = Buffer.from([0x66, 0xff, 0xfe])
  const [plain, pax] = await read(tinyTar([{ path }, { path: 'x', pax: { path } }]))
  t.deepEqual(plain?.path, path)
  t.deepEqual(pax?.path, path)
})

test('readTar refuses what is no tar, with offset and name', async (t) => {
  const good = entryBytes({ path: 'good', data: 'x' })
  const cases: readonly [string, Buffer, RegExp, number][] = [
    ['no end', good, /cut off/, 1024],
    ['an empty file', Buffer.alloc(0), /cut off/, 0],
    ['a broken checksum', Buffer.concat([good, Buffer.alloc(512, 0x41), END_OF_TAR]), /checksum|chksum/, 1024],
    ['a lone block of zeros', Buffer.concat([good, Buffer.alloc(512), good, END_OF_TAR]), /single block of zeros/, 1024],
    ['a size beyond the end', tinyTar([{ path: 'big', size: 1 << 30 }]), /"big".*1073741824 bytes wanted/, 0],
    ['a pax size beyond the end', tinyTar([{ path: 'big', pax: { size: '99999999999' } }]), /"big".*99999999999 bytes wanted/, 1024],
    ['a pax size that is no number', tinyTar([{ path: 'big', pax: { size: '-1' } }]), /pax size/, 1024],
    ['a huge extension header', tinyTar([{ path: 'x', type: 'x', size: 1 << 29 }]), /extension header of/, 0],
    ['an extension header at the end', Buffer.concat([gnuLong('L', 'name'), END_OF_TAR]), /without an entry/, 0],
    ['a malformed pax header', Buffer.concat([entryBytes({ path: 'x', type: 'x', data: '99 a=b\n' }), END_OF_TAR]), /malformed pax/, 0],
    ['a sparse file', tinyTar([{ path: 's', type: 'S' }]), /sparse/, 0],
    ['a pax sparse file', tinyTar([{ path: 's', pax: { 'GNU.sparse.major': '1' } }]), /sparse/, 1024],
    ['an unknown type', tinyTar([{ path: 'u', type: 'Q' }]), /unknown type "Q"/, 0],
    ['a hard link with contents', tinyTar([{ path: 'h', type: '1', link: 'a', data: 'x' }]), /hard link with contents/, 0],
    ['a link to nowhere', tinyTar([{ path: 'l', type: '2' }]), /link to nowhere/, 0],
    ['a NUL in a name', tinyTar([{ path: 'x', pax: { path: 'a\0b' } }]), /NUL/, 1024],
    ['an empty name', tinyTar([{ path: '' }]), /empty name/, 0],
    [
      'a global header that sets something',
      tinyTar([{ path: 'g', type: 'g', data: '9 uid=10\n' }, { path: 'x' }]),
      /global pax header sets uid/,
      0,
    ],
  ]
  for (const [what, bytes, message, offset] of cases) {
    const error = await fails(bytes)
    t.regex(error.message, message, what)
    t.is(error.offset, offset, what)
  }
})

test('readTar answers every mutation of a tar with entries within the file, or a TarError', async (t) => {
  const tar = tinyTar([
    { path: 'usr/', mode: 0o755 },
    { path: 'usr/file', data: 'contents', pax: { mtime: '1.5', path: 'usr/other' } },
    { path: 'link', type: '2', link: 'usr' },
  ])
  const seed = randomInt(2 ** 31)
  t.log(`seed ${seed}`)
  let state = seed
  const next = (bound: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return state % bound
  }
  for (let round = 0; round < 3000; round++) {
    const mutant = Buffer.from(tar.subarray(0, next(4) === 0 ? next(tar.length) : tar.length))
    for (let changes = next(3) + 1; changes > 0 && mutant.length > 0; changes--) {
      const at = next(mutant.length)
      mutant[at] = next(256)
      const header = at - (at % 512)
      if (header + 512 <= mutant.length && next(2) === 0) withChecksum(mutant.subarray(header, header + 512))
    }
    try {
      for (const entry of await read(mutant)) t.true(entry.dataOffset + entry.size <= mutant.length)
    } catch (error) {
      if (!(error instanceof TarError)) throw error
    }
  }
})

for (const format of ['ustar', 'pax', 'gnu', 'v7']) {
  test(`readTar agrees with what GNU tar packed as ${format}`, async (t) => {
    const folder = await temporaryFolder(t)
    const root = join(folder, 'root')
    const deep = format === 'ustar' || format === 'v7' ? 'd'.repeat(20) : 'd'.repeat(150)
    await mkdir(join(root, deep), { recursive: true })
    await writeFile(join(root, deep, 'file'), Buffer.alloc(70_000, 'a'), { mode: 0o640 })
    await link(join(root, deep, 'file'), join(root, 'zz-hard'))
    await symlink('../target', join(root, deep, 'soft'))
    if (format !== 'v7') await execa('mkfifo', [join(root, 'fifo')])
    await execa('tar', ['--sort=name', '--numeric-owner', `--format=${format}`, '-cf', join(folder, 'out.tar'), '-C', root, '.'])
    const handle = await open(join(folder, 'out.tar'))
    const entries = await entriesOf(tarSource(handle, (await handle.stat()).size)).finally(() => handle.close())
    t.is(entries.length, format === 'v7' ? 5 : 6)
    for (const entry of entries) {
      const real = await lstat(join(root, entry.path.toString()), { bigint: true })
      if (entry.kind === 'hardlink') {
        t.is(entry.linkTarget.toString(), `./${deep}/file`)
        continue
      }
      t.is(entry.mode, Number(real.mode & 0o7777n))
      t.is(BigInt(entry.mtimeSeconds), real.mtimeNs / 1_000_000_000n)
      if (format === 'pax') t.is(BigInt(entry.mtimeNanoseconds), real.mtimeNs % 1_000_000_000n)
      if (entry.kind === 'regular') t.is(BigInt(entry.size), real.size)
    }
  })
}

test('compressionOf names the compression of a tar that is none', (t) => {
  t.is(compressionOf(Buffer.from('28b52ffd0458', 'hex')), 'zstd')
  t.is(compressionOf(Buffer.from('1f8b08000000', 'hex')), 'gzip')
  t.is(compressionOf(Buffer.from('fd377a585a00', 'hex')), 'xz')
  t.is(compressionOf(tinyTar([])), undefined)
})
