// The seam between the NFS server and what it serves: immutable trees with stable file ids.
import type { Generation, ImageName } from '../wire/generation.ts'

export type FileType = 'regular' | 'directory' | 'block' | 'character' | 'symlink' | 'socket' | 'fifo'

export interface Attributes {
  readonly type: FileType
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number
  readonly nlink: number
  readonly uid: number
  readonly gid: number
  /** Bytes; a safe integer. A symlink's is the length of its target. */
  readonly size: number
  readonly deviceMajor: number
  readonly deviceMinor: number
  /** Seconds since the epoch, and nanoseconds within the second. */
  readonly mtimeSeconds: number
  readonly mtimeNanoseconds: number
}

export interface DirectoryEntry {
  readonly name: Buffer
  readonly file: number
}

/** File ids are dense, from 1; hard links share one. All methods answer from memory. */
export interface Tree {
  readonly root: number
  readonly files: number
  /** Sum of the sizes of all regular files, in bytes. */
  readonly totalBytes: number
  /** Undefined for an id that the tree does not have. */
  attributes(file: number): Attributes | undefined
  /** `.` and `..` are the server's business. Undefined when absent, or when `directory` is none. */
  lookup(directory: number, name: Uint8Array): number | undefined
  /** The root is its own parent. Undefined when `directory` is none. */
  parent(directory: number): number | undefined
  /** Entries without `.` and `..`, in an order that never changes. */
  entryCount(directory: number): number
  entry(directory: number, position: number): DirectoryEntry | undefined
  /** Undefined when the file is no symlink. */
  readlink(file: number): Buffer | undefined
  /** Where a regular file's bytes begin in the image's root.tar; undefined for anything else. */
  dataOffset(file: number): number | undefined
}

/** One generation as it is exported. */
export interface Export {
  readonly image: ImageName
  readonly generation: Generation
  readonly tree: Tree
  /** Reads of root.tar: exactly `length` bytes at `position`, else it rejects. */
  read(position: number, length: number): Promise<Buffer>
}
