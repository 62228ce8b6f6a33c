// Program 100003 version 3 (RFC 1813 section 3.3): the procedures by their number.
import { NULL, type Program } from '../program.ts'
import { ACCESS } from './access.ts'
import { FSINFO, FSSTAT, PATHCONF } from './filesystem.ts'
import { GETATTR } from './getattr.ts'
import { LOOKUP } from './lookup.ts'
import { READ } from './read.ts'
import { READDIR } from './readdir.ts'
import { READDIRPLUS } from './readdirplus.ts'
import { READLINK } from './readlink.ts'
import { COMMIT, CREATE, LINK, MKDIR, MKNOD, REMOVE, RENAME, RMDIR, SETATTR, SYMLINK, WRITE } from './refused.ts'

export const NFS_PROGRAM: Program = {
  name: 'NFS',
  prog: 100003,
  vers: 3,
  procedures: [
    NULL,
    GETATTR,
    SETATTR,
    LOOKUP,
    ACCESS,
    READLINK,
    READ,
    WRITE,
    CREATE,
    MKDIR,
    SYMLINK,
    MKNOD,
    REMOVE,
    RMDIR,
    RENAME,
    LINK,
    READDIR,
    READDIRPLUS,
    FSSTAT,
    FSINFO,
    PATHCONF,
    COMMIT,
  ],
}
