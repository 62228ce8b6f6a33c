import test from 'ava'
import { applyMountEvent } from '../../../../appliance/nfs-server-lite/mount3/mounts.ts'
import { printablePath } from '../../../../appliance/nfs-server-lite/mount3/path.ts'
import type { Cursor } from '../../../../appliance/wire/cursor.ts'
import { Asker, CLIENT } from '../caller.ts'
import { EVERYTHING, testExport } from '../tree.ts'
import { encodeCall, MOUNT, opaque, readOpaque } from '../wire.ts'

const source = testExport(EVERYTHING)
const other = testExport(EVERYTHING, 'fedcba9876543210', 'other')
const asker = new Asker([source, other], { mayRead: (_client, wanted) => wanted.image === 'dom0' })
const PATH = '/dom0/0123456789abcdef'

const mnt = (path: string | Buffer) => asker.result(MOUNT, 1, opaque(path))

function event(proc: number, args: Buffer) {
  const answer = asker.answer(encodeCall({ prog: MOUNT, vers: 3, proc }, args))
  return answer.kind === 'reply' && answer.effect.kind === 'mount' ? answer.effect.event : undefined
}

function readStrings(result: Cursor, each: (result: Cursor) => string): string[] {
  const strings: string[] = []
  while (result.u32('follows') === 1) strings.push(each(result))
  result.end('list')
  return strings
}

test('MNT gives the handle of the root and AUTH_SYS', async (t) => {
  for (const path of [PATH, `${PATH}/`, `/${PATH}//`]) {
    const result = await mnt(path)
    t.is(result.u32('status'), 0)
    t.deepEqual(readOpaque(result), asker.handle('/'))
    t.deepEqual([result.u32('count'), result.u32('flavor')], [1, 1])
    result.end('mountres3_ok')
  }
  t.deepEqual(event(1, opaque(`${PATH}/`)), { kind: 'mounted', path: PATH, generation: source.generation })
})

test('MNT of a directory within an export gives its handle', async (t) => {
  const result = await mnt(`${PATH}/usr/bin`)
  t.is(result.u32('status'), 0)
  t.deepEqual(readOpaque(result), asker.handle('/usr/bin'))
})

test('MNT of what is not there is NOENT, of a file NOTDIR, of what is not for this client ACCES', async (t) => {
  const statuses = [
    ['', 2],
    ['/', 2],
    ['/dom0', 2],
    ['/dom0/0000000000000000', 2],
    ['/other/0123456789abcdef', 2],
    [`${PATH}/nothing`, 2],
    [`${PATH}/..`, 2],
    [`${PATH}/usr/../etc`, 2],
    [`${PATH}/.`, 2],
    [`/x/..${PATH}`, 2],
    [`${PATH}/etc/hostname`, 20],
    [`${PATH}/bin`, 20],
    [`${PATH}/bin/su`, 20],
    ['/other/fedcba9876543210', 13],
  ] as const
  for (const [path, status] of statuses) {
    const result = await mnt(path)
    t.is(result.u32('status'), status, path)
    result.end('mountres3')
  }
  t.deepEqual(event(1, opaque('/other/fedcba9876543210')), { kind: 'refused', path: '/other/fedcba9876543210', reason: 'MNT3ERR_ACCES' })
})

test('MNT of a path of more than 1024 bytes is GARBAGE_ARGS', async (t) => {
  t.is((await asker.ask(MOUNT, 1, opaque('/'.repeat(1024)))).stat, 'SUCCESS')
  t.is((await asker.ask(MOUNT, 1, opaque('/'.repeat(1025)))).stat, 'GARBAGE_ARGS')
})

test('EXPORT lists what this client may read', async (t) => {
  const lines = readStrings(await asker.result(MOUNT, 5), (result) => {
    const path = readOpaque(result).toString()
    if (result.u32('groups') !== 0) throw new Error('groups')
    return path
  })
  t.deepEqual(lines, [PATH])
})

test('DUMP lists the current mounts', async (t) => {
  const mounts = [
    { clientAddress: CLIENT, path: PATH },
    { clientAddress: '10.77.0.22', path: `${PATH}/caf\xe9` },
  ]
  const lines = readStrings(await new Asker([source], { mounts }).result(MOUNT, 2), (result) => {
    const [host, path] = [readOpaque(result), readOpaque(result)]
    return `${host.toString('latin1')}:${path.toString('latin1')}`
  })
  t.deepEqual(
    lines,
    mounts.map(({ clientAddress, path }) => `${clientAddress}:${path}`),
  )
})

test('UMNT takes one mount away, UMNTALL all of one client', (t) => {
  const mounted = (path: string) => ({ kind: 'mounted', path, generation: source.generation }) as const
  let mounts = applyMountEvent([], 'a', mounted('/1'))
  mounts = applyMountEvent(mounts, 'a', mounted('/2'))
  mounts = applyMountEvent(mounts, 'b', mounted('/1'))
  t.is(applyMountEvent(mounts, 'a', mounted('/1')).length, 3, 'mounting twice is one mount')
  const umnt = event(3, opaque('/1/'))
  const umntall = event(4, Buffer.alloc(0))
  if (!umnt || !umntall) return t.fail()
  t.deepEqual(
    applyMountEvent(mounts, 'a', umnt).map(({ clientAddress, path }) => clientAddress + path),
    ['a/2', 'b/1'],
  )
  t.deepEqual(applyMountEvent(mounts, 'a', umntall), [{ clientAddress: 'b', path: '/1' }])
})

test('the list of mounts stays bounded', (t) => {
  let mounts = applyMountEvent([], 'a', { kind: 'mounted', path: '/first', generation: source.generation })
  for (let index = 0; index < 1024; index++)
    mounts = applyMountEvent(mounts, 'a', { kind: 'mounted', path: `/${index}`, generation: source.generation })
  t.is(mounts.length, 1024)
  t.is(mounts[0]?.path, '/0')
})

test('paths for logs have their odd bytes escaped', (t) => {
  t.is(printablePath('/a b/\n\x1b[2J\\\xe9'), '/a b/\\x0a\\x1b[2J\\x5c\\xe9')
})
