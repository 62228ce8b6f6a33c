import test from 'ava'
import { Asker, type AskOptions } from '../caller.ts'
import { EVERYTHING, testExport } from '../tree.ts'
import { join, readPostOpAttr, u32 } from '../wire.ts'

const READ = 1
const LOOKUP = 2
const MODIFY_EXTEND = 4 | 8
const EXECUTE = 32
const source = testExport(EVERYTHING)

async function access(path: string, auth: NonNullable<AskOptions['auth']>, wanted = 0x3f): Promise<number> {
  const asker = new Asker([source], { auth })
  const result = await asker.nfs(4, join(asker.fh(path), u32(wanted)))
  if (result.u32('status') !== 0 || !readPostOpAttr(result)) throw new Error('ACCESS failed')
  const granted = result.u32('access')
  result.end('ACCESS3resok')
  return granted
}

const root = { uid: 0, gid: 0 }
const user = { uid: 1000, gid: 1000 }

test('root reads and searches everything: no root squash', async (t) => {
  t.is(await access('/root', root), READ | LOOKUP)
  t.is(await access('/etc/shadow', root), READ)
  t.is(await access('/usr/bin/only-x', root), READ | EXECUTE)
})

test('nobody may change a file or a directory, root included', async (t) => {
  for (const path of ['/tmp', '/etc/hostname', '/root/secret']) t.is((await access(path, root)) & 0x1c, 0)
})

test('owner, group, supplementary groups and others have what the mode gives them', async (t) => {
  t.is(await access('/etc/shadow', user), 0)
  t.is(await access('/etc/shadow', { uid: 1000, gid: 42 }), READ)
  t.is(await access('/etc/shadow', { uid: 1000, gid: 1000, gids: [7, 42] }), READ)
  t.is(await access('/etc/shadow', 'none'), 0)
  t.is(await access('/root', user), 0)
  t.is(await access('/usr/bin/only-x', user), EXECUTE)
  t.is(await access('/etc', 'none'), READ | LOOKUP)
})

test('the owner is judged by the bits of the owner, even where others may more', async (t) => {
  const odd = new Asker([testExport({ type: 'directory', mode: 0o077, uid: 1000 })], { auth: user })
  const result = await odd.nfs(4, join(odd.fh('/'), u32(0x3f)))
  result.u32('status')
  readPostOpAttr(result)
  t.is(result.u32('access'), 0)
})

test('devices, FIFOs and sockets may be written by the mode: the file system is not what changes', async (t) => {
  t.is(await access('/dev/null', user), READ | MODIFY_EXTEND)
  t.is(await access('/dev/log', user), READ | MODIFY_EXTEND)
  t.is(await access('/dev/initctl', user), 0)
  t.is(await access('/dev/initctl', root), READ | MODIFY_EXTEND)
})

test('only what was asked for is granted', async (t) => {
  t.is(await access('/', root, LOOKUP), LOOKUP)
  t.is(await access('/', root, 0), 0)
})
