// From a filehandle to the object that it names, for this caller: access is decided here, so that
// no operation can be reached without it.
import type { Caller } from '../program.ts'
import type { Attributes, Export } from '../vfs.ts'
import { Nfsstat3, type Nfsstat3Error } from './status.ts'

export interface FileObject {
  readonly kind: 'object'
  readonly source: Export
  readonly file: number
  readonly attributes: Attributes
}

export interface Refused {
  readonly kind: 'refused'
  readonly status: Nfsstat3Error
}

/** BADHANDLE: none of ours. STALE: its generation is gone. ACCES: not for this client. */
export function resolve(handle: Buffer, caller: Caller): FileObject | Refused {
  const content = caller.filehandles.decode(handle)
  if (!content) return refused(Nfsstat3.NFS3ERR_BADHANDLE)
  const source = caller.exports.byGeneration(content.generation)
  if (!source) return refused(Nfsstat3.NFS3ERR_STALE)
  if (!caller.mayRead(caller.clientAddress, source)) return refused(Nfsstat3.NFS3ERR_ACCES)
  return objectOf(source, content.file) ?? refused(Nfsstat3.NFS3ERR_STALE)
}

/** Undefined when the tree has no such file. */
export function objectOf(source: Export, file: number): FileObject | undefined {
  const attributes = source.tree.attributes(file)
  return attributes && { kind: 'object', source, file, attributes }
}

/** The directory above; the root's is the root itself, whatever the tree says. */
export function parentOf({ source, file }: FileObject): number {
  return file === source.tree.root ? file : (source.tree.parent(file) ?? source.tree.root)
}

function refused(status: Nfsstat3Error): Refused {
  return { kind: 'refused', status }
}
