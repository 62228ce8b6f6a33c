// Which files of two trees differ: by name, attributes and, where these agree, by their bytes.
// Times are not compared: each build gives new ones, and they change nothing for a host.
import type { Attributes, Export, Tree } from '../appliance/nfs-server-lite/vfs.ts'

export interface FileChange {
  /** Without a leading slash; bytes as latin1. */
  readonly path: string
  readonly kind: 'added' | 'removed' | 'changed'
  /** Of a changed file what differs: `type`, `mode`, `owner`, `size`, `target`, `device`, `contents`. */
  readonly what: readonly string[]
}

interface Pair {
  readonly path: string
  readonly from: number | undefined
  readonly to: number | undefined
}

const PIECE = 1 << 20

/** In the order of the paths. Reads regular files of the same size from both; rejects as `read` does. */
export async function* fileChanges(from: Export, to: Export): AsyncGenerator<FileChange, void, void> {
  for (const pair of pairs(from.tree, to.tree)) {
    const { path } = pair
    if (pair.from === undefined) yield { path, kind: 'added', what: [] }
    else if (pair.to === undefined) yield { path, kind: 'removed', what: [] }
    else {
      const what = attributeChanges(from.tree, pair.from, to.tree, pair.to)
      if (what.length === 0 && (await contentsDiffer(from, pair.from, to, pair.to))) what.push('contents')
      if (what.length > 0) yield { path, kind: 'changed', what }
    }
  }
}

/** Every path of either tree; the root is the empty path. Below a directory that only one has, all of its files come too. */
function* pairs(from: Tree, to: Tree): Generator<Pair, void, void> {
  const waiting: Pair[] = [{ path: '', from: from.root, to: to.root }]
  for (let pair = waiting.pop(); pair; pair = waiting.pop()) {
    yield pair
    const before = entriesOf(from, pair.from)
    const after = entriesOf(to, pair.to)
    const names = [...new Set([...before.keys(), ...after.keys()])].sort().reverse()
    for (const name of names) {
      waiting.push({ path: pair.path === '' ? name : `${pair.path}/${name}`, from: before.get(name), to: after.get(name) })
    }
  }
}

function entriesOf(tree: Tree, directory: number | undefined): ReadonlyMap<string, number> {
  const entries = new Map<string, number>()
  if (directory === undefined) return entries
  for (let position = 0; position < tree.entryCount(directory); position++) {
    const entry = tree.entry(directory, position)
    if (entry) entries.set(entry.name.toString('latin1'), entry.file)
  }
  return entries
}

function attributeChanges(from: Tree, before: number, to: Tree, after: number): string[] {
  const [old, young] = [from.attributes(before), to.attributes(after)]
  if (!old || !young) return []
  if (old.type !== young.type) return ['type']
  const differs: readonly [string, (of: Attributes) => string][] = [
    ['mode', ({ mode }) => `${mode}`],
    ['owner', ({ uid, gid }) => `${uid}:${gid}`],
    ['device', ({ deviceMajor, deviceMinor }) => `${deviceMajor}:${deviceMinor}`],
    ['size', ({ type, size }) => (type === 'regular' ? `${size}` : '')],
  ]
  const what = differs.filter(([, value]) => value(old) !== value(young)).map(([name]) => name)
  if (old.type === 'symlink' && !from.readlink(before)?.equals(to.readlink(after) ?? Buffer.alloc(0))) what.push('target')
  return what
}

async function contentsDiffer(from: Export, before: number, to: Export, after: number): Promise<boolean> {
  const [start, end] = [from.tree.dataOffset(before), to.tree.dataOffset(after)]
  const size = from.tree.attributes(before)?.size ?? 0
  if (start === undefined || end === undefined) return false
  for (let done = 0; done < size; done += PIECE) {
    const length = Math.min(PIECE, size - done)
    const [a, b] = await Promise.all([from.read(start + done, length), to.read(end + done, length)])
    if (!a.equals(b)) return true
  }
  return false
}
