// Builds the tree of a generation from the entries of its root.tar, as extraction in that order would.
// What tar programs answer differently (entries below a symlink, `..`) is refused rather than guessed,
// because the NFS root and the squashfs made of the same tar must be the same tree.
import { readTar, type TarEntry, TarError, type TarSource } from './tar.ts'
import { type Columns, IndexedTree } from './tree.ts'

const NAME_MAX = 255
const PATH_MAX = 4096

const TYPE_BITS = { fifo: 0o01, character: 0o02, directory: 0o04, block: 0o06, regular: 0o10, symlink: 0o12 } as const

interface Node {
  readonly type: keyof typeof TYPE_BITS
  /** What set its attributes; undefined for a directory that the tar lacks. */
  origin: TarEntry | undefined
  /** By name, latin1. Only directories have them. */
  readonly children: Map<string, Link> | undefined
}

/** A name in a directory, and the entry that put it there. */
interface Link {
  readonly node: Node
  readonly entry: TarEntry | undefined
}

export interface BuiltTree {
  readonly tree: IndexedTree
  /** What of the tar is left when entries that later ones replaced are cut out, in its order. */
  readonly kept: readonly TarEntry[]
}

/** Reads all headers. Throws TarError. */
export async function buildTree(source: TarSource): Promise<BuiltTree> {
  const builder = new TreeBuilder()
  for await (const entry of readTar(source)) builder.add(entry)
  return builder.finish()
}

export class TreeBuilder {
  readonly #root: Node = { type: 'directory', origin: undefined, children: new Map() }

  /** Throws TarError when the entry fits nowhere. */
  add(entry: TarEntry): void {
    const parts = components(entry.path, entry, 'name')
    const name = parts.pop()
    if (name === undefined) {
      if (entry.kind !== 'directory') refuse(entry, 'the root can only be a directory')
      this.#root.origin = entry
      return
    }
    const siblings = this.#directory(parts, entry)
    const before = siblings.get(name)
    if (entry.kind === 'directory' && before?.node.type === 'directory') {
      before.node.origin = entry
      siblings.set(name, { node: before.node, entry })
      return
    }
    if (before?.node.children && before.node.children.size > 0) refuse(entry, 'a directory with entries stands there')
    siblings.set(name, { node: this.#node(entry), entry })
  }

  /** Ids are given depth first, in the order of the names: they depend on the tree alone, not on the order of the tar. */
  finish(): BuiltTree {
    const numbered = numberFiles(this.#root)
    const kept = new Set<TarEntry>()
    for (const { node } of numbered.directories) {
      if (node.origin) kept.add(node.origin)
      for (const { node: child, entry } of node.children?.values() ?? []) {
        if (!entry) continue
        kept.add(entry)
        if (entry.kind === 'hardlink' && this.#find(components(entry.linkTarget, entry, 'target'))?.node !== child) {
          refuse(entry, `the file it was linked to, ${show(entry.linkTarget)}, was replaced afterwards: make the tar anew`)
        }
      }
    }
    return { tree: new IndexedTree(columnsOf(numbered)), kept: [...kept].sort((a, b) => a.start - b.start) }
  }

  #node(entry: TarEntry): Node {
    if (entry.kind === 'directory') return { type: 'directory', origin: entry, children: new Map() }
    if (entry.kind !== 'hardlink') {
      if (entry.linkTarget.length >= PATH_MAX) refuse(entry, `a symlink of ${entry.linkTarget.length} bytes`)
      return { type: entry.kind, origin: entry, children: undefined }
    }
    const target = this.#find(components(entry.linkTarget, entry, 'target'))
    if (!target) return refuse(entry, `a hard link to ${show(entry.linkTarget)}, which did not come before it`)
    if (target.node.type === 'directory') return refuse(entry, `a hard link to ${show(entry.linkTarget)}, a directory`)
    return target.node
  }

  #find(parts: readonly string[]): Link | undefined {
    let link: Link | undefined = { node: this.#root, entry: undefined }
    for (const part of parts) link = link?.node.children?.get(part)
    return link
  }

  /** The directory where the entry belongs; made when the tar has none. */
  #directory(parts: readonly string[], entry: TarEntry): Map<string, Link> {
    let node = this.#root
    for (const [depth, part] of parts.entries()) {
      let next = node.children?.get(part)?.node
      if (!next) {
        next = { type: 'directory', origin: undefined, children: new Map() }
        node.children?.set(part, { node: next, entry: undefined })
      }
      if (next.type !== 'directory')
        refuse(entry, `${JSON.stringify(parts.slice(0, depth + 1).join('/'))} above it is a ${next.type}, no directory`)
      node = next
    }
    return node.children ?? refuse(entry, 'no directory')
  }
}

interface Numbered {
  readonly ids: ReadonlyMap<Node, number>
  readonly links: ReadonlyMap<Node, number>
  readonly directories: readonly { readonly node: Node; readonly parent: number; readonly names: readonly string[] }[]
}

function numberFiles(root: Node): Numbered {
  const ids = new Map<Node, number>([[root, 1]])
  const links = new Map<Node, number>()
  const directories: { node: Node; parent: number; names: string[] }[] = []
  const waiting: { node: Node; parent: number }[] = [{ node: root, parent: 1 }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, parent } = next
    const children = node.children ?? new Map<string, Link>()
    const names = [...children.keys()].sort((a, b) => (a < b ? -1 : 1)) // latin1: the order of the bytes
    directories.push({ node, parent, names })
    let subdirectories = 0
    const below: { node: Node; parent: number }[] = []
    for (const name of names) {
      const child = children.get(name)?.node
      if (!child) continue
      if (!ids.has(child)) ids.set(child, ids.size + 1)
      if (child.type === 'directory') {
        subdirectories++
        below.push({ node: child, parent: ids.get(node) ?? 1 })
      } else links.set(child, (links.get(child) ?? 0) + 1)
    }
    links.set(node, 2 + subdirectories)
    waiting.push(...below.reverse())
  }
  return { ids, links, directories }
}

