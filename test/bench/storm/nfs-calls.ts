// The NFS calls of a boot, by the paths that they are about: so they can be made of any server of the same tree. Pure.
import { Cursor } from '../../../appliance/wire/cursor.ts'
import { join, NFS, opaque, readOpaque, u32, u64 } from '../../appliance/nfs-server-lite/wire.ts'
import { type EncodedCall, nfs } from '../nfs-client.ts'
import { RecordReader } from '../nfs-records.ts'
import { tcpStreamsTo } from './tcp-streams.ts'

/** Of RFC 1813 section 3; `path` is that of the handle, '' the root's. */
export type NfsCall =
  | { readonly kind: 'about'; readonly proc: 'GETATTR' | 'READLINK' | 'FSSTAT' | 'FSINFO' | 'PATHCONF'; readonly path: string }
  | { readonly kind: 'access'; readonly path: string; readonly wanted: number }
  | { readonly kind: 'lookup'; readonly path: string; readonly name: string }
  | { readonly kind: 'read'; readonly path: string; readonly offset: number; readonly bytes: number }
  /** From its beginning, wherever the client was: cookies are a server's own. */
  | { readonly kind: 'list'; readonly path: string }

const ABOUT = { GETATTR: 1, READLINK: 5, FSSTAT: 18, FSINFO: 19, PATHCONF: 20 } as const
const LOOKUP = 3
const ACCESS = 4
const READ = 6
const READDIR = 16
const READDIRPLUS = 17

export interface Recorded {
  readonly calls: readonly NfsCall[]
  /** That were left out: of other programs, procedures, or handles. */
  readonly others: number
}

/** `paths`: by handle, in hex. */
export function nfsCallsIn(frames: readonly Buffer[], port: number, paths: ReadonlyMap<string, string>): Recorded {
  const calls: NfsCall[] = []
  let others = 0
  const reader = () =>
    new RecordReader((parts) => {
      const call = callIn(new Cursor(Buffer.concat(parts)), paths)
      if (call) calls.push(call)
      else others += 1
    })
  for (const { bytes } of tcpStreamsTo(port, frames)) reader().push(bytes)
  return { calls, others }
}

function callIn(cursor: Cursor, paths: ReadonlyMap<string, string>): NfsCall | undefined {
  cursor.u32('xid')
  const [type, , program, , proc] = ['message type', 'RPC version', 'program', 'version', 'procedure'].map((field) => cursor.u32(field))
  for (const what of ['credential', 'verifier']) {
    cursor.u32(`${what}'s flavor`)
    readOpaque(cursor)
  }
  if (type !== 0 || program !== NFS || proc === 0) return undefined
  const path = paths.get(readOpaque(cursor).toString('hex'))
  if (path === undefined) return undefined
  const [about] = Object.entries(ABOUT).filter(([, number]) => number === proc)
  if (about) return { kind: 'about', proc: about[0] as keyof typeof ABOUT, path }
  if (proc === ACCESS) return { kind: 'access', path, wanted: cursor.u32('access') }
  if (proc === LOOKUP) return { kind: 'lookup', path, name: readOpaque(cursor).toString('latin1') }
  if (proc === READ) return { kind: 'read', path, offset: Number(cursor.u64('offset')), bytes: cursor.u32('count') }
  return proc === READDIR || proc === READDIRPLUS ? { kind: 'list', path } : undefined
}

/** For a server whose handles these are. Throws where it has no such path. */
export function encodeNfsCall(call: NfsCall, handles: ReadonlyMap<string, Buffer>): EncodedCall {
  const handle = handles.get(call.path)
  if (!handle) throw new Error(`the server has no ${call.path}`)
  switch (call.kind) {
    case 'about':
      return nfs(ABOUT[call.proc], opaque(handle))
    case 'access':
      return nfs(ACCESS, join(opaque(handle), u32(call.wanted)))
    case 'lookup':
      return nfs(LOOKUP, join(opaque(handle), opaque(Buffer.from(call.name, 'latin1'))))
    case 'read':
      return nfs(READ, join(opaque(handle), u64(BigInt(call.offset)), u32(call.bytes)))
    case 'list':
      return nfs(READDIRPLUS, join(opaque(handle), u64(0n), u64(0n), u32(8_192, 65_536)))
  }
}
