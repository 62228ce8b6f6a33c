import test from 'ava'
import { Asker, type AskOptions } from '../caller.ts'
import { EVERYTHING, HUGE_SIZE, hugeByte, testExport } from '../tree.ts'
import { join, readOpaque, readPostOpAttr, u32, u64 } from '../wire.ts'

const MIB = 1024 * 1024

async function read(path: string, offset: bigint, count: number, source = testExport(EVERYTHING), auth?: AskOptions['auth']) {
  const asker = new Asker([source], auth ? { auth } : {})
  const result = await asker.nfs(6, join(asker.fh(path), u64(offset), u32(count)))
  const status = result.u32('status')
  const attributes = readPostOpAttr(result)
  if (status !== 0) {
    result.end('READ3resfail')
    return { status, attributes, reads: source.reads }
  }
  const [length, eof] = [result.u32('count'), result.u32('eof') === 1]
  const data = readOpaque(result)
  result.end('READ3resok')
  if (data.length !== length) throw new Error(`count ${length}, ${data.length} bytes`)
  return { status, attributes, eof, data, reads: source.reads }
}

test('READ gives the bytes, with padding for every length', async (t) => {
  for (let count = 1; count <= 9; count++) {
    const { data, eof } = await read('/etc/hostname', 0n, count)
    t.is(data?.toString(), 'hostless\n'.slice(0, count))
    t.is(eof, count === 9)
  }
})

test('READ stops at the end of the file and says eof', async (t) => {
  t.like(await read('/etc/hostname', 5n, 4096), { eof: true, data: Buffer.from('ess\n') })
})

test('READ at and past the end is nothing and eof, for every 64-bit offset, and reads nothing', async (t) => {
  for (const offset of [9n, 10n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
    const { data, eof, reads } = await read('/etc/hostname', offset, 100)
    t.is(data?.length, 0)
    t.true(eof)
    t.deepEqual(reads, [])
  }
  t.like(await read('/etc/empty', 0n, 100), { eof: true, data: Buffer.alloc(0) })
})

test('READ of no bytes is no bytes, and not eof', async (t) => {
  t.like(await read('/etc/hostname', 0n, 0), { status: 0, eof: false, data: Buffer.alloc(0) })
})

test('READ counts are clamped to 1 MiB', async (t) => {
  for (const count of [MIB, MIB + 1, 0xffff_ffff]) {
    const { data, eof, reads } = await read('/page', 1n, count)
    t.is(data?.length, MIB)
    t.false(eof)
    t.is(reads[0]?.[1], MIB)
  }
})

test('READ reaches beyond 4 GiB exactly', async (t) => {
  for (const offset of [2 ** 32 - 3, 2 ** 32, 2 ** 40 + 1]) {
    const { data } = await read('/huge', BigInt(offset), 8)
    t.deepEqual(
      [...(data ?? [])],
      Array.from({ length: 8 }, (_, index) => hugeByte(offset + index)),
    )
  }
  t.like(await read('/huge', BigInt(HUGE_SIZE - 2), 8), {
    eof: true,
    data: Buffer.from([hugeByte(HUGE_SIZE - 2), hugeByte(HUGE_SIZE - 1)]),
  })
})

test('READ of a directory is ISDIR, of anything else that holds no bytes INVAL', async (t) => {
  t.is((await read('/etc', 0n, 1)).status, 21)
  for (const path of ['/bin', '/dev/null', '/dev/sda', '/dev/initctl', '/dev/log']) t.is((await read(path, 0n, 1)).status, 22)
})

test('READ is for those whom the mode allows to read or execute, the owner and root', async (t) => {
  const status = async (path: string, auth: NonNullable<AskOptions['auth']>) =>
    (await read(path, 0n, 1, testExport(EVERYTHING), auth)).status
  t.is(await status('/etc/shadow', { uid: 0, gid: 0 }), 0)
  t.is(await status('/etc/shadow', { uid: 1000, gid: 1000 }), 13)
  t.is(await status('/etc/shadow', 'none'), 13)
  t.is(await status('/etc/shadow', { uid: 1000, gid: 42 }), 0)
  t.is(await status('/usr/bin/only-x', { uid: 1000, gid: 1000 }), 0)
})

test('READ that root.tar cannot serve is NFS3ERR_IO with attributes', async (t) => {
  const source = { ...testExport(EVERYTHING), read: () => Promise.reject(new Error('EIO')) }
  const { status, attributes } = await read('/etc/hostname', 0n, 1, source)
  t.is(status, 5)
  t.is(attributes?.size, 9n)
})
