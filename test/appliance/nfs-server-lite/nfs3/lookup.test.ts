import test from 'ava'
import { Asker } from '../caller.ts'
import { EVERYTHING, LATIN1_NAME, testExport } from '../tree.ts'
import { join, opaque, readOpaque, readPostOpAttr } from '../wire.ts'

const source = testExport(EVERYTHING)
const asker = new Asker([source])

async function lookup(path: string, name: string | Buffer, from = asker) {
  const result = await from.nfs(3, join(from.fh(path), opaque(name)))
  const status = result.u32('status')
  if (status !== 0) {
    const directory = readPostOpAttr(result)
    result.end('LOOKUP3resfail')
    return { status, directory }
  }
  const handle = readOpaque(result)
  const [object, directory] = [readPostOpAttr(result), readPostOpAttr(result)]
  result.end('LOOKUP3resok')
  return { status, handle, object, directory }
}

test('LOOKUP gives handle and attributes of the object, and of the directory', async (t) => {
  const found = await lookup('/etc', 'hostname')
  t.deepEqual(found.handle, asker.handle('/etc/hostname'))
  t.like(found.object, { type: 1, size: 9n })
  t.like(found.directory, { type: 2 })
})

test('LOOKUP of . and .. works, and .. of the root is the root', async (t) => {
  t.deepEqual((await lookup('/etc', '.')).handle, asker.handle('/etc'))
  t.deepEqual((await lookup('/usr/bin', '..')).handle, asker.handle('/usr'))
  t.deepEqual((await lookup('/usr', '..')).handle, asker.handle('/'))
  t.deepEqual((await lookup('/', '..')).handle, asker.handle('/'))
})

test('LOOKUP of .. at the root is the root even when the tree says otherwise', async (t) => {
  const escaping = new Asker([{ ...source, tree: { ...source.tree, parent: () => 5 } }])
  t.deepEqual((await lookup('/', '..', escaping)).handle, asker.handle('/'))
})

test('LOOKUP finds a name that is no UTF-8', async (t) => {
  t.is((await lookup('/', LATIN1_NAME)).status, 0)
  t.is((await lookup('/', 'café')).status, 2)
})

test('LOOKUP of what is not there, of nothing, of slashes and NULs is NOENT with the directory', async (t) => {
  for (const name of ['nothing', '', 'etc/hostname', '/etc', 'etc\0', '...', '../etc']) {
    const { status, directory } = await lookup('/', name)
    t.is(status, 2, JSON.stringify(name))
    t.is(directory?.type, 2)
  }
})

test('LOOKUP in what is no directory is NOTDIR', async (t) => {
  for (const path of ['/etc/hostname', '/bin', '/dev/null']) t.is((await lookup(path, '..')).status, 20)
})

test('LOOKUP of a name of 255 bytes is NOENT, of 256 NAMETOOLONG', async (t) => {
  t.is((await lookup('/', 'n'.repeat(255))).status, 2)
  t.is((await lookup('/', 'n'.repeat(256))).status, 63)
})

test('LOOKUP needs search permission: root has it always, others by the mode', async (t) => {
  const user = new Asker([source], { auth: { uid: 1000, gid: 1000 } })
  t.is((await lookup('/root', 'secret')).status, 0)
  t.is((await lookup('/root', 'secret', user)).status, 13)
  t.is((await lookup('/etc', 'hostname', user)).status, 0)
})
