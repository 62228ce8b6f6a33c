// dirpath of MNT (RFC 1813 section 5.1.2) to a directory: an export, or a directory within one.
// Symlinks are not followed, `.` and `..` do not exist.
import type { Caller } from '../program.ts'
import type { Export } from '../vfs.ts'
import type { MountRefusal } from './mounts.ts'

export type MountPoint =
  | { readonly kind: 'directory'; readonly source: Export; readonly file: number }
  | { readonly kind: 'refused'; readonly reason: MountRefusal }

/** Without doubled and trailing slashes; the bytes as latin1. */
export function canonicalPath(path: Buffer): string {
  return `/${componentsOf(path).join('/')}`
}

/** For logs: what is not printable ASCII is escaped. */
export function printablePath(latin1: string): string {
  return latin1.replace(/[^\x20-\x5b\x5d-\x7e]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

export function findMountPoint(path: Buffer, { exports, mayRead, clientAddress }: Caller): MountPoint {
  const [image = '', generation = '', ...rest] = componentsOf(path)
  const source = exports.byPath(`/${image}/${generation}`)
  if (!source) return { kind: 'refused', reason: 'MNT3ERR_NOENT' }
  if (!mayRead(clientAddress, source)) return { kind: 'refused', reason: 'MNT3ERR_ACCES' }
  let file = source.tree.root
  for (const name of rest) {
    if (source.tree.attributes(file)?.type !== 'directory') return { kind: 'refused', reason: 'MNT3ERR_NOTDIR' }
    const next = name === '.' || name === '..' ? undefined : source.tree.lookup(file, Buffer.from(name, 'latin1'))
    if (next === undefined) return { kind: 'refused', reason: 'MNT3ERR_NOENT' }
    file = next
  }
  if (source.tree.attributes(file)?.type !== 'directory') return { kind: 'refused', reason: 'MNT3ERR_NOTDIR' }
  return { kind: 'directory', source, file }
}

function componentsOf(path: Buffer): string[] {
  return path
    .toString('latin1')
    .split('/')
    .filter((name) => name !== '')
}
