// Procedure 17: READDIRPLUS (RFC 1813 section 3.3.17). `..` of the root shows the root: nothing
// above an export can be reached (knfsd CVE-2021-3178).
import type { FilehandleCodec } from '../filehandle.ts'
import { writeBool, writeHyper, writeOpaque } from '../xdr.ts'
import { POST_OP_ATTR_SIZE, POST_OP_FH3_SIZE, readFilehandle, writePostOpAttr, writePostOpFilehandle } from './attributes.ts'
import { COOKIEVERF, type Listing, listDirectory } from './listing.ts'
import { type ObjectArguments, postOpAttrFailure, procedure } from './procedure.ts'
import { objectOf } from './resolve.ts'

/** Marker, fileid, cookie, name_attributes, name_handle. */
const ENTRY_SIZE = 4 + 8 + 8 + POST_OP_ATTR_SIZE + POST_OP_FH3_SIZE

interface ReaddirplusArguments extends ObjectArguments {
  readonly cookie: bigint
  readonly cookieverf: bigint
  readonly dircount: number
  readonly maxcount: number
}

interface ReaddirplusResult extends Listing {
  readonly filehandles: FilehandleCodec
}

export const READDIRPLUS = procedure<ReaddirplusArguments, ReaddirplusResult>({
  name: 'READDIRPLUS',
  decode: (cursor) => ({
    object: readFilehandle(cursor),
    cookie: cursor.u64('cookie'),
    cookieverf: cursor.u64('cookieverf'),
    dircount: cursor.u32('dircount'),
    maxcount: cursor.u32('maxcount'),
  }),
  decide(args, directory, caller) {
    const listing = listDirectory(directory, { ...args, entryBytes: ENTRY_SIZE }, caller)
    return listing.kind === 'ok' ? { ...listing, filehandles: caller.filehandles } : listing
  },
  encode(writer, { directory, entries, eof, filehandles }) {
    writePostOpAttr(writer, directory)
    writer.u64(COOKIEVERF)
    for (const { file, name, cookie } of entries) {
      writeBool(writer, true)
      writeHyper(writer, file)
      writeOpaque(writer, name)
      writeHyper(writer, cookie)
      writePostOpAttr(writer, objectOf(directory.source, file))
      writePostOpFilehandle(writer, filehandles.encode(directory.source.generation, file))
    }
    writeBool(writer, false)
    writeBool(writer, eof)
  },
  encodeFailure: postOpAttrFailure,
})
