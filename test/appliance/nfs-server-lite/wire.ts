// The client's side of the wire, for tests: encodes arguments and decodes results by RFC 1813's text,
// sharing nothing with the server but the Cursor and the Writer.
import { Cursor, Writer } from '../../../appliance/wire/cursor.ts'

export const NFS = 100003
export const MOUNT = 100005
export const PORTMAP = 100000

export interface Auth {
  readonly uid: number
  readonly gid: number
  readonly gids?: readonly number[]
}

export const ROOT: Auth = { uid: 0, gid: 0 }

export interface CallHeader {
  readonly xid?: number
  readonly prog: number
  readonly vers: number
  readonly proc: number
  readonly auth?: Auth | undefined
}

export function opaque(bytes: Uint8Array | string): Buffer {
  const data = Buffer.from(bytes)
  return new Writer()
    .u32(data.length)
    .bytes(data)
    .zeros((4 - (data.length % 4)) % 4)
    .finish()
}

export const u32 = (...values: number[]): Buffer => values.reduce((writer, value) => writer.u32(value), new Writer()).finish()
export const u64 = (value: bigint): Buffer => new Writer().u64(value).finish()
export const join = (...parts: Buffer[]): Buffer => Buffer.concat(parts)

/** Without record mark. */
export function encodeCall({ xid = 1, prog, vers, proc, auth }: CallHeader, args: Buffer = Buffer.alloc(0)): Buffer {
  const cred = auth
    ? join(u32(1), opaque(join(u32(7), opaque('client'), u32(auth.uid, auth.gid), u32(auth.gids?.length ?? 0, ...(auth.gids ?? [])))))
    : u32(0, 0)
  return join(u32(xid, 0, 2, prog, vers, proc), cred, u32(0, 0), args)
}

export function marked(message: Buffer): Buffer {
  return join(u32(0x8000_0000 + message.length), message)
}

export type RpcReply =
  | { readonly xid: number; readonly stat: 'SUCCESS'; readonly result: Cursor }
  | { readonly xid: number; readonly stat: 'PROG_MISMATCH'; readonly low: number; readonly high: number }
  | { readonly xid: number; readonly stat: 'PROG_UNAVAIL' | 'PROC_UNAVAIL' | 'GARBAGE_ARGS' | 'SYSTEM_ERR' }
  | { readonly xid: number; readonly stat: 'RPC_MISMATCH'; readonly low: number; readonly high: number }
  | { readonly xid: number; readonly stat: 'AUTH_ERROR'; readonly why: number }

/** Without record mark. */
export function decodeReply(bytes: Buffer): RpcReply {
  const cursor = new Cursor(bytes)
  const xid = cursor.u32('xid')
  if (cursor.u32('mtype') !== 1) throw new Error('no reply')
  if (cursor.u32('reply_stat') === 1) {
    if (cursor.u32('reject_stat') === 0) return { xid, stat: 'RPC_MISMATCH', low: cursor.u32('low'), high: cursor.u32('high') }
    return { xid, stat: 'AUTH_ERROR', why: cursor.u32('auth_stat') }
  }
  if (cursor.u32('verf') !== 0 || cursor.u32('verf length') !== 0) throw new Error('a verifier')
  const stat = (['SUCCESS', 'PROG_UNAVAIL', 'PROG_MISMATCH', 'PROC_UNAVAIL', 'GARBAGE_ARGS', 'SYSTEM_ERR'] as const)[
    cursor.u32('accept_stat')
  ]
  if (stat === undefined) throw new Error('no accept_stat')
  if (stat === 'SUCCESS') return { xid, stat, result: cursor }
  if (stat === 'PROG_MISMATCH') return { xid, stat, low: cursor.u32('low'), high: cursor.u32('high') }
  cursor.end(stat)
  return { xid, stat }
}

export function readOpaque(cursor: Cursor): Buffer {
  const length = cursor.u32('length')
  const bytes = Buffer.from(cursor.bytes(length, 'opaque'))
  for (const byte of cursor.bytes((4 - (length % 4)) % 4, 'padding')) if (byte !== 0) throw new Error('padding is not zero')
  return bytes
}

export function readFattr3(cursor: Cursor) {
  const [type, mode, nlink, uid, gid] = [0, 0, 0, 0, 0].map(() => cursor.u32('fattr3'))
  const [size, used] = [cursor.u64('size'), cursor.u64('used')]
  const rdev = [cursor.u32('specdata1'), cursor.u32('specdata2')]
  const [fsid, fileid] = [cursor.u64('fsid'), cursor.u64('fileid')]
  const [atime, mtime, ctime] = [0, 0, 0].map(() => [cursor.u32('seconds'), cursor.u32('nseconds')] as const)
  return { type, mode, nlink, uid, gid, size, used, rdev, fsid, fileid, atime, mtime, ctime }
}

export type Fattr3 = ReturnType<typeof readFattr3>

export function readPostOpAttr(cursor: Cursor): Fattr3 | undefined {
  return cursor.u32('attributes_follow') === 1 ? readFattr3(cursor) : undefined
}

export function readWccData(cursor: Cursor) {
  if (cursor.u32('pre_op_attr') !== 0) throw new Error('a pre_op_attr')
  return { after: readPostOpAttr(cursor) }
}

export interface Entry {
  readonly fileid: bigint
  readonly name: Buffer
  readonly cookie: bigint
  readonly attributes?: Fattr3 | undefined
  readonly handle?: Buffer | undefined
}

/** READDIR3resok or, with `plus`, READDIRPLUS3resok. */
export function readListing(cursor: Cursor, plus: 'plain' | 'plus') {
  const start = cursor.offset
  const directory = readPostOpAttr(cursor)
  const verifier = cursor.u64('cookieverf')
  const entries: Entry[] = []
  while (cursor.u32('entry follows') === 1) {
    const entry = { fileid: cursor.u64('fileid'), name: readOpaque(cursor), cookie: cursor.u64('cookie') }
    if (plus === 'plain') entries.push(entry)
    else {
      const attributes = readPostOpAttr(cursor)
      entries.push({ ...entry, attributes, handle: cursor.u32('handle_follows') === 1 ? readOpaque(cursor) : undefined })
    }
  }
  const eof = cursor.u32('eof') === 1
  cursor.end('listing')
  return { directory, verifier, entries, eof, bytes: cursor.offset - start }
}
