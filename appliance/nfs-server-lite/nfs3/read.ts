// Procedure 6: READ (RFC 1813 section 3.3.6). Decides which bytes of root.tar end the reply; whoever
// sends the reply reads them.
import type { DataRead, Transport } from '../program.ts'
import { writeBool } from '../xdr.ts'
import { readFilehandle, writePostOpAttr } from './attributes.ts'
import { mayReadData } from './permission.ts'
import { failure, type ObjectArguments, postOpAttrFailure, procedure, type Success } from './procedure.ts'
import type { FileObject } from './resolve.ts'
import { Nfsstat3 } from './status.ts'

/**
 * The most bytes that one READ returns: FSINFO's rtmax. Over UDP one lost fragment of six costs the whole reply, and a forged
 * sender gets no more than this.
 */
export const RTMAX: Readonly<Record<Transport, number>> = { tcp: 1024 * 1024, udp: 8 * 1024 }

interface ReadArguments extends ObjectArguments {
  readonly offset: bigint
  readonly count: number
}

interface ReadResult extends Success {
  readonly object: FileObject
  readonly count: number
  readonly eof: boolean
}

export const READ = procedure<ReadArguments, ReadResult>({
  name: 'READ',
  decode: (cursor) => ({ object: readFilehandle(cursor), offset: cursor.u64('offset'), count: cursor.u32('count') }),
  decide({ offset, count }, object, { credential, transport }) {
    const { type, size } = object.attributes
    if (type === 'directory') return failure(Nfsstat3.NFS3ERR_ISDIR)
    if (type !== 'regular') return failure(Nfsstat3.NFS3ERR_INVAL)
    if (!mayReadData(object.attributes, credential)) return failure(Nfsstat3.NFS3ERR_ACCES)
    if (offset >= BigInt(size)) return { kind: 'ok', object, count: 0, eof: true }
    const start = Number(offset)
    const length = Math.min(count, RTMAX[transport], size - start)
    if (length === 0) return { kind: 'ok', object, count: 0, eof: false }
    const dataOffset = object.source.tree.dataOffset(object.file)
    if (dataOffset === undefined) return failure(Nfsstat3.NFS3ERR_SERVERFAULT)
    return {
      kind: 'ok',
      object,
      count: length,
      eof: start + length === size,
      data: dataRead(object, dataOffset + start, length),
    }
  },
  encode(writer, { object, count, eof }) {
    writePostOpAttr(writer, object)
    writer.u32(count)
    writeBool(writer, eof)
    writer.u32(count)
  },
  encodeFailure: postOpAttrFailure,
})

function dataRead(object: FileObject, position: number, length: number): DataRead {
  return {
    source: object.source,
    position,
    length,
    failed(result) {
      result.u32(Nfsstat3.NFS3ERR_IO)
      writePostOpAttr(result, object)
    },
  }
}
