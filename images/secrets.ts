// The gate before a generation: every machine on the provisioning network can read an image, so nothing
// secret may be in it (security-notes 4). Looks at all regular files of a root.tar, as a stream, and into what is packed.

import { encodedKey } from './secrets-base64.ts'
import { binaryKey } from './secrets-binary.ts'
import { formatOf, gunzipped, NotUnpacked, type PackedFormat } from './secrets-packed.ts'
import { PemScanner } from './secrets-pem.ts'
import { textSecret } from './secrets-text.ts'
import { readTar, type TarEntry, type TarSource } from './tar.ts'

export type SecretRule = 'private-key' | 'password' | 'password-hash' | 'ssh-host-key' | 'machine-id' | 'random-seed'

export interface Finding {
  /** Path in the image, without a leading slash. */
  readonly file: string
  readonly rule: SecretRule
  /** What was seen; never the secret. */
  readonly seen: string
  readonly fix: string
}

const CHUNK = 1 << 20
/** What is looked at as a whole: account files, machine-id, keys in binary form, configuration files. */
const WHOLE = 1 << 20
/** Of a packed file, in bytes unpacked: a quarter of a second. */
const UNPACKED = 64 << 20
/** gzip in gzip, and no deeper. */
const DEEPEST = 2
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

/** Modules are programs, thousands of them. */
const MODULES = /^(usr\/)?lib\/modules\/.*\.ko\.(xz|zst|gz)$/

/** A packed file, or what is behind the bound in one, that was not looked at. */
export interface Unread {
  readonly file: string
  readonly reason: string
}

export interface ScanTools {
  /** Unpacks what Node cannot; throws NotUnpacked. */
  readonly unpack?: (format: Exclude<PackedFormat, 'gzip'>, packed: AsyncGenerator<Buffer>) => AsyncGenerator<Buffer, void, void>
  readonly onUnread?: (unread: Unread) => void
}

/** All findings in the order of the tar, at most 100. Throws TarError, or what `source.read` rejects with. */
export async function findSecrets(source: TarSource, tools: ScanTools = {}): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const contents = new Map<string, TarEntry>()
  for await (const link of readTar(source)) {
    const file = plainPath(link.path)
    const entry = link.kind === 'hardlink' ? contents.get(plainPath(link.linkTarget)) : link
    if (entry?.kind !== 'regular') continue
    contents.set(file, entry)
    if (entry.size === 0) continue
    const byPlace = await placeFinding(source, entry, file)
    const isPlain = DOCUMENTATION.test(file) || MODULES.test(file) || entry !== link
    const finding = byPlace ?? (isPlain ? undefined : await contentFinding(source, entry, file, tools))
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

/** Finds by what a file holds. */
async function contentFinding(source: TarSource, entry: TarEntry, file: string, tools: ScanTools): Promise<Finding | undefined> {
  const found = await secretIn(chunksOf(source, entry), file, { ...tools, path: file, depth: 0 })
  if (!found) return undefined
  return { file, ...found, fix: `delete ${file}, or take the secret out of it; secrets reach a host over the agent` }
}

/** Programs and libraries carry PEM as text of theirs (gnutls its self-tests): not looked at. */
async function secretIn(chunks: AsyncGenerator<Buffer>, file: string, scan: Scan): Promise<Pick<Finding, 'rule' | 'seen'> | undefined> {
  const pem = new PemScanner()
  const head: Buffer[] = []
  let length = 0
  for await (const chunk of chunks) {
    if (length === 0 && chunk.toString('latin1', 0, 4) === '\x7fELF') return undefined
    const format = length === 0 ? formatOf(chunk) : undefined
    if (format) return await secretInPacked(format, chunk, chunks, file, scan)
    if (length < WHOLE) head.push(chunk)
    length += chunk.length
    const label = pem.push(chunk, 'more')
    if (label !== undefined) return { rule: 'private-key', seen: `a PEM block "${label}"` }
  }
  const label = pem.push(Buffer.alloc(0), 'last')
  if (label !== undefined) return { rule: 'private-key', seen: `a PEM block "${label}"` }
  const whole = head.length === 1 && head[0] ? head[0] : Buffer.concat(head)
  const key = binaryKey(whole, file) ?? encodedKey(whole)
  return key === undefined ? textSecret(whole, file) : { rule: 'private-key', seen: key }
}

interface Scan extends ScanTools {
  /** Of the file in the image. */
  readonly path: string
  /** How often it was unpacked. */
  readonly depth: number
}

type Found = Pick<Finding, 'rule' | 'seen'> | undefined

async function secretInPacked(format: PackedFormat, first: Buffer, more: AsyncGenerator<Buffer>, file: string, scan: Scan): Promise<Found> {
  const unread = (reason: string): undefined => {
    scan.onUnread?.({ file: scan.path, reason: `${format}: ${reason}` })
    return undefined
  }
  const { unpack } = scan
  if (scan.depth >= DEEPEST) return unread('packed more than twice')
  if (format !== 'gzip' && !unpack) return unread('it cannot be unpacked here')
  async function* packed(): AsyncGenerator<Buffer> {
    yield first
    yield* more
  }
  const unpacked = format === 'gzip' || !unpack ? gunzipped(packed()) : unpack(format, packed())
  const name = file.replace(/\.(gz|xz|zst|bz2|lzma)$/, '')
  const found = await secretIn(readable(unpacked, unread), name, { ...scan, depth: scan.depth + 1 })
  return found && { ...found, seen: `${found.seen}, packed with ${format}` }
}

/** As much as can be unpacked within the bound; of what is behind it, or damaged, it is said. */
async function* readable(chunks: AsyncGenerator<Buffer>, unread: (reason: string) => void): AsyncGenerator<Buffer, void, void> {
  let length = 0
  try {
    for await (const chunk of chunks) {
      if (length >= UNPACKED) return unread(`only the first ${UNPACKED >> 20} MiB of it were looked at`)
      yield chunk
      length += chunk.length
    }
  } catch (error) {
    if (!(error instanceof NotUnpacked)) throw error
    unread(error.message)
  }
}

async function* chunksOf(source: TarSource, entry: TarEntry): AsyncGenerator<Buffer, void, void> {
  for (let done = 0; done < entry.size; ) {
    const chunk = await source.read(entry.dataOffset + done, Math.min(CHUNK, entry.size - done))
    done += chunk.length
    yield chunk
  }
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
