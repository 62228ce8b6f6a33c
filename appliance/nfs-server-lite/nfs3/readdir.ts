// Procedure 16: READDIR (RFC 1813 section 3.3.16).
import { writeBool, writeHyper, writeOpaque } from '../xdr.ts'
import { readFilehandle, writePostOpAttr } from './attributes.ts'
import { COOKIEVERF, type Listing, listDirectory } from './listing.ts'
import { type ObjectArguments, postOpAttrFailure, procedure } from './procedure.ts'

/** Marker, fileid, cookie. */
const ENTRY_SIZE = 4 + 8 + 8

interface ReaddirArguments extends ObjectArguments {
  readonly cookie: bigint
  readonly cookieverf: bigint
  readonly count: number
}

export const READDIR = procedure<ReaddirArguments, Listing>({
  name: 'READDIR',
  decode: (cursor) => ({
    object: readFilehandle(cursor),
    cookie: cursor.u64('cookie'),
    cookieverf: cursor.u64('cookieverf'),
    count: cursor.u32('count'),
  }),
  decide({ cookie, cookieverf, count }, directory, caller) {
    const request = { cookie, cookieverf, maxcount: count, dircount: count, entryBytes: ENTRY_SIZE }
    return listDirectory(directory, request, caller)
  },
  encode(writer, { directory, entries, eof }) {
    writePostOpAttr(writer, directory)
    writer.u64(COOKIEVERF)
    for (const { file, name, cookie } of entries) {
      writeBool(writer, true)
      writeHyper(writer, file)
      writeOpaque(writer, name)
      writeHyper(writer, cookie)
    }
    writeBool(writer, false)
    writeBool(writer, eof)
  },
  encodeFailure: postOpAttrFailure,
})
