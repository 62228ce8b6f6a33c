// root.index: the columns of a tree as a file, so that an appliance starts without reading the tar.
// "HLIX", version, counts, the columns in the order of LAYOUT, names, symlink targets; all little-endian;
// last the SHA-256 of everything before it. The same tree gives the same bytes.
import { createHash } from 'node:crypto'
import { type Columns, checkColumns, IndexedTree } from './tree.ts'

const MAGIC = 'HLIX'
const VERSION = 1
const HEADER = 24
const DIGEST = 32

/** Width in bytes of each column that has a row for each file. */
const LAYOUT = [
  ['mode', 2],
  ['nlink', 4],
  ['uid', 4],
  ['gid', 4],
  ['mtimeSeconds', 8],
  ['mtimeNanoseconds', 4],
  ['extent', 8],
  ['place', 8],
  ['parent', 4],
] as const
const FILE_BYTES = LAYOUT.reduce((sum, [, width]) => sum + width, 0)

/** An index that cannot be used; says which file and what to do. */
export class IndexError extends Error {
  override readonly name = 'IndexError'

  constructor(file: string, problem: string) {
    super(`${file} is damaged (${problem}): import the image again`)
  }
}

export function encodeIndex(tree: IndexedTree): Buffer {
  const { columns } = tree
  const entries = columns.entryFile.length
  const length = HEADER + tree.files * FILE_BYTES + entries * 4 + (entries + 1) * 4 + columns.names.length + columns.targets.length
  const bytes = Buffer.alloc(length + DIGEST)
  bytes.write(MAGIC, 0, 'latin1')
  for (const [index, value] of [VERSION, tree.files, entries, columns.names.length, columns.targets.length].entries()) {
    bytes.writeUInt32LE(value, 4 + 4 * index)
  }
  let offset = HEADER
  for (const [name, width] of LAYOUT) offset = writeColumn(bytes, offset, columns[name], width)
  offset = writeColumn(bytes, offset, columns.entryFile, 4)
  offset = writeColumn(bytes, offset, columns.nameStart, 4)
  offset += columns.names.copy(bytes, offset)
  offset += columns.targets.copy(bytes, offset)
  sha256(bytes.subarray(0, offset)).copy(bytes, offset)
  return bytes
}

/** `file` is named in the error. Throws IndexError for anything that encodeIndex did not write. */
export function decodeIndex(bytes: Buffer, file: string): IndexedTree {
  if (bytes.length < HEADER + DIGEST || bytes.toString('latin1', 0, 4) !== MAGIC) throw new IndexError(file, 'it is no index')
  const version = bytes.readUInt32LE(4)
  if (version !== VERSION) throw new IndexError(file, `its version is ${version}, this hostless reads ${VERSION}`)
  const [files, entries, names, targets] = [8, 12, 16, 20].map((at) => bytes.readUInt32LE(at)) as [number, number, number, number]
  const end = HEADER + files * FILE_BYTES + entries * 8 + 4 + names + targets
  if (end + DIGEST !== bytes.length) throw new IndexError(file, `${bytes.length} bytes instead of ${end + DIGEST}`)
  if (!sha256(bytes.subarray(0, end)).equals(bytes.subarray(end))) throw new IndexError(file, 'its checksum is wrong')

  let offset = HEADER
  const take = <Column extends Writable>(column: Column, width: 2 | 4 | 8): Column => {
    offset = readColumn(bytes, offset, column, width)
    return column
  }
  const slice = (length: number): Buffer => {
    const part = Buffer.from(bytes.subarray(offset, offset + length))
    offset += length
    return part
  }
  const columns: Columns = {
    mode: take(new Uint16Array(files), 2),
    nlink: take(new Uint32Array(files), 4),
    uid: take(new Uint32Array(files), 4),
    gid: take(new Uint32Array(files), 4),
    mtimeSeconds: take(new Float64Array(files), 8),
    mtimeNanoseconds: take(new Uint32Array(files), 4),
    extent: take(new Float64Array(files), 8),
    place: take(new Float64Array(files), 8),
    parent: take(new Uint32Array(files), 4),
    entryFile: take(new Uint32Array(entries), 4),
    nameStart: take(new Uint32Array(entries + 1), 4),
    names: slice(names),
    targets: slice(targets),
  }
  const problem = checkColumns(columns)
  if (problem !== undefined) throw new IndexError(file, problem)
  return new IndexedTree(columns)
}

type Writable = Uint16Array | Uint32Array | Float64Array

function writeColumn(bytes: Buffer, start: number, column: ArrayLike<number>, width: 2 | 4 | 8): number {
  let offset = start
  for (let row = 0; row < column.length; row++) {
    const value = column[row] ?? 0
    if (width === 8) offset = bytes.writeDoubleLE(value, offset)
    else offset = bytes.writeUIntLE(value, offset, width)
  }
  return offset
}

function readColumn(bytes: Buffer, start: number, column: Writable, width: 2 | 4 | 8): number {
  for (let row = 0; row < column.length; row++) {
    const offset = start + row * width
    column[row] = width === 8 ? bytes.readDoubleLE(offset) : bytes.readUIntLE(offset, width)
  }
  return start + column.length * width
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()
