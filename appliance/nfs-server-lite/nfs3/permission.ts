// What mode, uid and gid allow a caller. Root is root (no_root_squash: a dom0 reads all of its own
// root file system); a caller without AUTH_SYS is one of the others.
import type { Credential } from '../rpc.ts'
import type { Attributes } from '../vfs.ts'

export const READ = 4
export const WRITE = 2
export const EXECUTE = 1

/** Bits of READ, WRITE and EXECUTE (search, for a directory), as Linux computes them for a local process. */
export function permissionBits({ type, mode, uid, gid }: Attributes, credential: Credential): number {
  if (credential.kind === 'none') return mode & 7
  if (credential.uid === 0) return READ | WRITE | (type === 'directory' || (mode & 0o111) !== 0 ? EXECUTE : 0)
  if (credential.uid === uid) return (mode >> 6) & 7
  if (credential.gid === gid || credential.gids.includes(gid)) return (mode >> 3) & 7
  return mode & 7
}

/**
 * Whether READ may answer. Wider than the mode, as knfsd is: the client reads for a process that may only execute the
 * file, and for an owner who opened it before its mode was taken away (RFC 1813 section 4.4).
 */
export function mayReadData(attributes: Attributes, credential: Credential): boolean {
  const owner = credential.kind === 'sys' && credential.uid === attributes.uid
  return owner || (permissionBits(attributes, credential) & (READ | EXECUTE)) !== 0
}
