// Procedure 4: ACCESS (RFC 1813 section 3.3.4). A read-only file system grants no change of files
// and directories, yet writing to devices, FIFOs and sockets, which is none of the server's business.
import type { Attributes } from '../vfs.ts'
import { readFilehandle, writePostOpAttr } from './attributes.ts'
import { EXECUTE, permissionBits, READ, WRITE } from './permission.ts'
import { type ObjectArguments, postOpAttrFailure, procedure, type Success } from './procedure.ts'
import type { FileObject } from './resolve.ts'

export const ACCESS3_READ = 0x01
export const ACCESS3_LOOKUP = 0x02
export const ACCESS3_MODIFY = 0x04
export const ACCESS3_EXTEND = 0x08
export const ACCESS3_EXECUTE = 0x20

interface AccessArguments extends ObjectArguments {
  readonly access: number
}

interface AccessResult extends Success {
  readonly object: FileObject
  readonly access: number
}

export const ACCESS = procedure<AccessArguments, AccessResult>({
  name: 'ACCESS',
  decode: (cursor) => ({ object: readFilehandle(cursor), access: cursor.u32('access') }),
  decide({ access }, object, { credential }) {
    const granted = grantedAccess(object.attributes.type, permissionBits(object.attributes, credential))
    return { kind: 'ok', object, access: access & granted }
  },
  encode(writer, { object, access }) {
    writePostOpAttr(writer, object)
    writer.u32(access)
  },
  encodeFailure: postOpAttrFailure,
})

function grantedAccess(type: Attributes['type'], bits: number): number {
  const read = bits & READ ? ACCESS3_READ : 0
  switch (type) {
    case 'directory':
      return read | (bits & EXECUTE ? ACCESS3_LOOKUP : 0)
    case 'regular':
      return read | (bits & EXECUTE ? ACCESS3_EXECUTE : 0)
    case 'symlink':
    case 'block':
    case 'character':
    case 'socket':
    case 'fifo':
      return read | (bits & EXECUTE ? ACCESS3_EXECUTE : 0) | (bits & WRITE ? ACCESS3_MODIFY | ACCESS3_EXTEND : 0)
  }
}
