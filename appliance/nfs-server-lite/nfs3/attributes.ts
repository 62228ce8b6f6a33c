// fattr3, post_op_attr, wcc_data and post_op_fh3 (RFC 1813 sections 2.3.2 to 2.3.8).
import type { Cursor, Writer } from '../../wire/cursor.ts'
import type { Generation } from '../../wire/generation.ts'
import { FILEHANDLE_SIZE, NFS3_FHSIZE } from '../filehandle.ts'
import type { FileType } from '../vfs.ts'
import { opaqueSize, readOpaque, writeBool, writeHyper, writeOpaque } from '../xdr.ts'
import type { FileObject } from './resolve.ts'

/** Bytes of a post_op_attr that holds attributes. */
export const POST_OP_ATTR_SIZE = 4 + 84
/** Bytes of a post_op_fh3 that holds a handle of ours. */
export const POST_OP_FH3_SIZE = 4 + opaqueSize(FILEHANDLE_SIZE)

/** ftype3. */
const FTYPE3: Readonly<Record<FileType, number>> = {
  regular: 1,
  directory: 2,
  block: 3,
  character: 4,
  symlink: 5,
  socket: 6,
  fifo: 7,
}

/** nfs_fh3: more than 64 bytes are GARBAGE_ARGS; whether it is one of ours, resolve decides. */
export function readFilehandle(cursor: Cursor): Buffer {
  return readOpaque(cursor, NFS3_FHSIZE, 'nfs_fh3')
}

/** fattr3. atime and ctime are the mtime: an image knows no other time, and never changes. */
export function writeFattr3(writer: Writer, { source, file, attributes }: FileObject): void {
  const { type, mode, nlink, uid, gid, size, deviceMajor, deviceMinor } = attributes
  writer.u32(FTYPE3[type]).u32(mode).u32(nlink).u32(uid).u32(gid)
  writeHyper(writer, size)
  writeHyper(writer, type === 'regular' || type === 'directory' ? Math.ceil(size / 512) * 512 : 0)
  writer.u32(deviceMajor).u32(deviceMinor)
  writeFsid(writer, source.generation)
  writeHyper(writer, file)
  const seconds = Math.min(Math.max(attributes.mtimeSeconds, 0), 0xffff_ffff)
  for (let time = 0; time < 3; time++) writer.u32(seconds).u32(attributes.mtimeNanoseconds)
}

/** The fsid is the generation: the same on every server, for ever. */
function writeFsid(writer: Writer, generation: Generation): void {
  writer.u32(Number.parseInt(generation.slice(0, 8), 16)).u32(Number.parseInt(generation.slice(8), 16))
}

export function writePostOpAttr(writer: Writer, object: FileObject | undefined): void {
  writeBool(writer, object !== undefined)
  if (object) writeFattr3(writer, object)
}

/** wcc_data without pre_op_attr: nothing ever changes, so nobody needs to compare. */
export function writeWccData(writer: Writer, object: FileObject | undefined): void {
  writeBool(writer, false)
  writePostOpAttr(writer, object)
}

export function writePostOpFilehandle(writer: Writer, handle: Buffer): void {
  writeBool(writer, true)
  writeOpaque(writer, handle)
}
