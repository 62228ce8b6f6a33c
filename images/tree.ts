// The tree of one generation in memory: what the NFS server answers from (vfs.ts).
// Struct of arrays: 46 bytes a file, 8 bytes and the name a directory entry; about 70 bytes in all,
// 2 MB for a dom0 of 30,000 files. Made by tree-builder.ts or decoded by index-codec.ts, then immutable.
import type { Attributes, DirectoryEntry, FileType, Tree } from '../appliance/nfs-server-lite/vfs.ts'

/** The high four bits of `kind`, as in st_mode of Linux. */
export const FILE_TYPES: ReadonlyMap<number, FileType> = new Map([
  [0o01, 'fifo'],
  [0o02, 'character'],
  [0o04, 'directory'],
  [0o06, 'block'],
  [0o10, 'regular'],
  [0o12, 'symlink'],
])

/** What a directory says of its own size, in bytes: one block, as on ext4. */
const DIRECTORY_SIZE = 4096

/** Row 0 of each column is file id 1. Entries of one directory stand together, sorted by the bytes of their names. */
export interface Columns {
  /** st_mode: type << 12 | permission bits. */
  readonly mode: Uint16Array
  readonly nlink: Uint32Array
  readonly uid: Uint32Array
  readonly gid: Uint32Array
  readonly mtimeSeconds: Float64Array
  readonly mtimeNanoseconds: Uint32Array
  /** regular: bytes · symlink: bytes of the target · directory: number of entries · device: minor. */
  readonly extent: Float64Array
  /** regular: offset in the tar · symlink: offset in `targets` · directory: first entry · device: major. */
  readonly place: Float64Array
  /** Of a directory the id of its parent, else 0. */
  readonly parent: Uint32Array
  readonly entryFile: Uint32Array
  /** Where the name of each entry begins in `names`; one more at the end. */
  readonly nameStart: Uint32Array
  readonly names: Buffer
  readonly targets: Buffer
}

export class IndexedTree implements Tree {
  readonly root = 1
  readonly files: number
  readonly totalBytes: number
  readonly columns: Columns

  /** The columns must agree with each other: see checkColumns. */
  constructor(columns: Columns) {
    this.columns = columns
    this.files = columns.mode.length
    let total = 0
    for (let row = 0; row < this.files; row++) if (this.#type(row) === 'regular') total += at(columns.extent, row)
    this.totalBytes = total
  }

  attributes(file: number): Attributes | undefined {
    const row = file - 1
    const type = this.#type(row)
    if (type === undefined) return undefined
    const { columns } = this
    const device = type === 'block' || type === 'character'
    return {
      type,
      mode: at(columns.mode, row) & 0o7777,
      nlink: at(columns.nlink, row),
      uid: at(columns.uid, row),
      gid: at(columns.gid, row),
      size: type === 'regular' || type === 'symlink' ? at(columns.extent, row) : type === 'directory' ? DIRECTORY_SIZE : 0,
      deviceMajor: device ? at(columns.place, row) : 0,
      deviceMinor: device ? at(columns.extent, row) : 0,
      mtimeSeconds: at(columns.mtimeSeconds, row),
      mtimeNanoseconds: at(columns.mtimeNanoseconds, row),
    }
  }

  lookup(directory: number, name: Uint8Array): number | undefined {
    const row = directory - 1
    if (this.#type(row) !== 'directory') return undefined
    const { entryFile, nameStart, names, place, extent } = this.columns
    let low = at(place, row)
    let high = low + at(extent, row)
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = names.compare(name, 0, name.length, at(nameStart, middle), at(nameStart, middle + 1))
      if (order === 0) return at(entryFile, middle)
      if (order < 0) low = middle + 1
      else high = middle
    }
    return undefined
  }

  parent(directory: number): number | undefined {
    return this.#type(directory - 1) === 'directory' ? at(this.columns.parent, directory - 1) : undefined
  }

  entryCount(directory: number): number {
    return this.#type(directory - 1) === 'directory' ? at(this.columns.extent, directory - 1) : 0
  }

  entry(directory: number, position: number): DirectoryEntry | undefined {
    if (!Number.isInteger(position) || position < 0 || position >= this.entryCount(directory)) return undefined
    const { entryFile, nameStart, names, place } = this.columns
    const index = at(place, directory - 1) + position
    return { name: names.subarray(at(nameStart, index), at(nameStart, index + 1)), file: at(entryFile, index) }
  }

  readlink(file: number): Buffer | undefined {
    if (this.#type(file - 1) !== 'symlink') return undefined
    const start = at(this.columns.place, file - 1)
    return this.columns.targets.subarray(start, start + at(this.columns.extent, file - 1))
  }

  dataOffset(file: number): number | undefined {
    return this.#type(file - 1) === 'regular' ? at(this.columns.place, file - 1) : undefined
  }

  #type(row: number): FileType | undefined {
    const mode = this.columns.mode[row]
    return mode === undefined ? undefined : FILE_TYPES.get(mode >>> 12)
  }
}

/** What makes columns unusable, in a few words; undefined when every id, name and offset in them is within bounds. */
export function checkColumns(columns: Columns): string | undefined {
  const files = columns.mode.length
  const entries = columns.entryFile.length
  if (files === 0 || at(columns.mode, 0) >>> 12 !== 0o04) return 'no root directory'
  if (
    columns.nameStart.length !== entries + 1 ||
    at(columns.nameStart, 0) !== 0 ||
    at(columns.nameStart, entries) !== columns.names.length
  ) {
    return 'names out of bounds'
  }
  for (let index = 0; index < entries; index++) {
    if (at(columns.nameStart, index) >= at(columns.nameStart, index + 1)) return `entry ${index} has no name`
    const file = at(columns.entryFile, index)
    if (file < 2 || file > files) return `entry ${index} leads to file ${file} of ${files}`
  }
  for (let row = 0; row < files; row++) {
    const type = FILE_TYPES.get(at(columns.mode, row) >>> 12)
    const place = at(columns.place, row)
    const extent = at(columns.extent, row)
    if (type === undefined) return `file ${row + 1} is of no known type`
    if (!isCount(place) || !isCount(extent) || !isCount(place + extent)) return `file ${row + 1} has no valid place`
    if (type === 'symlink' && place + extent > columns.targets.length) return `the target of symlink ${row + 1} is out of bounds`
    if (type !== 'directory') continue
    const parent = at(columns.parent, row)
    if (place + extent > entries) return `directory ${row + 1} has entries out of bounds`
    if (parent < 1 || parent > files || at(columns.mode, parent - 1) >>> 12 !== 0o04) return `directory ${row + 1} has no parent`
  }
  return undefined
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

function at(column: ArrayLike<number>, row: number): number {
  const value = column[row]
  if (value === undefined) throw new RangeError(`the index has no row ${row}`)
  return value
}
