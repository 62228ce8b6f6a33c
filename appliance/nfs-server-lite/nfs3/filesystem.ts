// Procedures 18 to 20: FSSTAT, FSINFO, PATHCONF (RFC 1813 sections 3.3.18 to 3.3.20). A full file
// system without a free byte, with the transfer sizes that a fast root needs.
import type { Writer } from '../../wire/cursor.ts'
import type { Procedure, Transport } from '../program.ts'
import { writeBool, writeHyper } from '../xdr.ts'
import { readFilehandle, writePostOpAttr } from './attributes.ts'
import { DTMAX } from './listing.ts'
import { NAME_MAX } from './name.ts'
import { type ObjectArguments, postOpAttrFailure, procedure, type Success } from './procedure.ts'
import { RTMAX } from './read.ts'
import type { FileObject } from './resolve.ts'

/** Nothing can be written, but a client that tries shall get NFS3ERR_ROFS: the record limit leaves room for this. */
export const WTMAX = 32 * 1024
const FSF3_LINK = 0x01
const FSF3_SYMLINK = 0x02
const FSF3_HOMOGENEOUS = 0x08
const LINK_MAX = 32000

interface FilesystemResult extends Success {
  readonly object: FileObject
  readonly transport: Transport
}

export const FSSTAT = aboutFilesystem('FSSTAT', (writer, { source }) => {
  writeHyper(writer, source.tree.totalBytes)
  writeHyper(writer, 0)
  writeHyper(writer, 0)
  writeHyper(writer, source.tree.files)
  writeHyper(writer, 0)
  writeHyper(writer, 0)
  // invarsec: it will not change for as long as this field can say.
  writer.u32(0xffff_ffff)
})

export const FSINFO = aboutFilesystem('FSINFO', (writer, _object, transport) => {
  const [rtmax, wtmax] = [RTMAX[transport], Math.min(WTMAX, RTMAX[transport])]
  writer.u32(rtmax).u32(rtmax).u32(4096)
  writer.u32(wtmax).u32(wtmax).u32(4096)
  writer.u32(DTMAX[transport])
  // maxfilesize: 2^63 - 1.
  writer.u32(0x7fff_ffff).u32(0xffff_ffff)
  // time_delta: one nanosecond.
  writer.u32(0).u32(1)
  writer.u32(FSF3_LINK | FSF3_SYMLINK | FSF3_HOMOGENEOUS)
})

export const PATHCONF = aboutFilesystem('PATHCONF', (writer) => {
  writer.u32(LINK_MAX).u32(NAME_MAX)
  // no_trunc, chown_restricted, case_insensitive, case_preserving.
  for (const property of [true, true, false, true]) writeBool(writer, property)
})

function aboutFilesystem(name: string, encodeRest: (writer: Writer, object: FileObject, transport: Transport) => void): Procedure {
  return procedure<ObjectArguments, FilesystemResult>({
    name,
    decode: (cursor) => ({ object: readFilehandle(cursor) }),
    decide: (_args, object, { transport }) => ({ kind: 'ok', object, transport }),
    encode(writer, { object, transport }) {
      writePostOpAttr(writer, object)
      encodeRest(writer, object, transport)
    },
    encodeFailure: postOpAttrFailure,
  })
}
