// nfsstat3 (RFC 1813 section 2.6): the values that a read-only server answers.

export const Nfsstat3 = {
  NFS3_OK: 0,
  NFS3ERR_NOENT: 2,
  NFS3ERR_IO: 5,
  NFS3ERR_ACCES: 13,
  NFS3ERR_NOTDIR: 20,
  NFS3ERR_ISDIR: 21,
  NFS3ERR_INVAL: 22,
  NFS3ERR_ROFS: 30,
  NFS3ERR_NAMETOOLONG: 63,
  NFS3ERR_STALE: 70,
  NFS3ERR_BADHANDLE: 10001,
  NFS3ERR_BAD_COOKIE: 10003,
  NFS3ERR_TOOSMALL: 10005,
  NFS3ERR_SERVERFAULT: 10006,
} as const
export type Nfsstat3 = (typeof Nfsstat3)[keyof typeof Nfsstat3]
export type Nfsstat3Error = Exclude<Nfsstat3, typeof Nfsstat3.NFS3_OK>
