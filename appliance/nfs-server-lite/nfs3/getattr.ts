// Procedure 1: GETATTR (RFC 1813 section 3.3.1).
import { readFilehandle, writeFattr3 } from './attributes.ts'
import { type ObjectArguments, procedure, type Success } from './procedure.ts'
import type { FileObject } from './resolve.ts'

interface GetattrResult extends Success {
  readonly object: FileObject
}

export const GETATTR = procedure<ObjectArguments, GetattrResult>({
  name: 'GETATTR',
  decode: (cursor) => ({ object: readFilehandle(cursor) }),
  decide: (_args, object) => ({ kind: 'ok', object }),
  encode: (writer, { object }) => writeFattr3(writer, object),
  encodeFailure: () => {},
})