function columnsOf({ ids, links, directories }: Numbered): Columns {
  const files = ids.size
  const columns = {
    mode: new Uint16Array(files),
    nlink: new Uint32Array(files),
    uid: new Uint32Array(files),
    gid: new Uint32Array(files),
    mtimeSeconds: new Float64Array(files),
    mtimeNanoseconds: new Uint32Array(files),
    extent: new Float64Array(files),
    place: new Float64Array(files),
    parent: new Uint32Array(files),
  }
  const targets: Buffer[] = []
  let targetBytes = 0
  for (const [node, id] of ids) {
    const row = id - 1
    const { origin } = node
    // Linux knows no other mode of a symlink, nor does tar2sqfs.
    columns.mode[row] = (TYPE_BITS[node.type] << 12) | (node.type === 'symlink' ? 0o777 : (origin?.mode ?? 0o755))
    columns.nlink[row] = links.get(node) ?? 1
    columns.uid[row] = origin?.uid ?? 0
    columns.gid[row] = origin?.gid ?? 0
    columns.mtimeSeconds[row] = origin?.mtimeSeconds ?? 0
    columns.mtimeNanoseconds[row] = origin?.mtimeNanoseconds ?? 0
    if (!origin) continue
    if (node.type === 'regular') {
      columns.extent[row] = origin.size
      columns.place[row] = origin.dataOffset
    } else if (node.type === 'symlink') {
      columns.extent[row] = origin.linkTarget.length
      columns.place[row] = targetBytes
      targets.push(origin.linkTarget)
      targetBytes += origin.linkTarget.length
    } else if (node.type === 'block' || node.type === 'character') {
      columns.extent[row] = origin.deviceMinor
      columns.place[row] = origin.deviceMajor
    }
  }

  const entryFile: number[] = []
  const names: Buffer[] = []
  const nameStart: number[] = [0]
  let nameBytes = 0
  for (const { node, parent, names: sorted } of directories) {
    const row = (ids.get(node) ?? 1) - 1
    columns.place[row] = entryFile.length
    columns.extent[row] = sorted.length
    columns.parent[row] = parent
    for (const name of sorted) {
      const child = node.children?.get(name)?.node
      entryFile.push((child && ids.get(child)) ?? 1)
      names.push(Buffer.from(name, 'latin1'))
      nameBytes += name.length
      nameStart.push(nameBytes)
    }
  }
  return {
    ...columns,
    entryFile: Uint32Array.from(entryFile),
    nameStart: Uint32Array.from(nameStart),
    names: Buffer.concat(names),
    targets: Buffer.concat(targets),
  }
}

/** `./usr//bin/` → usr, bin. */
function components(path: Buffer, entry: TarEntry, what: string): string[] {
  if (path.length >= PATH_MAX) refuse(entry, `a ${what} of ${path.length} bytes`)
  const parts = path
    .toString('latin1')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) refuse(entry, `".." in its ${what}`)
  if (parts.some((part) => part.length > NAME_MAX)) refuse(entry, `a part of its ${what} is longer than ${NAME_MAX} bytes`)
  return parts
}

function refuse(entry: TarEntry, problem: string): never {
  throw new TarError(entry.start, show(entry.path), problem)
}

const show = (path: Buffer): string => path.toString('latin1')
