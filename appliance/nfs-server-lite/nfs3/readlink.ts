// Procedure 5: READLINK (RFC 1813 section 3.3.5). The target is bytes, never interpreted here.
import { writeOpaque } from '../xdr.ts'
import { readFilehandle, writePostOpAttr } from './attributes.ts'
import { failure, type ObjectArguments, postOpAttrFailure, procedure, type Success } from './procedure.ts'
import type { FileObject } from './resolve.ts'
import { Nfsstat3 } from './status.ts'

interface ReadlinkResult extends Success {
  readonly object: FileObject
  readonly target: Buffer
}

export const READLINK = procedure<ObjectArguments, ReadlinkResult>({
  name: 'READLINK',
  decode: (cursor) => ({ object: readFilehandle(cursor) }),
  decide(_args, object) {
    const target = object.source.tree.readlink(object.file)
    return target ? { kind: 'ok', object, target } : failure(Nfsstat3.NFS3ERR_INVAL)
  },
  encode(writer, { object, target }) {
    writePostOpAttr(writer, object)
    writeOpaque(writer, target)
  },
  encodeFailure: postOpAttrFailure,
})
