// Program 100227 version 3, NFSACL: no RFC; as in Solaris' nfs_acl.x and Linux' fs/nfsd/nfs3acl.c. An image has no ACLs, only
// modes, and this says so. Without it Linux answers EOPNOTSUPP, not EACCES or success, whenever overlayfs asks an NFSv3 lower
// layer about a file that is not the caller's own: no process but root's own could open anything in a dom0.
import type { Cursor, Writer } from '../../wire/cursor.ts'
import { readFilehandle, writePostOpAttr } from '../nfs3/attributes.ts'
import { failure, type ObjectArguments, postOpAttrFailure, procedure, type Success } from '../nfs3/procedure.ts'
import type { FileObject } from '../nfs3/resolve.ts'
import { Nfsstat3 } from '../nfs3/status.ts'
import { NULL, type Program } from '../program.ts'

/** What GETACL asks for: the access ACL, and the default ACL of a directory; each with entries, or their number alone. */
const NFS_ACL = 1
const NFS_DFACL = 4
const NFS_ACL_MASK = 0x0f
/** NFS_ACL_MAX_ENTRIES of Linux. */
const MAX_ENTRIES = 1024

const ACL_USER_OBJ = 0x01
const ACL_GROUP_OBJ = 0x04
const ACL_CLASS_OBJ = 0x10
const ACL_OTHER_OBJ = 0x20

interface GetaclArguments extends ObjectArguments {
  readonly mask: number
}

interface GetaclResult extends Success {
  readonly object: FileObject
  readonly mask: number
}

const GETACL = procedure<GetaclArguments, GetaclResult>({
  name: 'GETACL',
  decode: (cursor) => ({ object: readFilehandle(cursor), mask: cursor.u32('mask') }),
  decide: ({ mask }, object) => ((mask & ~NFS_ACL_MASK) === 0 ? { kind: 'ok', object, mask } : failure(Nfsstat3.NFS3ERR_INVAL)),
  encode(writer, { object, mask }) {
    writePostOpAttr(writer, object)
    writer.u32(mask)
    writeAcl(writer, accessAcl(object), mask & NFS_ACL)
    writeAcl(writer, [], mask & NFS_DFACL)
  },
  encodeFailure: postOpAttrFailure,
})

const SETACL = procedure<ObjectArguments, never>({
  name: 'SETACL',
  decode(cursor) {
    const object = readFilehandle(cursor)
    cursor.u32('mask')
    readAcl(cursor, 'access ACL')
    readAcl(cursor, 'default ACL')
    return { object }
  },
  decide: () => failure(Nfsstat3.NFS3ERR_ROFS),
  encode: () => {},
  encodeFailure: postOpAttrFailure,
})

export const NFSACL_PROGRAM: Program = { name: 'NFSACL', prog: 100227, vers: 3, procedures: [NULL, GETACL, SETACL] }

type AclEntry = readonly [type: number, id: number, permissions: number]

/** The mode as an ACL. The class of the group is said with it, as Solaris wants. */
function accessAcl({ attributes: { mode, uid, gid } }: FileObject): readonly AclEntry[] {
  const group = (mode >> 3) & 7
  return [
    [ACL_USER_OBJ, uid, (mode >> 6) & 7],
    [ACL_GROUP_OBJ, gid, group],
    [ACL_CLASS_OBJ, 0, group],
    [ACL_OTHER_OBJ, 0, mode & 7],
  ]
}

/** Their number, then those that were asked for. */
function writeAcl(writer: Writer, entries: readonly AclEntry[], wanted: number): void {
  const said = wanted === 0 ? [] : entries
  writer.u32(entries.length).u32(said.length)
  for (const [type, id, permissions] of said) writer.u32(type).u32(id).u32(permissions)
}

function readAcl(cursor: Cursor, field: string): void {
  cursor.u32(`${field} count`)
  const length = cursor.u32(`${field} length`)
  if (length > MAX_ENTRIES) cursor.fail(field, `${length} entries, at most ${MAX_ENTRIES} are allowed`)
  cursor.bytes(12 * length, field)
}
