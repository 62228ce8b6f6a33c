// The gate before a generation: every machine on the provisioning network can read an image, so nothing
// secret may be in it (security-notes 4). Looks at all regular files of a root.tar, as a stream. Pure.
import { PemScanner } from './secrets-pem.ts'
import { readTar, type TarEntry, type TarSource } from './tar.ts'

export type SecretRule = 'private-key' | 'password-hash' | 'ssh-host-key' | 'machine-id' | 'random-seed'

export interface Finding {
  /** Path in the image, without a leading slash. */
  readonly file: string
  readonly rule: SecretRule
  /** What was seen; never the secret. */
  readonly seen: string
  readonly fix: string
}

const CHUNK = 1 << 20
/** Files that are looked at as a whole: account files, machine-id. */
const WHOLE = 1 << 20
/** More are not needed to understand what is wrong. */
const MAX_FINDINGS = 100

/** Keys in here are examples. */
const DOCUMENTATION = /^usr\/(local\/)?share\/(doc|man|info|help)\//
const ACCOUNTS = /^etc\/g?(shadow|passwd)-?$/
const MACHINE_ID = /^(etc\/machine-id|var\/lib\/dbus\/machine-id)$/
const RANDOM_SEED =
  /^(var\/lib\/(systemd\/random-seed|systemd\/credential\.secret|urandom\/random-seed|random-seed)|boot\/(efi\/)?loader\/random-seed)$/
const HOST_KEY = /^etc\/(ssh\/ssh_host_\w+_key|dropbear\/dropbear_\w+_host_key|dropbear-initramfs\/dropbear_\w+_host_key)$/
/** Where services keep their keys: there a key is a secret in whatever format it is. */
const KEY_PLACES = /^(etc|root|home|srv|opt|var\/lib)\/(.*\/)?[^/]+\.(pem|key)$/

/** All findings in the order of the tar, at most 100. Throws TarError, or what `source.read` rejects with. */
export async function findSecrets(source: TarSource): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const contents = new Map<string, TarEntry>()
  for await (const link of readTar(source)) {
    const file = plainPath(link.path)
    const entry = link.kind === 'hardlink' ? contents.get(plainPath(link.linkTarget)) : link
    if (entry?.kind !== 'regular') continue
    contents.set(file, entry)
    if (entry.size === 0) continue
    const byPlace = await placeFinding(source, entry, file)
    const finding = byPlace ?? (DOCUMENTATION.test(file) || entry !== link ? undefined : await contentFinding(source, entry, file))
    if (finding) findings.push(finding)
    if (findings.length >= MAX_FINDINGS) break
  }
  return findings
}

/** Finds by where a file lies. */
async function placeFinding(source: TarSource, entry: TarEntry, file: string): Promise<Finding | undefined> {
  if (HOST_KEY.test(file)) {
    return { file, rule: 'ssh-host-key', seen: `${entry.size} bytes`, fix: `delete ${file}; dom0 makes its host key at boot` }
  }
  if (RANDOM_SEED.test(file)) {
    return { file, rule: 'random-seed', seen: `${entry.size} bytes`, fix: `delete ${file}; all machines would start from the same seed` }
  }
  if (MACHINE_ID.test(file)) {
    const id = (await head(source, entry)).toString('latin1').trim()
    if (id === '' || id === 'uninitialized') return undefined
    return { file, rule: 'machine-id', seen: 'an id', fix: `empty ${file}: each machine gets its own at boot` }
  }
  if (ACCOUNTS.test(file)) {
    const names = accountsWithHash((await head(source, entry)).toString('latin1'))
    if (names.length === 0) return undefined
    const seen = `password hash of ${names.map((name) => JSON.stringify(name)).join(', ')}`
    return { file, rule: 'password-hash', seen, fix: `set the password field to "*" (usermod -p '*' NAME) in ${file}` }
  }
  if (KEY_PLACES.test(file) && !isPublicPem((await head(source, entry)).toString('latin1'))) {
    return {
      file,
      rule: 'private-key',
      seen: 'a key file that is no public PEM',
      fix: `delete ${file}; secrets reach a host over the agent, never in the image`,
    }
  }
  return undefined
}

/** Finds by what a file holds. Programs and libraries carry PEM as text of theirs (gnutls its self-tests): not looked at. */
async function contentFinding(source: TarSource, entry: TarEntry, file: string): Promise<Finding | undefined> {
  const scanner = new PemScanner()
  for (let done = 0; done < entry.size; ) {
    const chunk = await source.read(entry.dataOffset + done, Math.min(CHUNK, entry.size - done))
    if (done === 0 && chunk.toString('latin1', 0, 4) === '\x7fELF') return undefined
    done += chunk.length
    const label = scanner.push(chunk, done === entry.size ? 'last' : 'more')
    if (label !== undefined) {
      return {
        file,
        rule: 'private-key',
        seen: `a PEM block "${label}"`,
        fix: `delete ${file}, or take the key out of it; secrets reach a host over the agent`,
      }
    }
  }
  return undefined
}

/** Names whose second field holds anything but a placeholder. A locked hash (`!$6$…`) is still a hash. */
function accountsWithHash(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', password = ''] = line.split(':')
    return /^[!*]*(x|NP|LK)?\**$/.test(password) ? [] : [name]
  })
}

/** A file of nothing but certificates, public keys and parameters. */
function isPublicPem(text: string): boolean {
  const labels = [...text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----/gm)].map(([, label = '']) => label)
  return labels.length > 0 && labels.every((label) => !label.includes('PRIVATE'))
}

async function head(source: TarSource, entry: TarEntry): Promise<Buffer> {
  return source.read(entry.dataOffset, Math.min(entry.size, WHOLE))
}

function plainPath(path: Buffer): string {
  return path
    .toString('latin1')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
}
