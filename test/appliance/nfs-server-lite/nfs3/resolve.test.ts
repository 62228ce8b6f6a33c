import test from 'ava'
import { Asker } from '../caller.ts'
import { nfsCalls } from '../calls.ts'
import { EVERYTHING, testExport } from '../tree.ts'
import { NFS, opaque, u32 } from '../wire.ts'

const source = testExport(EVERYTHING)
const other = testExport(EVERYTHING, 'fedcba9876543210', 'other')
const asker = new Asker([source])

async function status(from: Asker, proc: number, args: Buffer): Promise<number> {
  return (await from.nfs(proc, args)).u32('status')
}

test('filehandles of 0, 10 and 64 bytes are BADHANDLE, of 65 and 2^32-1 GARBAGE_ARGS', async (t) => {
  for (const length of [0, 10, 31, 33, 64]) t.is(await status(asker, 1, opaque(Buffer.alloc(length))), 10001)
  t.is((await asker.ask(NFS, 1, opaque(Buffer.alloc(65)))).stat, 'GARBAGE_ARGS')
  t.is((await asker.ask(NFS, 1, u32(0xffff_ffff))).stat, 'GARBAGE_ARGS')
})

test('a filehandle of a generation that is gone is STALE', async (t) => {
  t.is(await status(asker, 1, asker.fh('/', other)), 70)
})

test('a filehandle of a file that the generation does not have is STALE', async (t) => {
  for (const file of [0, source.tree.files + 1, 0xffff_ffff]) {
    t.is(await status(asker, 1, opaque(asker.filehandles.encode(source.generation, file))), 70)
  }
})

test("another image's filehandle from a host that may not read it is ACCES, for every procedure", async (t) => {
  const fenced = new Asker([other, source], { mayRead: (_client, wanted) => wanted.image === 'dom0' })
  const inside = new Asker([other])
  for (const [name, proc, args] of nfsCalls(inside)) {
    if (proc === 0) continue
    const result = await fenced.nfs(proc, args)
    t.is(result.u32('status'), 13, name)
    for (const word of Buffer.from(result.rest())) t.is(word, 0, `${name} tells nothing about the file`)
  }
})

test('the predicate is asked with the address of the client, for every call', async (t) => {
  const asked: string[] = []
  const watched = new Asker([source], { mayRead: (client, wanted) => asked.push(`${client} ${wanted.image}`) > 0 })
  const calls = nfsCalls(watched).filter(([, proc]) => proc !== 0)
  for (const [, proc, args] of calls) await watched.nfs(proc, args)
  t.true(asked.length >= calls.length)
  t.deepEqual([...new Set(asked)], ['10.77.0.21 dom0'])
})
