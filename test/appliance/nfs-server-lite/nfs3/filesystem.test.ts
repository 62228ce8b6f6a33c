import test from 'ava'
import { Asker } from '../caller.ts'
import { EVERYTHING, testExport } from '../tree.ts'
import { readOpaque, readPostOpAttr } from '../wire.ts'

const source = testExport(EVERYTHING)
const asker = new Asker([source])

async function ask(proc: number, path = '/') {
  const result = await asker.nfs(proc, asker.fh(path))
  if (result.u32('status') !== 0 || !readPostOpAttr(result)) throw new Error('failed')
  return result
}

test('FSINFO recommends 1 MiB reads and 64 KiB listings, and promises links, symlinks, homogeneity', async (t) => {
  const result = await ask(19)
  const [rtmax, rtpref, rtmult, wtmax, wtpref, wtmult, dtpref] = [0, 0, 0, 0, 0, 0, 0].map(() => result.u32('size'))
  t.deepEqual([rtmax, rtpref, rtmult, dtpref], [1048576, 1048576, 4096, 65536])
  t.deepEqual([wtmax, wtpref, wtmult], [32768, 32768, 4096])
  t.is(result.u64('maxfilesize'), 2n ** 63n - 1n)
  t.deepEqual([result.u32('seconds'), result.u32('nseconds')], [0, 1])
  t.is(result.u32('properties'), 1 | 2 | 8)
  result.end('FSINFO3resok')
})

test('FSSTAT shows a full file system', async (t) => {
  const result = await ask(18)
  const sizes = [0, 0, 0, 0, 0, 0].map(() => result.u64('size'))
  t.deepEqual(sizes, [BigInt(source.tree.totalBytes), 0n, 0n, BigInt(source.tree.files), 0n, 0n])
  result.u32('invarsec')
  result.end('FSSTAT3resok')
})

test('PATHCONF tells the limits of names', async (t) => {
  const result = await ask(20, '/etc/hostname')
  t.deepEqual(
    [0, 0, 0, 0, 0, 0].map(() => result.u32('pathconf')),
    [32000, 255, 1, 1, 0, 1],
  )
  result.end('PATHCONF3resok')
})

test('READLINK gives the target, and is INVAL for what is no symlink', async (t) => {
  const result = await ask(5, '/bin')
  t.is(readOpaque(result).toString(), 'usr/bin')
  result.end('READLINK3resok')
  const refused = await asker.nfs(5, asker.fh('/etc'))
  t.is(refused.u32('status'), 22)
  t.is(readPostOpAttr(refused)?.type, 2)
  refused.end('READLINK3resfail')
})
