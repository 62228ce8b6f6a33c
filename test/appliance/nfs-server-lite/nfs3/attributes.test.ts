import test from 'ava'
import { Asker } from '../caller.ts'
import { directory, EVERYTHING, HUGE_SIZE, LATIN1_NAME, regular, testExport } from '../tree.ts'
import { readFattr3 } from '../wire.ts'

const asker = new Asker([testExport(EVERYTHING)])

async function getattr(path: string, from = asker) {
  const result = await from.nfs(1, from.fh(path))
  if (result.u32('status') !== 0) throw new Error(`GETATTR of ${path} failed`)
  const attributes = readFattr3(result)
  result.end('GETATTR3resok')
  return attributes
}

test('GETATTR tells every file type by its ftype3', async (t) => {
  const types = ['/etc/hostname', '/etc', '/dev/sda', '/dev/null', '/bin', '/dev/log', '/dev/initctl'].map(
    async (path) => (await getattr(path)).type,
  )
  t.deepEqual(await Promise.all(types), [1, 2, 3, 4, 5, 6, 7])
})

test('GETATTR tells major and minor numbers of devices, above 8 bits too', async (t) => {
  t.deepEqual((await getattr('/dev/null')).rdev, [1, 3])
  t.deepEqual((await getattr('/dev/sda')).rdev, [259, 1_048_575])
  t.deepEqual((await getattr('/etc')).rdev, [0, 0])
})

test('GETATTR tells mode with setuid and sticky bits and no type bits, owner, group, links', async (t) => {
  t.like(await getattr('/usr/bin/su'), { mode: 0o4755, nlink: 2, uid: 0, gid: 0 })
  t.like(await getattr('/tmp'), { mode: 0o1777, nlink: 2 })
  t.like(await getattr('/usr'), { nlink: 3 })
  t.like(await getattr('/etc/shadow'), { mode: 0o640, gid: 42 })
})

test('hard links have one fileid', async (t) => {
  t.is((await getattr('/usr/bin/su')).fileid, (await getattr('/usr/bin/sudo')).fileid)
})

test('GETATTR tells times to the nanosecond, beyond 2038, and the same for all three', async (t) => {
  const { atime, mtime, ctime } = await getattr('/etc/hostname')
  t.deepEqual(mtime, [4_000_000_000, 999_999_999])
  t.deepEqual([atime, ctime], [mtime, mtime])
})

test('times that an nfstime3 cannot hold are clamped', async (t) => {
  const odd = new Asker([
    testExport(
      directory([
        ['old', regular('', { mtimeSeconds: -5 })],
        ['late', regular('', { mtimeSeconds: 2 ** 33 })],
      ]),
    ),
  ])
  t.is((await getattr('/old', odd)).mtime?.[0], 0)
  t.is((await getattr('/late', odd)).mtime?.[0], 0xffff_ffff)
})

test('GETATTR tells sizes above 4 GiB, and the length of a symlink', async (t) => {
  t.is((await getattr('/huge')).size, BigInt(HUGE_SIZE))
  t.is((await getattr('/bin')).size, 7n)
  t.is((await getattr('/etc/hostname')).used, 512n)
})

test('fsid is the generation', async (t) => {
  t.is((await getattr('/')).fsid, 0x0123456789abcdefn)
  const other = new Asker([testExport(EVERYTHING, 'ffffffffffffffff')])
  t.is((await getattr('/etc/hostname', other)).fsid, 0xffffffffffffffffn)
})

test('names that are no UTF-8 are found by their bytes', async (t) => {
  const source = testExport(EVERYTHING)
  t.not(source.tree.lookup(1, LATIN1_NAME), undefined)
})
