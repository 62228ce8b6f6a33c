import test from 'ava'
import type { Export } from '../../appliance/nfs-server-lite/vfs.ts'
import type { Generation } from '../../appliance/wire/generation.ts'
import { type FileChange, fileChanges } from '../../images/file-difference.ts'
import { buildTree } from '../../images/tree-builder.ts'
import { imageName, memorySource } from './fake-image.ts'
import { type TinyEntry, tinyTar } from './tiny-tar.ts'

async function exportOf(entries: readonly TinyEntry[]): Promise<Export> {
  const source = memorySource(tinyTar(entries))
  return { image: imageName('dom0'), generation: '0123456789abcdef' as Generation, tree: (await buildTree(source)).tree, read: source.read }
}

async function changes(from: readonly TinyEntry[], to: readonly TinyEntry[]): Promise<FileChange[]> {
  const found: FileChange[] = []
  for await (const change of fileChanges(await exportOf(from), await exportOf(to))) found.push(change)
  return found
}

test('fileChanges tells what differs of each file, by attributes and by bytes', async (t) => {
  const big = 'x'.repeat(3 << 20)
  const before: TinyEntry[] = [
    { path: 'contents', data: `${big}a` },
    { path: 'device', type: '3', major: 1, minor: 3 },
    { path: 'gone/inner' },
    { path: 'link', type: '2', link: 'one' },
    { path: 'mode', mode: 0o755 },
    { path: 'owner', uid: 1 },
    { path: 'same', data: big, mtime: 1 },
    { path: 'size', data: '1' },
    { path: 'type' },
  ]
  const after: TinyEntry[] = [
    { path: 'contents', data: `${big}b` },
    { path: 'device', type: '3', major: 1, minor: 5 },
    { path: 'link', type: '2', link: 'two' },
    { path: 'mode', mode: 0o4755 },
    { path: 'new/inner' },
    { path: 'owner', gid: 1 },
    { path: 'same', data: big, mtime: 2 },
    { path: 'size', data: '12' },
    { path: 'type/' },
  ]
  t.deepEqual(
    (await changes(before, after)).map(({ path, kind, what }) => [path, kind, what.join()]),
    [
      ['contents', 'changed', 'contents'],
      ['device', 'changed', 'device'],
      ['gone', 'removed', ''],
      ['gone/inner', 'removed', ''],
      ['link', 'changed', 'target'],
      ['mode', 'changed', 'mode'],
      ['new', 'added', ''],
      ['new/inner', 'added', ''],
      ['owner', 'changed', 'owner'],
      ['size', 'changed', 'size'],
      ['type', 'changed', 'type'],
    ],
  )
})

test('fileChanges of a tree with itself is empty, whatever the order of the tar', async (t) => {
  const entries: TinyEntry[] = [{ path: 'a/' }, { path: 'a/b', data: 'x' }, { path: 'c', type: '1', link: 'a/b' }, { path: 'z', data: 'y' }]
  t.deepEqual(await changes(entries, [...entries.slice(3), ...entries.slice(0, 3)]), [])
})
