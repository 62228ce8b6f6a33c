// diropargs3 and filename3 (RFC 1813 sections 2.3.4 and 2.4): a name within a directory, as bytes.
import type { Cursor } from '../../wire/cursor.ts'
import { readOpaque } from '../xdr.ts'
import { readFilehandle } from './attributes.ts'
import { type FileObject, parentOf } from './resolve.ts'

/** The longest name that a directory can hold, in bytes: PATHCONF's name_max. */
export const NAME_MAX = 255
/** RFC 1813 sets no limit on the wire; this one is Linux's PATH_MAX. Longer: GARBAGE_ARGS. */
export const PATH_MAX = 4096

export interface Diropargs3 {
  readonly object: Buffer
  readonly name: Buffer
}

export function readDiropargs3(cursor: Cursor): Diropargs3 {
  return { object: readFilehandle(cursor), name: readOpaque(cursor, PATH_MAX, 'filename3') }
}

const DOT = '.'.charCodeAt(0)

/** File id of a name in a directory, `.` and `..` included; undefined when there is none. */
export function lookupName(directory: FileObject, name: Buffer): number | undefined {
  if (name[0] === DOT && name.length === 1) return directory.file
  if (name[0] === DOT && name[1] === DOT && name.length === 2) return parentOf(directory)
  return directory.source.tree.lookup(directory.file, name)
}
