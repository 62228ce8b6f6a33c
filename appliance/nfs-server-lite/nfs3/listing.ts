// What READDIR and READDIRPLUS share: pages of a directory that fit their limits to the byte.
// A cookie is a position: `.` has cookie 1, `..` cookie 2. Trees never change, so cookies never expire.

import type { Caller, Transport } from '../program.ts'
import { opaqueSize } from '../xdr.ts'
import { POST_OP_ATTR_SIZE } from './attributes.ts'
import { READ as MAY_READ, permissionBits } from './permission.ts'
import { type Failure, failure } from './procedure.ts'
import { type FileObject, parentOf } from './resolve.ts'
import { Nfsstat3 } from './status.ts'

/** Always zero, as RFC 1813 section 3.3.16 has it for cookies that are valid for ever. */
export const COOKIEVERF = 0n
/** The most bytes of one page: FSINFO's dtpref. Bounds the work of one call. */
export const DTMAX: Readonly<Record<Transport, number>> = { tcp: 64 * 1024, udp: 8 * 1024 }
/** post_op_attr, cookieverf, the end of the list, eof: what a resok has besides its entries. */
const RESOK_SIZE = POST_OP_ATTR_SIZE + 8 + 4 + 4
const DOT = Buffer.from('.')
const DOT_DOT = Buffer.from('..')

export interface ListingRequest {
  readonly cookie: bigint
  readonly cookieverf: bigint
  /** Bytes of the whole resok. */
  readonly maxcount: number
  /** Bytes of fileids, names and cookies alone. */
  readonly dircount: number
  /** Bytes that every entry has besides its name, its marker included. */
  readonly entryBytes: number
}

export interface ListedEntry {
  readonly file: number
  readonly name: Buffer
  readonly cookie: number
}

export interface Listing {
  readonly kind: 'ok'
  readonly directory: FileObject
  readonly entries: readonly ListedEntry[]
  readonly eof: boolean
}

type ListingCaller = Pick<Caller, 'credential' | 'transport'>

export function listDirectory(directory: FileObject, request: ListingRequest, { credential, transport }: ListingCaller): Listing | Failure {
  const { attributes, source } = directory
  if (attributes.type !== 'directory') return failure(Nfsstat3.NFS3ERR_NOTDIR)
  if ((permissionBits(attributes, credential) & MAY_READ) === 0) return failure(Nfsstat3.NFS3ERR_ACCES)
  const count = source.tree.entryCount(directory.file) + 2
  if (request.cookie > BigInt(count)) return failure(Nfsstat3.NFS3ERR_BAD_COOKIE)
  if (request.cookie > 0n && request.cookieverf !== COOKIEVERF) return failure(Nfsstat3.NFS3ERR_BAD_COOKIE)
  const first = Number(request.cookie)
  let room = Math.min(request.maxcount, DTMAX[transport]) - RESOK_SIZE
  if (room < 0) return failure(Nfsstat3.NFS3ERR_TOOSMALL)
  let directoryRoom = request.dircount
  const entries: ListedEntry[] = []
  for (let position = first; position < count; position++) {
    const entry = entryAt(directory, position)
    const nameSize = opaqueSize(entry.name.length)
    room -= request.entryBytes + nameSize
    directoryRoom -= 8 + nameSize + 8
    if (room < 0 || directoryRoom < 0) break
    entries.push(entry)
  }
  if (entries.length === 0 && first < count) return failure(Nfsstat3.NFS3ERR_TOOSMALL)
  return { kind: 'ok', directory, entries, eof: first + entries.length === count }
}

function entryAt(directory: FileObject, position: number): ListedEntry {
  const cookie = position + 1
  if (position === 0) return { file: directory.file, name: DOT, cookie }
  if (position === 1) return { file: parentOf(directory), name: DOT_DOT, cookie }
  const entry = directory.source.tree.entry(directory.file, position - 2)
  if (!entry) throw new Error(`directory ${directory.file} of generation ${directory.source.generation} has no entry ${position - 2}`)
  return { file: entry.file, name: entry.name, cookie }
}
