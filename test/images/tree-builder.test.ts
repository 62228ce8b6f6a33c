import test from 'ava'
import type { IndexedTree } from '../../images/tree.ts'
import { buildTree } from '../../images/tree-builder.ts'
import { memorySource, ROOT } from './fake-image.ts'
import { type TinyEntry, tinyTar } from './tiny-tar.ts'

const build = (entries: readonly TinyEntry[]) => buildTree(memorySource(tinyTar(entries)))

function find(tree: IndexedTree, path: string): number | undefined {
  let file: number | undefined = tree.root
  for (const part of path.split('/')) file = file === undefined ? undefined : tree.lookup(file, Buffer.from(part))
  return file
}

function get(tree: IndexedTree, path: string) {
  const file = find(tree, path)
  if (file === undefined) throw new Error(`no ${path}`)
  return { file, ...tree.attributes(file) }
}

function names(tree: IndexedTree, directory: number): string[] {
  return Array.from({ length: tree.entryCount(directory) }, (_, position) => tree.entry(directory, position)?.name.toString('latin1') ?? '')
}

test('buildTree gives ids from 1, with the root first and entries sorted by bytes', async (t) => {
  const { tree } = await build(ROOT)
  t.is(tree.root, 1)
  t.deepEqual(names(tree, 1), ['dev', 'etc', 'lib', 'usr', 'var'])
  t.is(tree.attributes(0), undefined)
  t.is(tree.attributes(tree.files + 1), undefined)
  t.is(tree.attributes(1.5), undefined)
  for (let file = 1; file <= tree.files; file++) t.truthy(tree.attributes(file))
  const { tree: odd } = await build([{ path: 'b' }, { path: Buffer.from([0xff]) }, { path: 'B' }, { path: 'a-' }, { path: 'a/' }])
  t.deepEqual(names(odd, 1), ['B', 'a', 'a-', 'b', '\xff'])
})

test('buildTree lets hard links share an id and count their names', async (t) => {
  const { tree } = await build(ROOT)
  const release = get(tree, 'usr/lib/os-release')
  t.is(find(tree, 'usr/lib/os-release-too'), release.file)
  t.is(release.nlink, 2)
  t.is(get(tree, 'etc/shadow').nlink, 1)
})

test('buildTree links symlinks and devices hard as well', async (t) => {
  const { tree } = await build([
    { path: 'a', type: '2', link: 'somewhere' },
    { path: 'b', type: '1', link: 'a' },
    { path: 'c', type: '3', major: 1, minor: 3 },
    { path: 'd', type: '1', link: './c' },
  ])
  t.is(find(tree, 'a'), find(tree, 'b'))
  t.like(get(tree, 'd'), { type: 'character', deviceMajor: 1, deviceMinor: 3, nlink: 2 })
})

test('buildTree counts the links of directories as 2 and their subdirectories', async (t) => {
  const { tree } = await build(ROOT)
  t.is(tree.attributes(1)?.nlink, 6)
  t.is(get(tree, 'etc').nlink, 2)
  t.is(get(tree, 'usr').nlink, 3)
})

test('buildTree makes parents that the tar lacks', async (t) => {
  const { tree } = await build([{ path: 'a/b/c', data: 'x' }])
  t.like(get(tree, 'a/b'), { type: 'directory', mode: 0o755, uid: 0, mtimeSeconds: 0 })
  t.is(tree.parent(get(tree, 'a/b').file), get(tree, 'a').file)
  t.is(tree.parent(1), 1)
})

test('buildTree answers attributes, links, targets and offsets of each type', async (t) => {
  const tar = tinyTar([
    { path: 'f', data: 'hello', mode: 0o4711, uid: 1, gid: 2, pax: { mtime: '5.000000007' } },
    { path: 'l', type: '2', link: 'f' },
    { path: 'p', type: '6' },
  ])
  const { tree } = await buildTree(memorySource(tar))
  const file = get(tree, 'f')
  t.like(file, { type: 'regular', mode: 0o4711, uid: 1, gid: 2, size: 5, mtimeSeconds: 5, mtimeNanoseconds: 7 })
  const offset = tree.dataOffset(file.file) ?? 0
  t.is(tar.toString('latin1', offset, offset + 5), 'hello')
  const soft = get(tree, 'l')
  t.like(soft, { type: 'symlink', size: 1, mode: 0o777 })
  t.is(tree.readlink(soft.file)?.toString(), 'f')
  t.is(tree.readlink(file.file), undefined)
  t.is(tree.dataOffset(soft.file), undefined)
  t.is(tree.dataOffset(1), undefined)
  t.like(get(tree, 'p'), { type: 'fifo', size: 0 })
  t.is(tree.totalBytes, 5)
  t.is(tree.lookup(file.file, Buffer.from('x')), undefined)
  t.is(tree.entryCount(file.file), 0)
  t.is(tree.entry(1, 3), undefined)
  t.is(tree.entry(1, -1), undefined)
  t.is(tree.parent(file.file), undefined)
})

