// The procedures that write (RFC 1813 sections 3.3.2, 3.3.7 to 3.3.15, 3.3.21): arguments are read to
// their end, then NFS3ERR_ROFS with the failure body that belongs to the procedure.
import type { Cursor, Writer } from '../../wire/cursor.ts'
import type { Caller, Procedure } from '../program.ts'
import { readOpaque } from '../xdr.ts'
import { readFilehandle, writePostOpAttr, writeWccData } from './attributes.ts'
import { WTMAX } from './filesystem.ts'
import { PATH_MAX, readDiropargs3 } from './name.ts'
import { failure, type ObjectArguments, procedure } from './procedure.ts'
import { type FileObject, resolve } from './resolve.ts'
import { readCreatehow3, readMknoddata3, readSattr3, readSattrguard3 } from './sattr.ts'
import { Nfsstat3 } from './status.ts'

interface TwoObjects extends ObjectArguments {
  readonly other: Buffer
}

type ObjectWriter = (writer: Writer, object: FileObject | undefined) => void

export const SETATTR = refused('SETATTR', writeWccData, (cursor) => {
  const object = readFilehandle(cursor)
  readSattr3(cursor)
  readSattrguard3(cursor)
  return { object }
})

export const WRITE = refused('WRITE', writeWccData, (cursor) => {
  const object = readFilehandle(cursor)
  cursor.u64('offset')
  cursor.u32('count')
  if (cursor.u32('stable') > 2) cursor.fail('stable', 'is no stable_how')
  readOpaque(cursor, WTMAX, 'data')
  return { object }
})

export const CREATE = refused('CREATE', writeWccData, (cursor) => {
  const { object } = readDiropargs3(cursor)
  readCreatehow3(cursor)
  return { object }
})

export const MKDIR = refused('MKDIR', writeWccData, (cursor) => {
  const { object } = readDiropargs3(cursor)
  readSattr3(cursor)
  return { object }
})

export const SYMLINK = refused('SYMLINK', writeWccData, (cursor) => {
  const { object } = readDiropargs3(cursor)
  readSattr3(cursor)
  readOpaque(cursor, PATH_MAX, 'nfspath3')
  return { object }
})

export const MKNOD = refused('MKNOD', writeWccData, (cursor) => {
  const { object } = readDiropargs3(cursor)
  readMknoddata3(cursor)
  return { object }
})

export const REMOVE = refused('REMOVE', writeWccData, readDiropargs3)

export const RMDIR = refused('RMDIR', writeWccData, readDiropargs3)

export const RENAME = refusedTwo('RENAME', writeWccData, (cursor) => {
  const { object } = readDiropargs3(cursor)
  return { object, other: readDiropargs3(cursor).object }
})

export const LINK = refusedTwo('LINK', writePostOpAttr, (cursor) => {
  const object = readFilehandle(cursor)
  return { object, other: readDiropargs3(cursor).object }
})

export const COMMIT = refused('COMMIT', writeWccData, (cursor) => {
  const object = readFilehandle(cursor)
  cursor.u64('offset')
  cursor.u32('count')
  return { object }
})

function refused(name: string, encodeFailure: ObjectWriter, decode: (cursor: Cursor) => ObjectArguments): Procedure {
  return procedure<ObjectArguments, never>({
    name,
    decode,
    decide: () => failure(Nfsstat3.NFS3ERR_ROFS),
    encode: () => {},
    encodeFailure,
  })
}

/** For two handles: the second one's attributes are left out of its wcc_data, which RFC 1813 allows. */
function refusedTwo(name: string, encodeFirst: ObjectWriter, decode: (cursor: Cursor) => TwoObjects): Procedure {
  return procedure<TwoObjects, never>({
    name,
    decode,
    decide: (args: TwoObjects, _object: FileObject, caller: Caller) => {
      const other = resolve(args.other, caller)
      return failure(other.kind === 'refused' ? other.status : Nfsstat3.NFS3ERR_ROFS)
    },
    encode: () => {},
    encodeFailure(writer, object) {
      encodeFirst(writer, object)
      writeWccData(writer, undefined)
    },
  })
}
