// From a call to its answer: finds program, version and procedure, runs the procedure, and turns
// what went wrong into the RPC replies of RFC 5531. Pure: the effects are named, not done.
import { type Cursor, WireError, type Writer } from '../wire/cursor.ts'
import type { Generation } from '../wire/generation.ts'
import type { FilehandleCodec } from './filehandle.ts'
import type { MountEntry, MountEvent } from './mount3/mounts.ts'
import { AcceptStat, acceptedReply, type Call, type Credential, type DeniedCall, deniedReply, finishReply, mismatchReply } from './rpc.ts'
import type { Export } from './vfs.ts'
import { padding } from './xdr.ts'

/** What is served now. Answers from memory. */
export interface Exports {
  /** Exactly the path of wire/generation.ts: `/dom0/0123456789abcdef`. */
  byPath(path: string): Export | undefined
  byGeneration(generation: Generation): Export | undefined
  list(): readonly Export[]
}

/** Whether a client, by its IP address, may read an export. Asked again for every call. */
export type MayRead = (clientAddress: string, source: Export) => boolean

/** What a call came over: over UDP a reply is one datagram. */
export type Transport = 'tcp' | 'udp'

/** All that a procedure may know besides its arguments. */
export interface Caller {
  readonly exports: Exports
  readonly mayRead: MayRead
  readonly filehandles: FilehandleCodec
  readonly mounts: readonly MountEntry[]
  readonly clientAddress: string
  readonly transport: Transport
  readonly credential: Credential
}

/** Bytes of root.tar that end the reply; `failed` writes the result that takes its place when they cannot be read. */
export interface DataRead {
  readonly source: Export
  readonly position: number
  readonly length: number
  failed(result: Writer): void
}

export type Effect =
  | { readonly kind: 'none' }
  | { readonly kind: 'seen'; readonly generation: Generation }
  | { readonly kind: 'read'; readonly data: DataRead }
  | { readonly kind: 'mount'; readonly event: MountEvent }

export const NO_EFFECT: Effect = { kind: 'none' }

/** Reads all of the arguments (else a WireError: GARBAGE_ARGS) and writes the result. */
export type Handler = (args: Cursor, caller: Caller, result: Writer) => Effect

export interface Procedure {
  readonly name: string
  readonly handle: Handler
}

export interface Program {
  readonly name: string
  readonly prog: number
  /** The one version that is served. */
  readonly vers: number
  /** By procedure number. */
  readonly procedures: readonly (Procedure | undefined)[]
}

export type Answer =
  /** `reply` begins with its record mark. `fault` is a defect of ours; `garbage` is the peer's. */
  | { readonly kind: 'reply'; readonly reply: Buffer; readonly effect: Effect; readonly fault?: unknown; readonly garbage?: WireError }
  /** `head`, then the data, then padding to four bytes; else the reply that `failed` returns. */
  | { readonly kind: 'data'; readonly head: Buffer; readonly data: DataRead; failed(): Buffer }

export const NULL: Procedure = {
  name: 'NULL',
  handle(args) {
    args.end('arguments')
    return NO_EFFECT
  },
}

export function answerCall(programs: readonly Program[], call: Call | DeniedCall, caller: Omit<Caller, 'credential'>): Answer {
  if (call.kind === 'denied') return plain(deniedReply(call))
  const { xid, prog, vers, proc } = call
  const program = programs.find((candidate) => candidate.prog === prog)
  if (!program) return plain(acceptedReply(xid, AcceptStat.PROG_UNAVAIL))
  if (program.vers !== vers) return plain(mismatchReply(xid, program.vers, program.vers))
  const procedure = program.procedures[proc]
  if (!procedure) return plain(acceptedReply(xid, AcceptStat.PROC_UNAVAIL))
  return run(procedure, call, { ...caller, credential: call.credential })
}

function run(procedure: Procedure, call: Call, caller: Caller): Answer {
  try {
    const writer = acceptedReply(call.xid, AcceptStat.SUCCESS)
    const effect = procedure.handle(call.arguments, caller, writer)
    if (effect.kind !== 'read') return { kind: 'reply', reply: finishReply(writer, 0), effect }
    const { data } = effect
    const head = finishReply(writer, data.length + padding(data.length))
    return { kind: 'data', head, data, failed: () => failedRead(call.xid, data) }
  } catch (error) {
    if (error instanceof WireError) return { ...plain(acceptedReply(call.xid, AcceptStat.GARBAGE_ARGS)), garbage: error }
    return { ...plain(acceptedReply(call.xid, AcceptStat.SYSTEM_ERR)), fault: error }
  }
}

function failedRead(xid: number, data: DataRead): Buffer {
  const writer = acceptedReply(xid, AcceptStat.SUCCESS)
  data.failed(writer)
  return finishReply(writer, 0)
}

function plain(writer: Writer) {
  return { kind: 'reply', reply: finishReply(writer, 0), effect: NO_EFFECT } as const
}

/** One line for logs: `NFS 3 LOOKUP xid 0x1f2e uid 0`. */
export function describeCall(programs: readonly Program[], call: Call | DeniedCall): string {
  const xid = `xid 0x${call.xid.toString(16)}`
  if (call.kind === 'denied') return `denied call ${xid} (${call.rejection.kind})`
  const program = programs.find((candidate) => candidate.prog === call.prog)
  const known = program?.vers === call.vers ? program.procedures[call.proc]?.name : undefined
  const who = call.credential.kind === 'sys' ? `uid ${call.credential.uid}` : 'AUTH_NONE'
  return `${program?.name ?? `program ${call.prog}`} ${call.vers} ${known ?? `procedure ${call.proc}`} ${xid} ${who}`
}
