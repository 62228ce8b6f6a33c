// Procedure 3: LOOKUP (RFC 1813 section 3.3.3). `..` of the root is the root.
import { writeOpaque } from '../xdr.ts'
import { writePostOpAttr } from './attributes.ts'
import { type Diropargs3, lookupName, NAME_MAX, readDiropargs3 } from './name.ts'
import { EXECUTE, permissionBits } from './permission.ts'
import { failure, postOpAttrFailure, procedure, type Success } from './procedure.ts'
import { type FileObject, objectOf } from './resolve.ts'
import { Nfsstat3 } from './status.ts'

interface LookupResult extends Success {
  readonly handle: Buffer
  readonly object: FileObject
  readonly directory: FileObject
}

export const LOOKUP = procedure<Diropargs3, LookupResult>({
  name: 'LOOKUP',
  decode: readDiropargs3,
  decide({ name }, directory, { credential, filehandles }) {
    if (directory.attributes.type !== 'directory') return failure(Nfsstat3.NFS3ERR_NOTDIR)
    if ((permissionBits(directory.attributes, credential) & EXECUTE) === 0) return failure(Nfsstat3.NFS3ERR_ACCES)
    if (name.length > NAME_MAX) return failure(Nfsstat3.NFS3ERR_NAMETOOLONG)
    const file = lookupName(directory, name)
    if (file === undefined) return failure(Nfsstat3.NFS3ERR_NOENT)
    const object = objectOf(directory.source, file)
    if (!object) return failure(Nfsstat3.NFS3ERR_SERVERFAULT)
    return { kind: 'ok', handle: filehandles.encode(directory.source.generation, file), object, directory }
  },
  encode(writer, { handle, object, directory }) {
    writeOpaque(writer, handle)
    writePostOpAttr(writer, object)
    writePostOpAttr(writer, directory)
  },
  encodeFailure: postOpAttrFailure,
})
