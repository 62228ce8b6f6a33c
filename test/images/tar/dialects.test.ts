import { open } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { execa } from 'execa'
import { tarSource } from '../../../images/store/files.ts'
import { END_OF_TAR, entryBytes, paxRecords, tinyTar, withChecksum } from '../tiny-tar.ts'
import { entriesOf, fails, read } from './reading.ts'

test('readTar passes over volume labels, in GNU and in pax form, and a label does not need a file', async (t) => {
  for (const name of ['label-v.tar', 'leading-nul.tar']) {
    const file = fileURLToPath(new URL(`../../fixtures/field/tar/${name}`, import.meta.url))
    const listed = (await execa('tar', ['--list', '--file', file])).stdout.split('\n').filter((line) => line !== '')
    const handle = await open(file)
    const entries = await entriesOf(tarSource(handle, (await handle.stat()).size)).finally(() => handle.close())
    t.true(entries.length > 0)
    t.deepEqual(
      entries.map(({ path }) => path.toString()),
      listed.filter((line) => line !== 'my-root'),
      name,
    )
  }
  const entries = await read(
    tinyTar([
      { path: 'a volume', type: 'V' },
      { path: 'g', type: 'g', data: paxRecords({ 'GNU.volume.label': 'a volume' }) },
      { path: 'a' },
    ]),
  )
  t.deepEqual(
    entries.map(({ path, start }) => [path.toString(), start]),
    [['a', 512]],
  )
})

test('readTar reads numbers that end with a NUL or a blank and junk, and those with a NUL or blanks before them', async (t) => {
  for (const [field, uid] of [
    ['0000012\0', 10],
    ['000012 \0', 10],
    ['12\0junk!', 10],
    ['12 junk!', 10],
    ['  12\t99', 10],
    ['\x0012 \0\0\0', 10],
    ['\0  12 9', 10],
    ['00000012', 10],
    ['        ', 0],
    ['\0\0\0\0\0\0\0\0', 0],
    ['\0\0  100\0', 0],
  ] as const) {
    const header = Buffer.from(entryBytes({ path: 'a' }).subarray(0, 512))
    header.fill(0, 108, 116)
    header.write(field, 108, 8, 'latin1')
    const [entry] = await read(Buffer.concat([withChecksum(header), END_OF_TAR]))
    t.is(entry?.uid, uid, JSON.stringify(field))
  }
  for (const field of ['12junk!!', '9', 'x', '\0x12', '  x12', '0x12', '1.5', ' -1']) {
    const header = Buffer.from(entryBytes({ path: 'a' }).subarray(0, 512))
    header.fill(0, 108, 116)
    header.write(field, 108, 8, 'latin1')
    const error = await fails(Buffer.concat([withChecksum(header), END_OF_TAR]))
    t.regex(error.message, /"a" .*uid is no octal number/, JSON.stringify(field))
  }
})

test('readTar takes pax headers of Solaris, of other character sets and with unknown keywords as GNU tar does', async (t) => {
  const path = Buffer.from([0x66, 0xff])
  const pax = paxRecords({ hdrcharset: 'BINARY', path, 'VENDOR.unknown': 'x' })
  const [solaris, binary, directory, after] = await read(
    tinyTar([
      { path: 'global', type: 'g', data: paxRecords({ hdrcharset: 'BINARY', 'VENDOR.x': 'y', atime: '1', uname: 'u', charset: 'BINARY' }) },
      { path: 'PaxHeaders/x', type: 'X', data: paxRecords({ path: 'from solaris', uid: '7' }) },
      { path: 'short' },
      { path: 'PaxHeaders/x', type: 'x', data: Buffer.concat([pax, Buffer.alloc(20)]) },
      { path: 'short' },
      { path: 'dir', type: 'D', data: 'Yfile\0\0' },
      { path: 'after' },
    ]),
  )
  t.like(solaris, { path: Buffer.from('from solaris'), uid: 7 })
  t.deepEqual(binary?.path, path)
  t.like(directory, { kind: 'directory', size: 0 })
  t.is(after?.path.toString(), 'after')
})

test('readTar refuses parts of other volumes and sparse files by their names', async (t) => {
  for (const [entry, message] of [
    [{ path: 'rest', type: 'M' }, /"rest" .*multi-volume/],
    [{ path: 'x', pax: { 'GNU.volume.offset': '512', 'GNU.volume.filename': 'x' } }, /"x" .*multi-volume/],
    [{ path: 'g', type: 'g', data: paxRecords({ 'GNU.volume.filename': 'x' }) }, /GNU\.volume\.filename/],
    [{ path: 'g', type: 'g', data: paxRecords({ 'SCHILY.xattr.user.a': 'x' }) }, /SCHILY\.xattr/],
    [{ path: 'GNUSparseFile.1/disk', pax: { 'GNU.sparse.major': '1', 'GNU.sparse.name': 'var/disk' } }, /"var\/disk" .*sparse/],
  ] as const) {
    t.regex((await fails(tinyTar([entry, { path: 'a' }]))).message, message)
  }
})

test('readTar passes over a global header with a comment', async (t) => {
  const entries = await read(tinyTar([{ path: 'pax_global_header', type: 'g', data: '13 comment=x\n' }, { path: 'a' }]))
  t.deepEqual(
    entries.map(({ path, start }) => [path.toString(), start]),
    [['a', 0]],
  )
})
