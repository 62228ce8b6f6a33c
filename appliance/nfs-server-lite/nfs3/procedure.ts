// The shape that all NFSv3 procedures share: decode the arguments, resolve the filehandle that they
// begin with, decide, encode. Only the failure bodies differ (RFC 1813 section 3.3).
import type { Cursor, Writer } from '../../wire/cursor.ts'
import type { Caller, DataRead, Effect, Procedure } from '../program.ts'
import { writePostOpAttr } from './attributes.ts'
import { type FileObject, resolve } from './resolve.ts'
import { Nfsstat3, type Nfsstat3Error } from './status.ts'

export interface ObjectArguments {
  /** The nfs_fh3 of the object that the call is about. */
  readonly object: Buffer
}

export interface Failure {
  readonly kind: 'failure'
  readonly status: Nfsstat3Error
}

export interface Success {
  readonly kind: 'ok'
  /** Ends the reply: READ only. Its `failed` is written by the procedure. */
  readonly data?: DataRead
}

export interface Definition<Arguments extends ObjectArguments, Result extends Success> {
  /** As in RFC 1813. */
  readonly name: string
  /** Throws a WireError when the bytes are not these arguments. */
  decode(cursor: Cursor): Arguments
  /** Pure over arguments and exports. */
  decide(args: Arguments, object: FileObject, caller: Caller): Result | Failure
  /** The resok: what follows NFS3_OK. */
  encode(writer: Writer, result: Result): void
  /** The resfail: what follows any other status. `object` is undefined when the caller may not know about it. */
  encodeFailure(writer: Writer, object: FileObject | undefined): void
}

export function failure(status: Nfsstat3Error): Failure {
  return { kind: 'failure', status }
}

/** Makes a definition answerable. */
export function procedure<Arguments extends ObjectArguments, Result extends Success>(definition: Definition<Arguments, Result>): Procedure {
  return {
    name: definition.name,
    handle(cursor, caller, writer): Effect {
      const args = definition.decode(cursor)
      cursor.end('arguments')
      const object = resolve(args.object, caller)
      if (object.kind === 'refused') {
        writer.u32(object.status)
        definition.encodeFailure(writer, undefined)
        return { kind: 'none' }
      }
      const result = definition.decide(args, object, caller)
      if (result.kind === 'failure') {
        writer.u32(result.status)
        definition.encodeFailure(writer, object)
      } else {
        writer.u32(Nfsstat3.NFS3_OK)
        definition.encode(writer, result)
        if (result.data) return { kind: 'read', data: result.data }
      }
      return { kind: 'seen', generation: object.source.generation }
    },
  }
}

/** The resfail of most procedures: a post_op_attr. */
export const postOpAttrFailure = (writer: Writer, object: FileObject | undefined): void => writePostOpAttr(writer, object)
