// The manager's own certificate authority: made at the first start, its key in keys/manager-ca.key (0600) and nowhere else.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Authority, authorityFrom, selfSigned } from './certificate.ts'
import { keepSecret, readSecret, writeOnce } from './secrets.ts'

export const AUTHORITY_KEY = 'manager-ca.key'
export const AUTHORITY_CERTIFICATE = 'manager-ca.pem'
export const SITE_SECRET = 'site.key'

/** Rejects when key and certificate are not a pair: hosts that run would not be let in again. */
export async function keepAuthority(dataDir: string): Promise<Authority> {
  const key = await keepSecret(dataDir, AUTHORITY_KEY, newKey)
  const path = join(dataDir, 'keys', AUTHORITY_CERTIFICATE)
  await writeOnce(path, await selfSigned(key, newSerial()), 0o644)
  return authorityFrom(key, await readFile(path, 'utf8'), path)
}

/** One was made before. */
export async function hasAuthority(dataDir: string): Promise<boolean> {
  return (await readSecret(join(dataDir, 'keys', AUTHORITY_KEY))) !== undefined
}

/** What appliances show to be let in: 256 bits, base64url. The same file lies on every appliance of the site. */
export async function keepSiteSecret(dataDir: string): Promise<string> {
  return (await keepSecret(dataDir, SITE_SECRET, () => randomBytes(32).toString('base64url'), 'appliance')).trim()
}

/** P-256, PKCS #8 in PEM. */
export function newKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
}

/** 127 random bits: positive, as RFC 5280 (4.1.2.2) wants a serial number. */
export function newSerial(): Buffer {
  const serial = randomBytes(16)
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0)
  return serial
}