test('buildTree gives the same ids whatever the order of the tar', async (t) => {
  const entries: TinyEntry[] = [{ path: 'a/' }, { path: 'a/x', data: '1' }, { path: 'a/y', data: '2' }, { path: 'b/' }, { path: 'b/z' }]
  const shape = async (order: readonly TinyEntry[]) => {
    const { tree } = await build(order)
    return ['a', 'a/x', 'a/y', 'b', 'b/z'].map((path) => find(tree, path))
  }
  t.deepEqual(await shape(entries), await shape([...entries].reverse()))
})

test('buildTree lets a later entry replace an earlier one, and says what of the tar is left', async (t) => {
  const tar = tinyTar([
    { path: 'a', data: 'old' },
    { path: 'd/', mode: 0o700 },
    { path: 'd/inside' },
    { path: 'a', data: 'newer' },
    { path: 'd/', mode: 0o755 },
    { path: 'e/' },
    { path: 'e', data: 'a file now' },
  ])
  const { tree, kept } = await buildTree(memorySource(tar))
  t.is(get(tree, 'a').size, 5)
  t.is(get(tree, 'd').mode, 0o755)
  t.truthy(find(tree, 'd/inside'))
  t.is(get(tree, 'e').type, 'regular')
  const left = Buffer.concat([...kept.map(({ start, end }) => tar.subarray(start, end)), Buffer.alloc(1024)])
  const again = await buildTree(memorySource(left))
  t.is(again.kept.length, kept.length)
  t.is(get(again.tree, 'a').size, 5)
  t.is(get(again.tree, 'd').mode, 0o755)
  t.is(again.tree.files, tree.files)
})

test('buildTree keeps all entries of a tar without replacements, in their order', async (t) => {
  const { kept } = await build(ROOT)
  t.is(kept.length, ROOT.length)
  for (const [at, { start }] of kept.entries()) t.is(start, kept[at - 1]?.end ?? 0)
})

test('buildTree refuses what tar programs would take differently, and names the entry', async (t) => {
  const cases: readonly [readonly TinyEntry[], RegExp][] = [
    [[{ path: 'a/../../etc/passwd' }], /"a\/..\/..\/etc\/passwd".*"\.\." in its name/],
    [[{ path: 'lib', type: '2', link: 'usr/lib' }, { path: 'lib/x' }], /"lib\/x".*"lib" above it is a symlink/],
    [[{ path: 'f' }, { path: 'f/x' }], /above it is a regular/],
    [[{ path: 'h', type: '1', link: 'later' }, { path: 'later' }], /did not come before it/],
    [[{ path: 'd/' }, { path: 'h', type: '1', link: 'd' }], /a directory/],
    [[{ path: 'd/x' }, { path: 'd', data: 'file' }], /a directory with entries stands there/],
    [[{ path: './', type: '2', link: 'x' }], /the root can only be a directory/],
    [[{ path: 'x', pax: { path: 'n'.repeat(256) } }], /longer than 255 bytes/],
    [[{ path: 'x', pax: { path: 'n/'.repeat(3000) } }], /a name of 6000 bytes/],
    [
      [
        { path: 'a', data: '1' },
        { path: 'b', type: '1', link: 'a' },
        { path: 'a', data: '2' },
      ],
      /"b".*was replaced afterwards/,
    ],
  ]
  for (const [entries, message] of cases) await t.throwsAsync(build(entries), { name: 'TarError', message }, String(message))
})

test('buildTree takes a tree of 200 levels', async (t) => {
  const path = Array.from({ length: 200 }, (_, index) => `d${index}`).join('/')
  const { tree } = await build([{ path: 'x', pax: { path: `${path}/leaf` }, data: 'x' }])
  t.is(tree.files, 202)
  t.is(get(tree, `${path}/leaf`).size, 1)
})
