// An in-memory Tree with every file type, for tests: what images/ builds from root.tar, by hand.
import type { Attributes, DirectoryEntry, Export, FileType, Tree } from '../../../appliance/nfs-server-lite/vfs.ts'
import { type Generation, type ImageName, parseGeneration, parseImageName } from '../../../appliance/wire/generation.ts'

export interface Node extends Partial<Omit<Attributes, 'type' | 'nlink'>> {
  readonly type: FileType
  readonly entries?: readonly (readonly [name: string | Buffer, node: Node])[]
  readonly target?: string | Buffer
  /** Bytes, or for huge files a function from offset to byte (with `size`). */
  readonly content?: Buffer | ((offset: number) => number)
}

export const directory = (entries: NonNullable<Node['entries']>, more: Partial<Node> = {}): Node => ({
  type: 'directory',
  mode: 0o755,
  entries,
  ...more,
})
export const regular = (content: string | Buffer, more: Partial<Node> = {}): Node => ({
  type: 'regular',
  mode: 0o644,
  content: Buffer.from(content),
  ...more,
})
export const symlink = (target: string | Buffer): Node => ({ type: 'symlink', mode: 0o777, target })

interface Placed {
  readonly node: Node
  readonly attributes: Attributes
  readonly parent: number
  readonly offset: number
  readonly entries: readonly DirectoryEntry[]
  readonly names: ReadonlyMap<string, number>
}

export interface TestExport extends Export {
  /** Positions and lengths that were read, in order. */
  readonly reads: (readonly [position: number, length: number])[]
}

export function testExport(root: Node, generation = '0123456789abcdef', image = 'dom0'): TestExport {
  const placed: Placed[] = []
  const ids = new Map<Node, number>()
  const links = new Map<Node, number>()
  let offset = 512
  function place(node: Node, parent: number): number {
    links.set(node, (links.get(node) ?? 0) + 1)
    const known = ids.get(node)
    if (known !== undefined) return known
    const id = ids.size + 1
    ids.set(node, id)
    const entries = (node.entries ?? []).map(([name, child]) => ({ name: Buffer.from(name), file: place(child, id) }))
    const size = node.size ?? sizeOf(node)
    const attributes: Attributes = {
      type: node.type,
      mode: node.mode ?? 0o644,
      get nlink() {
        return node.type === 'directory'
          ? 2 + (node.entries ?? []).filter(([, child]) => child.type === 'directory').length
          : (links.get(node) ?? 1)
      },
      uid: node.uid ?? 0,
      gid: node.gid ?? 0,
      size,
      deviceMajor: node.deviceMajor ?? 0,
      deviceMinor: node.deviceMinor ?? 0,
      mtimeSeconds: node.mtimeSeconds ?? 1_700_000_000,
      mtimeNanoseconds: node.mtimeNanoseconds ?? 123_456_789,
    }
    const names = new Map(entries.map(({ name, file }) => [name.toString('latin1'), file]))
    placed[id] = { node, attributes, parent, offset, entries, names }
    if (node.type === 'regular') offset += Math.ceil(size / 512) * 512 + 512
    return id
  }
  place(root, 1)
  const at = (file: number): Placed | undefined => placed[file]
  const isDirectory = (file: number) => at(file)?.node.type === 'directory'
  const tree: Tree = {
    root: 1,
    files: ids.size,
    totalBytes: placed.reduce((sum, file) => sum + (file?.node.type === 'regular' ? file.attributes.size : 0), 0),
    attributes: (file) => at(file)?.attributes,
    lookup: (file, name) => at(file)?.names.get(Buffer.from(name).toString('latin1')),
    parent: (file) => (isDirectory(file) ? at(file)?.parent : undefined),
    entryCount: (file) => at(file)?.entries.length ?? 0,
    entry: (file, position) => at(file)?.entries[position],
    readlink: (file) => (at(file)?.node.target === undefined ? undefined : Buffer.from(at(file)?.node.target ?? '')),
    dataOffset: (file) => (at(file)?.node.type === 'regular' ? at(file)?.offset : undefined),
  }
  const reads: [number, number][] = []
  return { image: image1(image), generation: generation1(generation), tree, reads, read }

  async function read(position: number, length: number): Promise<Buffer> {
    reads.push([position, length])
    const file = placed.find(
      (one) => one?.node.type === 'regular' && one.offset <= position && position + length <= one.offset + one.attributes.size,
    )
    if (!file) throw new Error(`nothing is at ${position}`)
    const { content } = file.node
    const start = position - file.offset
    if (Buffer.isBuffer(content)) return content.subarray(start, start + length)
    return Buffer.from(Uint8Array.from({ length }, (_, index) => content?.(start + index) ?? 0))
  }
}

function sizeOf(node: Node): number {
  if (node.target !== undefined) return Buffer.from(node.target).length
  if (Buffer.isBuffer(node.content)) return node.content.length
  return node.type === 'directory' ? 4096 : 0
}

function generation1(text: string): Generation {
  const generation = parseGeneration(text)
  if (!generation) throw new Error(`${text} is no generation`)
  return generation
}

function image1(text: string): ImageName {
  const name = parseImageName(text)
  if (!name) throw new Error(`${text} is no image name`)
  return name
}

const linked = regular('linked twice', { mode: 0o4755 })

export const LATIN1_NAME = Buffer.from([0x63, 0x61, 0x66, 0xe9])
export const HUGE_SIZE = 6 * 2 ** 40 + 5
/** A byte that tells its offset, beyond 32 bits too. */
export const hugeByte = (offset: number): number => (Math.floor(offset / 2 ** 32) * 16 + (offset % 251)) % 256

/** A small root file system with one of everything. */
export const EVERYTHING: Node = directory([
  ['bin', symlink('usr/bin')],
  [
    'dev',
    directory([
      ['null', { type: 'character', mode: 0o666, deviceMajor: 1, deviceMinor: 3 }],
      ['sda', { type: 'block', mode: 0o660, gid: 6, deviceMajor: 259, deviceMinor: 1_048_575 }],
      ['initctl', { type: 'fifo', mode: 0o600 }],
      ['log', { type: 'socket', mode: 0o666 }],
    ]),
  ],
  [
    'etc',
    directory([
      ['hostname', regular('hostless\n', { mtimeSeconds: 4_000_000_000, mtimeNanoseconds: 999_999_999 })],
      ['shadow', regular('root:*:\n', { mode: 0o640, gid: 42 })],
      ['empty', regular('')],
    ]),
  ],
  ['tmp', directory([], { mode: 0o1777 })],
  ['root', directory([['secret', regular('x')]], { mode: 0o700 })],
  [
    'usr',
    directory([
      [
        'bin',
        directory([
          ['su', linked],
          ['sudo', linked],
          ['only-x', regular('#!', { mode: 0o711 })],
        ]),
      ],
    ]),
  ],
  [LATIN1_NAME, regular('coffee')],
  ['huge', { type: 'regular', mode: 0o644, size: HUGE_SIZE, content: hugeByte }],
  ['page', regular(Buffer.alloc(3_000_001, 'abcdefghijk'))],
])

/** 10,000 entries with names of 1 to 40 bytes. */
export const BIG_DIRECTORY: Node = directory([
  ['big', directory(Array.from({ length: 10_000 }, (_, index) => [`${index}`.padEnd(1 + ((index * 7) % 40), '-'), regular('')] as const))],
])
