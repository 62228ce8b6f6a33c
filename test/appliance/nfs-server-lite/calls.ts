// A sound call of every type, for golden packets, truncation and mutation.
import type { Asker } from './caller.ts'
import { encodeCall, join, MOUNT, NFS, opaque, PORTMAP, ROOT, u32, u64 } from './wire.ts'

export interface NamedCall {
  readonly name: string
  readonly message: Buffer
}

const NO_SATTR = u32(0, 0, 0, 0, 0, 0)
const FULL_SATTR = join(u32(1, 0o644, 1, 5, 1, 6, 1), u64(7n), u32(2, 8, 9), u32(1))

/** [name, procedure number, arguments] of NFSv3, over `EVERYTHING`. */
export function nfsCalls(asker: Asker): readonly (readonly [name: string, proc: number, args: Buffer])[] {
  const root = asker.fh('/')
  const hostname = asker.fh('/etc/hostname')
  return [
    ['NULL', 0, Buffer.alloc(0)],
    ['GETATTR', 1, asker.fh('/dev/sda')],
    ['SETATTR', 2, join(hostname, FULL_SATTR, u32(1, 3, 4))],
    ['LOOKUP', 3, join(asker.fh('/usr/bin'), opaque('sudo'))],
    ['ACCESS', 4, join(asker.fh('/etc/shadow'), u32(0x3f))],
    ['READLINK', 5, asker.fh('/bin')],
    ['READ', 6, join(hostname, u64(2n), u32(4096))],
    ['WRITE', 7, join(hostname, u64(0n), u32(5, 2), opaque('hello'))],
    ['CREATE', 8, join(root, opaque('new'), u32(1), FULL_SATTR)],
    ['CREATE exclusive', 8, join(root, opaque('new'), u32(2), u64(77n))],
    ['MKDIR', 9, join(root, opaque('new'), NO_SATTR)],
    ['SYMLINK', 10, join(root, opaque('new'), NO_SATTR, opaque('target'))],
    ['MKNOD character', 11, join(root, opaque('new'), u32(4), NO_SATTR, u32(1, 3))],
    ['MKNOD fifo', 11, join(root, opaque('new'), u32(7), NO_SATTR)],
    ['REMOVE', 12, join(root, opaque('huge'))],
    ['RMDIR', 13, join(root, opaque('tmp'))],
    ['RENAME', 14, join(root, opaque('tmp'), asker.fh('/etc'), opaque('tmp'))],
    ['LINK', 15, join(hostname, asker.fh('/usr'), opaque('name'))],
    ['READDIR', 16, join(asker.fh('/dev'), u64(0n), u64(0n), u32(4096))],
    ['READDIRPLUS', 17, join(root, u64(3n), u64(0n), u32(200, 4096))],
    ['FSSTAT', 18, root],
    ['FSINFO', 19, root],
    ['PATHCONF', 20, root],
    ['COMMIT', 21, join(hostname, u64(0n), u32(0))],
  ]
}

const MOUNT_CALLS: readonly (readonly [name: string, proc: number, args: Buffer])[] = [
  ['NULL', 0, Buffer.alloc(0)],
  ['MNT', 1, opaque('/dom0/0123456789abcdef')],
  ['MNT of nothing', 1, opaque('/dom0/0000000000000000')],
  ['DUMP', 2, Buffer.alloc(0)],
  ['UMNT', 3, opaque('/dom0/0123456789abcdef')],
  ['UMNTALL', 4, Buffer.alloc(0)],
  ['EXPORT', 5, Buffer.alloc(0)],
]

const PORTMAP_CALLS: readonly (readonly [name: string, proc: number, args: Buffer])[] = [
  ['NULL', 0, Buffer.alloc(0)],
  ['SET', 1, u32(100003, 3, 6, 666)],
  ['UNSET', 2, u32(100003, 3, 6, 666)],
  ['GETPORT', 3, u32(100003, 3, 6, 0)],
  ['DUMP', 4, Buffer.alloc(0)],
]

export function everyCall(asker: Asker): readonly NamedCall[] {
  const named = (kind: string, prog: number, vers: number, calls: readonly (readonly [string, number, Buffer])[]) =>
    calls.map(([name, proc, args]) => ({
      name: `${kind} ${name}`,
      message: encodeCall({ xid: 0x1000 + proc, prog, vers, proc, auth: { ...ROOT, gids: [4, 5] } }, args),
    }))
  return [
    ...named('NFS', NFS, 3, nfsCalls(asker)),
    ...named('MOUNT', MOUNT, 3, MOUNT_CALLS),
    ...named('PORTMAP', PORTMAP, 2, PORTMAP_CALLS),
  ]
}
