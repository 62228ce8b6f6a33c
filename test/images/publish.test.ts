import { chmod, open, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import test from 'ava'
import { execa } from 'execa'
import type { Generation } from '../../appliance/wire/generation.ts'
import { fileChanges } from '../../images/file-difference.ts'
import { IMPORT_STEPS, type ImportRequest, importGeneration, publish, remove } from '../../images/publish.ts'
import { tarSource } from '../../images/store/files.ts'
import { verify } from '../../images/store/verify.ts'
import { buildTree } from '../../images/tree-builder.ts'
import { commandFor } from '../program.ts'
import { type FakeInputs, fakeXen, imageName, imported, quiet, ROOT, setUp } from './fake-image.ts'
import { paxRecords, tinyTar } from './tiny-tar.ts'

const DOM0 = imageName('dom0')

const take = (dataDir: string, files: FakeInputs, more: Partial<ImportRequest> = {}) =>
  importGeneration({ dataDir, name: DOM0, files, log: quiet, ...more })

async function reasonOf(dataDir: string, files: ImportRequest['files'] & object): Promise<string> {
  const outcome = await importGeneration({ dataDir, name: DOM0, files, log: quiet })
  return outcome.kind === 'refused' ? outcome.reason : outcome.kind
}

test('importGeneration makes a whole, sound generation, and tells each step', async (t) => {
  const { dataDir, files, images } = await setUp(t)
  const steps: string[] = []
  const manifest = await imported(dataDir, files, { onProgress: (step) => steps.push(step) })
  t.deepEqual(steps, [...IMPORT_STEPS])
  t.deepEqual(await readdir(images), [manifest.generation])
  t.deepEqual((await readdir(join(images, manifest.generation))).sort(), [
    'initrd.img',
    'manifest.json',
    'manifest.sig',
    'root.index',
    'root.squashfs',
    'root.tar',
    'vmlinuz',
    'xen',
    'xen.efi',
  ])
  t.like(manifest, {
    suite: 'trixie',
    architecture: 'amd64',
    image: 'dom0',
    versions: { xen: '4.20.0+68-1', kernel: '6.12.48+deb13-amd64' },
  })
  t.is((await stat(join(dataDir, 'keys/image.key'))).mode & 0o777, 0o600)
  t.deepEqual((await verify(dataDir, DOM0, manifest.generation)).kind, 'sound')
  t.truthy(await readFile(files['root.tar']))
})

test('importGeneration gives the same id for the same inputs, whatever name, place and time', async (t) => {
  const first = await setUp(t)
  const second = await setUp(t)
  const one = await imported(first.dataDir, first.files)
  const two = await imported(second.dataDir, second.files, { name: imageName('other') })
  t.is(one.generation, two.generation)
  t.deepEqual(one.components, two.components)
})

test('importGeneration keeps a generation that stands, and says so', async (t) => {
  const { dataDir, files, images } = await setUp(t)
  const { generation } = await imported(dataDir, files)
  const before = await stat(join(images, generation))
  const outcome = await take(dataDir, files)
  t.is(outcome.kind, 'existing')
  t.is((await stat(join(images, generation))).ino, before.ino)
  t.deepEqual(await readdir(images), [generation])
})

test('importGeneration gunzips Xen: the id is that of the plain one', async (t) => {
  const { dataDir, files } = await setUp(t)
  const plain = await imported(dataDir, files)
  await writeFile(files.xen, gzipSync(fakeXen()))
  t.like(await take(dataDir, files), { kind: 'existing', manifest: { generation: plain.generation } })
})

test('importGeneration refuses what is no regular file, too big, empty or something else, and names it', async (t) => {
  const { dataDir, files, images, folder } = await setUp(t)
  const other = async (name: string, bytes: Buffer) => {
    const path = join(folder, name)
    await writeFile(path, bytes)
    return path
  }
  await execa('mkfifo', [join(folder, 'fifo')])
  await symlink('/dev/zero', join(folder, 'zero'))
  const bomb = gzipSync(Buffer.alloc(80 << 20))
  const cases: readonly [Partial<ImportRequest['files']>, RegExp][] = [
    [{ 'root.tar': '/dev/zero' }, /^root\.tar: \/dev\/zero: it is no regular file$/],
    [{ 'root.tar': join(folder, 'zero') }, /it is no regular file/],
    [{ 'root.tar': join(folder, 'fifo') }, /it is no regular file/],
    [{ vmlinuz: folder }, /it is no regular file/],
    [{ vmlinuz: join(folder, 'none') }, /none: there is no such file/],
    [{ 'initrd.img': await other('empty', Buffer.alloc(0)) }, /initrd\.img: .*it is empty/],
    [{ xen: await other('bomb', bomb) }, /xen: .*cannot be gunzipped/],
    [{ xen: await other('tar.gz', gzipSync('no xen')) }, /gunzipped, it is no ELF file/],
    [{ xen: await other('big', Buffer.alloc((64 << 20) + 1)) }, /more than the 67108864 allowed/],
    [{ vmlinuz: files['initrd.img'] }, /vmlinuz: .*bytes|bzImage/],
    [{ 'xen.efi': files.xen }, /xen\.efi: .*no EFI program/],
    [{ 'root.tar': await other('root.tar.gz', gzipSync(tinyTar(ROOT))) }, /compressed with gzip: give the plain tar/],
    [{ 'root.tar': files.vmlinuz }, /^root\.tar: .*vmlinuz: tar entry/],
    [{ 'root.tar': await other('up.tar', tinyTar([{ path: '../up' }])) }, /"\.\.\/up" at byte 0: "\.\." in its name/],
  ]
  for (const [wrong, reason] of cases) t.regex(await reasonOf(dataDir, { ...files, ...wrong }), reason)
  t.deepEqual(await readdir(images), [])
})

test('importGeneration refuses a root with secrets, with all findings, and leaves nothing', async (t) => {
  const { dataDir, files, images } = await setUp(t, [
    ...ROOT,
    { path: 'etc/ssh/ssh_host_ed25519_key', data: 'k' },
    { path: 'var/lib/systemd/random-seed', data: 'r' },
  ])
  const outcome = await take(dataDir, files)
  t.is(outcome.kind, 'refused')
  t.deepEqual(outcome.kind === 'refused' && outcome.findings.map(({ rule }) => rule), ['ssh-host-key', 'random-seed'])
  t.deepEqual(await readdir(images), [])
})

test('importGeneration moves the root tar without copying, only after success', async (t) => {
  const { dataDir, files, images } = await setUp(t)
  const { ino } = await stat(files['root.tar'])
  await t.throwsAsync(
    take(dataDir, files, {
      rootTar: 'move',
      onProgress: (step) => {
        if (step === 'commit') throw new Error('stopped')
      },
    }),
    { message: 'stopped' },
  )
  t.is((await stat(files['root.tar'])).ino, ino)
  t.deepEqual(await readdir(images), [])
  const { generation } = await imported(dataDir, files, { rootTar: 'move' })
  t.is((await stat(join(images, generation, 'root.tar'))).ino, ino)
  await t.throwsAsync(stat(files['root.tar']), { code: 'ENOENT' })
})

test('importGeneration by copy is out of reach of later changes to the input', async (t) => {
  const { dataDir, files } = await setUp(t)
  const { generation } = await imported(dataDir, files)
  await writeFile(files['root.tar'], 'overwritten in place')
  t.is((await verify(dataDir, DOM0, generation)).kind, 'sound')
})

for (const step of IMPORT_STEPS) {
  test(`a process that is killed at "${step}" leaves nothing that shows; the next import sweeps and succeeds`, async (t) => {
    const { dataDir, files, images } = await setUp(t)
    const inputs = [files['root.tar'], files.xen, files.vmlinuz, files['initrd.img']]
    const [node, ...args] = commandFor(new URL('die-at.ts', import.meta.url), step, dataDir, ...inputs)
    const died = await execa(node, args, { reject: false })
    t.is(died.signal, 'SIGKILL', died.stderr)
    const left = await readdir(images)
    t.true(left.length === 1 && left[0]?.startsWith('.unfinished-'))
    const { generation } = await imported(dataDir, files)
    t.deepEqual(await readdir(images), [generation])
    t.is((await verify(dataDir, DOM0, generation)).kind, 'sound')
    t.deepEqual((await readdir(join(dataDir, 'keys'))).sort(), ['image.key', 'image.pub'])
  })
}

test('two imports at once give one generation', async (t) => {
  const { dataDir, files, images } = await setUp(t)
  const outcomes = await Promise.all([take(dataDir, files), take(dataDir, files), take(dataDir, files)])
  t.deepEqual(outcomes.map(({ kind }) => kind).sort(), ['existing', 'existing', 'imported'])
  t.is((await readdir(images)).length, 1)
})

test('the squashfs holds the same tree as the tar, replaced entries and forms that tar2sqfs does not know and all', async (t) => {
  const root = [
    ...ROOT,
    { path: './usr/lib/late', data: 'first' },
    { path: './usr/', mode: 0o711, mtime: 99 },
    { path: './usr/lib/late', data: 'second', uid: 5 },
    { path: './fifo', type: '6' },
    { path: 'a volume', type: 'V' },
    { path: 'PaxHeaders/x', type: 'X', data: paxRecords({ path: './from-solaris', uid: '70' }) },
    { path: './short', data: 'abc' },
    { path: './dump', type: 'D', mode: 0o700, mtime: 7, data: 'Yinside\0\0' },
    { path: './dump/inside', data: 'x', pax: { 'SCHILY.xattr.user.a': 'b' } },
    { path: './contiguous', type: '7', data: 'abc' },
    { path: `./${'long/'.repeat(30)}name`, data: 'y', uid: 100_000 },
    { path: './big-owner', data: 'z', pax: { uid: '4000000', gid: '4000001', mtime: '1700000001.5' } },
    { path: './g', type: 'g', data: paxRecords({ hdrcharset: 'BINARY', uname: 'u' }) },
    { path: './null', type: '3', major: 1, minor: 3 },
    { path: './same', type: '1', link: './contiguous' },
    { path: './pointer', type: '2', link: 'x'.repeat(300), pax: { linkpath: 'x'.repeat(300) } },
  ]
  const { dataDir, files, images, folder } = await setUp(t, root)
  const { generation } = await imported(dataDir, files)
  const unpacked = join(folder, 'back.tar')
  const { stdout } = await execa('sqfs2tar', [join(images, generation, 'root.squashfs')], { encoding: 'buffer' })
  await writeFile(unpacked, stdout)
  const exportOf = async (path: string) => {
    const handle = await open(path)
    t.teardown(() => handle.close())
    const source = tarSource(handle, (await handle.stat()).size)
    return { image: DOM0, generation, tree: (await buildTree(source)).tree, read: source.read }
  }
  const [before, after] = [await exportOf(files['root.tar']), await exportOf(unpacked)]
  for await (const change of fileChanges(before, after)) t.fail(JSON.stringify(change))
  t.is(after.tree.files, before.tree.files)
  const late = after.tree.lookup(
    after.tree.lookup(after.tree.lookup(1, Buffer.from('usr')) ?? 0, Buffer.from('lib')) ?? 0,
    Buffer.from('late'),
  )
  t.like(after.tree.attributes(late ?? 0), { size: 6, uid: 5 })
})

test('publish points the symlink at the generation, and refuses what is not there or not ours', async (t) => {
  const { dataDir, files, images } = await setUp(t)
  const one = await imported(dataDir, files)
  t.deepEqual(await publish(dataDir, DOM0, one.generation, quiet), { kind: 'published', previous: undefined })
  t.is(await readlink(join(images, 'published')), one.generation)
  t.deepEqual(await publish(dataDir, DOM0, one.generation, quiet), { kind: 'unchanged' })
  const two = await imported(dataDir, files, { facts: { dom0MemoryMiB: 1024 } })
  await writeFile(join(images, '.unfinished-999999999-1-dead'), 'left by a crash')
  t.deepEqual(await publish(dataDir, DOM0, two.generation, quiet), { kind: 'published', previous: one.generation })
  t.deepEqual((await readdir(images)).sort(), [one.generation, two.generation, 'published'].sort())
  t.is((await publish(dataDir, DOM0, '0123456789abcdef' as Generation, quiet)).kind, 'refused')
  await chmod(join(images, one.generation, 'manifest.json'), 0o644)
  await writeFile(join(images, one.generation, 'manifest.json'), '{}')
  t.like(await publish(dataDir, DOM0, one.generation, quiet), { kind: 'refused' })
  t.is(await readlink(join(images, 'published')), two.generation)
})

test('remove refuses the published generation and those that hosts run, unless forced', async (t) => {
  const { dataDir, files, images } = await setUp(t)
  const one = await imported(dataDir, files)
  const two = await imported(dataDir, files, { facts: { dom0MemoryMiB: 1024 } })
  await publish(dataDir, DOM0, one.generation, quiet)
  const removing = (generation: Generation, inUse: readonly string[], force = false) =>
    remove(dataDir, DOM0, generation, { inUse, force }, quiet)
  const published = await removing(one.generation, [])
  t.regex(published.kind === 'refused' ? published.reason : '', /is published.*publish another generation first/)
  const used = await removing(two.generation, ['node01', 'node02'])
  t.regex(used.kind === 'refused' ? used.reason : '', /is the root of node01, node02: reboot them/)
  t.is((await readdir(images)).length, 3)
  t.deepEqual(await removing(two.generation, ['node01'], true), { kind: 'removed' })
  t.deepEqual(await removing(two.generation, []), { kind: 'refused', reason: `dom0@${two.generation} is not there` })
  t.deepEqual(await removing(one.generation, [], true), { kind: 'removed' })
  await t.throwsAsync(stat(images), { code: 'ENOENT' })
})
