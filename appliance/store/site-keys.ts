// What lets this appliance in at its manager: two files that the manager makes at its first start, in keys/ of the dataDir that
// both share, or copied from there. Read anew each time: they may come later, or be exchanged.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

export type SiteKeys =
  | { readonly kind: 'keys'; readonly secret: string; readonly authority: string }
  /** For the log: which file, and what to do. */
  | { readonly kind: 'none'; readonly reason: string }

export async function readSiteKeys(dataDir: string): Promise<SiteKeys> {
  const path = join(dataDir, 'keys/site.key')
  const authority = await readAuthority(dataDir)
  if (authority.kind === 'none') return authority
  const stats = await stat(path).catch(() => undefined)
  // Its group may be that of this appliance's own user.
  if (stats && (stats.mode & 0o037) !== 0) return { kind: 'none', reason: `${path} can be read by others: chmod 600 it` }
  const secret = (await readShort(path))?.trim()
  return secret ? { kind: 'keys', secret, authority: authority.pem } : { kind: 'none', reason: missing(path) }
}

/** PEM of the certificate that the manager's is signed with. */
export async function readAuthority(
  dataDir: string,
): Promise<{ readonly kind: 'authority'; readonly pem: string } | (SiteKeys & { readonly kind: 'none' })> {
  const path = join(dataDir, 'keys/manager-ca.pem')
  const pem = await readShort(path)
  return pem ? { kind: 'authority', pem } : { kind: 'none', reason: missing(path) }
}

async function readShort(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

function missing(path: string): string {
  return `there is no ${path} yet: the manager makes it at its first start; from a manager on another machine, copy keys/site.key and keys/manager-ca.pem here`
}
