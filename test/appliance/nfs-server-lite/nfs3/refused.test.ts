import test from 'ava'
import { Asker } from '../caller.ts'
import { nfsCalls } from '../calls.ts'
import { EVERYTHING, testExport } from '../tree.ts'
import { join, NFS, opaque, readPostOpAttr, readWccData, u32, u64 } from '../wire.ts'

const asker = new Asker([testExport(EVERYTHING)])
const WRITING = new Set([2, 7, 8, 9, 10, 11, 12, 13, 14, 15, 21])
const RENAME = 14
const LINK = 15

for (const [name, proc, args] of nfsCalls(asker).filter(([, proc]) => WRITING.has(proc))) {
  test(`${name} is NFS3ERR_ROFS with its own failure body`, async (t) => {
    const result = await asker.nfs(proc, args)
    t.is(result.u32('status'), 30)
    const first = proc === LINK ? readPostOpAttr(result) : readWccData(result).after
    t.true(first?.type === 1 || first?.type === 2)
    if (proc === RENAME || proc === LINK) t.deepEqual(readWccData(result), { after: undefined })
    result.end('resfail')
  })

  test(`${name} with a bad filehandle is BADHANDLE without attributes`, async (t) => {
    const bad = Buffer.from(args)
    bad.writeUInt8(bad.readUInt8(20) ^ 1, 20)
    const result = await asker.nfs(proc, bad)
    t.is(result.u32('status'), 10001)
    if (proc === LINK) t.is(readPostOpAttr(result), undefined)
    else t.is(readWccData(result).after, undefined)
    if (proc === RENAME || proc === LINK) readWccData(result)
    result.end('resfail')
  })
}

test('RENAME and LINK look at their second filehandle too', async (t) => {
  const bad = opaque(Buffer.alloc(32))
  t.is((await asker.nfs(RENAME, join(asker.fh('/'), opaque('a'), bad, opaque('b')))).u32('status'), 10001)
  t.is((await asker.nfs(LINK, join(asker.fh('/etc/hostname'), bad, opaque('b')))).u32('status'), 10001)
})

test('values that no writing procedure has are GARBAGE_ARGS', async (t) => {
  const root = asker.fh('/')
  const bad: readonly (readonly [number, Buffer])[] = [
    [2, join(root, u32(2, 0, 0, 0, 0, 0, 0))],
    [2, join(root, u32(0, 0, 0, 0, 3, 0, 0))],
    [7, join(root, u64(0n), u32(0, 3), opaque(''))],
    [8, join(root, opaque('x'), u32(3))],
    [11, join(root, opaque('x'), u32(0))],
    [11, join(root, opaque('x'), u32(8))],
  ]
  for (const [proc, args] of bad) t.is((await asker.ask(NFS, proc, args)).stat, 'GARBAGE_ARGS', `procedure ${proc}`)
})

test('WRITE of 32 KiB, which FSINFO recommends, is still ROFS', async (t) => {
  const result = await asker.nfs(7, join(asker.fh('/etc/hostname'), u64(0n), u32(32768, 2), opaque(Buffer.alloc(32768))))
  t.is(result.u32('status'), 30)
})
