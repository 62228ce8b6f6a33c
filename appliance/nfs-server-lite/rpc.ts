// ONC RPC version 2 (RFC 5531): the headers of calls and replies. AUTH_NONE and AUTH_SYS are
// accepted. Every reply begins with four bytes for the record mark, which UDP leaves out.
import { Cursor, WireError, Writer } from '../wire/cursor.ts'
import { padding, readOpaque } from './xdr.ts'

export const RECORD_MARK_SIZE = 4
const CALL = 0
const REPLY = 1
const RPC_VERSION = 2
const MSG_ACCEPTED = 0
const MSG_DENIED = 1
const AUTH_NONE = 0
export const AUTH_SYS = 1
const MAX_AUTH_BYTES = 400

/** accept_stat, RFC 5531 section 9. */
export const AcceptStat = {
  SUCCESS: 0,
  PROG_UNAVAIL: 1,
  PROG_MISMATCH: 2,
  PROC_UNAVAIL: 3,
  GARBAGE_ARGS: 4,
  SYSTEM_ERR: 5,
} as const
export type AcceptStat = (typeof AcceptStat)[keyof typeof AcceptStat]

/** auth_stat, RFC 5531 section 9: those that we send. */
export const AuthStat = { AUTH_BADCRED: 1, AUTH_BADVERF: 3 } as const
export type AuthStat = (typeof AuthStat)[keyof typeof AuthStat]

/** Who calls. AUTH_SYS: RFC 5531 appendix A. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'sys'; readonly uid: number; readonly gid: number; readonly gids: readonly number[] }

export interface Call {
  readonly kind: 'call'
  readonly xid: number
  readonly prog: number
  readonly vers: number
  readonly proc: number
  readonly credential: Credential
  /** Stands at the first byte of the procedure's arguments. */
  readonly arguments: Cursor
}

/** rejected_reply, RFC 5531 section 9. */
export type Rejection = { readonly kind: 'rpc-mismatch' } | { readonly kind: 'auth-error'; readonly stat: AuthStat }

export interface DeniedCall {
  readonly kind: 'denied'
  readonly xid: number
  readonly rejection: Rejection
}

/** call_body, RFC 5531 section 9. Throws a WireError when the bytes are no call to which a reply could be sent. */
export function decodeCall(bytes: Uint8Array): Call | DeniedCall {
  const cursor = new Cursor(bytes)
  const xid = cursor.u32('xid')
  const mtype = cursor.u32('mtype')
  if (mtype !== CALL) cursor.fail('mtype', `${mtype} is no call`)
  if (cursor.u32('rpcvers') !== RPC_VERSION) return { kind: 'denied', xid, rejection: { kind: 'rpc-mismatch' } }
  const prog = cursor.u32('prog')
  const vers = cursor.u32('vers')
  const proc = cursor.u32('proc')
  const credential = decodeCredential(cursor)
  if (!credential) return denied(xid, AuthStat.AUTH_BADCRED)
  const verifier = cursor.u32('verf flavor')
  const verifierLength = cursor.u32('verf length')
  if (verifier !== AUTH_NONE || verifierLength > 0) return denied(xid, AuthStat.AUTH_BADVERF)
  return { kind: 'call', xid, prog, vers, proc, credential, arguments: cursor }
}

function denied(xid: number, stat: AuthStat): DeniedCall {
  return { kind: 'denied', xid, rejection: { kind: 'auth-error', stat } }
}

function decodeCredential(cursor: Cursor): Credential | undefined {
  const flavor = cursor.u32('cred flavor')
  const length = cursor.u32('cred length')
  if (length > MAX_AUTH_BYTES) return undefined
  const body = new Cursor(cursor.bytes(length, 'cred'))
  cursor.bytes(padding(length), 'cred padding')
  if (flavor === AUTH_NONE) return { kind: 'none' }
  if (flavor !== AUTH_SYS) return undefined
  try {
    return decodeAuthSys(body)
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}

/** authsys_parms, RFC 5531 appendix A: machinename of at most 255 bytes, at most 16 gids. */
function decodeAuthSys(cursor: Cursor): Credential {
  cursor.u32('stamp')
  readOpaque(cursor, 255, 'machinename')
  const uid = cursor.u32('uid')
  const gid = cursor.u32('gid')
  const count = cursor.u32('gids length')
  if (count > 16) cursor.fail('gids', `${count} groups, at most 16 are allowed`)
  const gids: number[] = []
  for (let index = 0; index < count; index++) gids.push(cursor.u32('gids'))
  return { kind: 'sys', uid, gid, gids }
}

/** Four bytes for the record mark, then an accepted_reply up to and including its accept_stat. */
export function acceptedReply(xid: number, stat: AcceptStat): Writer {
  return new Writer(256).zeros(RECORD_MARK_SIZE).u32(xid).u32(REPLY).u32(MSG_ACCEPTED).u32(AUTH_NONE).u32(0).u32(stat)
}

/** PROG_MISMATCH with the lowest and highest version that is served. */
export function mismatchReply(xid: number, low: number, high: number): Writer {
  return acceptedReply(xid, AcceptStat.PROG_MISMATCH).u32(low).u32(high)
}

export function deniedReply({ xid, rejection }: DeniedCall): Writer {
  const writer = new Writer(32).zeros(RECORD_MARK_SIZE).u32(xid).u32(REPLY).u32(MSG_DENIED)
  switch (rejection.kind) {
    case 'rpc-mismatch':
      return writer.u32(0).u32(RPC_VERSION).u32(RPC_VERSION)
    case 'auth-error':
      return writer.u32(1).u32(rejection.stat)
  }
}

/** The finished reply, marked as one record with one fragment (RFC 5531 section 11) that `trailing` more bytes belong to. */
export function finishReply(writer: Writer, trailing: number): Buffer {
  const reply = writer.finish()
  reply.writeUInt32BE(0x8000_0000 + reply.length - RECORD_MARK_SIZE + trailing, 0)
  return reply
}
