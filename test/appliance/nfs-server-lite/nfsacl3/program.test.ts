import test from 'ava'
import { NFSACL_PROGRAM } from '../../../../appliance/nfs-server-lite/nfsacl3/program.ts'
import type { Cursor } from '../../../../appliance/wire/cursor.ts'
import { Asker } from '../caller.ts'
import { EVERYTHING, testExport } from '../tree.ts'
import { join, opaque, readPostOpAttr, u32 } from '../wire.ts'

const NFSACL = 100227
const GETACL = 1
const SETACL = 2
const asker = new Asker([testExport(EVERYTHING)], { programs: [NFSACL_PROGRAM], auth: { uid: 1000, gid: 1000 } })

/** An ACL as fs/nfs_common/nfsacl.c of Linux reads it: the number of entries, then an array of them. */
function readAcl(result: Cursor): { readonly count: number; readonly entries: readonly (readonly number[])[] } {
  const count = result.u32('count')
  const length = result.u32('length')
  return { count, entries: Array.from({ length }, () => [result.u32('type'), result.u32('id'), result.u32('perm')]) }
}

async function getacl(path: string, mask: number) {
  const result = await asker.result(NFSACL, GETACL, join(asker.fh(path), u32(mask)))
  const status = result.u32('status')
  const attributes = readPostOpAttr(result)
  if (status !== 0) return { status, attributes, access: undefined }
  const answer = { status, attributes, mask: result.u32('mask'), access: readAcl(result), byDefault: readAcl(result) }
  result.end('GETACL3resok')
  return answer
}

test('GETACL says the mode as an ACL, and that a directory has no default ACL', async (t) => {
  const file = await getacl('/etc/shadow', 3)
  t.like(file, { status: 0, mask: 3, byDefault: { count: 0, entries: [] } })
  t.deepEqual(file.access, {
    count: 4,
    entries: [
      [0x01, 0, 6],
      [0x04, 42, 4],
      [0x10, 0, 4],
      [0x20, 0, 0],
    ],
  })
  const folder = await getacl('/etc', 0x0f)
  t.like(folder, { status: 0, mask: 0x0f, byDefault: { count: 0, entries: [] } })
  t.deepEqual(
    folder.access?.entries.map(([, , permissions]) => permissions),
    [7, 5, 5, 5],
  )
})

test('GETACL gives numbers alone to those who ask for numbers alone', async (t) => {
  t.like(await getacl('/etc/shadow', 2), { mask: 2, access: { count: 4, entries: [] } })
})

test('GETACL refuses a mask of bits that it does not know', async (t) => {
  const refused = await getacl('/etc/shadow', 0x10)
  t.is(refused.status, 22)
  t.truthy(refused.attributes)
})

test('SETACL is NFS3ERR_ROFS', async (t) => {
  const acl = u32(1, 1, 0x01, 0, 7)
  const result = await asker.result(NFSACL, SETACL, join(asker.fh('/etc/shadow'), u32(1), acl, u32(0, 0)))
  t.is(result.u32('status'), 30)
  t.truthy(readPostOpAttr(result))
  result.end('SETACL3res')
})

test('an ACL of a hostile length, a bad filehandle and bytes that are left over are refused', async (t) => {
  const hostile = join(asker.fh('/etc/shadow'), u32(1), u32(1, 0xffff_ffff))
  t.is((await asker.ask(NFSACL, SETACL, hostile)).stat, 'GARBAGE_ARGS')
  t.is((await asker.ask(NFSACL, GETACL, join(asker.fh('/'), u32(1, 2)))).stat, 'GARBAGE_ARGS')
  const result = await asker.result(NFSACL, GETACL, join(opaque(Buffer.alloc(32)), u32(1)))
  t.is(result.u32('status'), 10001)
})
