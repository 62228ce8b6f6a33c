// Time-based one-time passwords: RFC 6238 over HOTP (RFC 4226), as authenticator apps make them: SHA-1, six digits, 30 seconds. Pure.
import { createHmac, timingSafeEqual } from 'node:crypto'

/** Seconds. */
export const STEP_SECONDS = 30
/** RFC 4226, 4, R6: as long as the hash. */
export const SECRET_BYTES = 20
const DIGITS = 6
/** Steps before and after: RFC 6238, 5.2. */
const DRIFT = 1

/** Of RFC 4648, 6: without padding. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** `now`: milliseconds since the epoch. */
export function stepAt(now: number): number {
  return Math.floor(now / 1000 / STEP_SECONDS)
}

/** RFC 4226, 5.3. */
export function codeOf(secret: Uint8Array, step: number, digits = DIGITS): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 0x0f
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/** The step that this is the code of; undefined: it is none of now, or that step, or a later one, was used before. */
export function stepOfCode(secret: Uint8Array, code: string, now: number, lastUsed: number | undefined): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const at = stepAt(now)
  let found: number | undefined
  // All of them are looked at: how long it takes says nothing.
  for (let step = Math.max(0, at - DRIFT); step <= at + DRIFT; step += 1) {
    const isIt = timingSafeEqual(Buffer.from(codeOf(secret, step)), Buffer.from(code))
    if (isIt && (lastUsed === undefined || step > lastUsed)) found = step
  }
  return found
}

export function base32(bytes: Uint8Array): string {
  let [text, bits, held] = ['', 0, 0]
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((held >> (bits - 5)) & 31)
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + ALPHABET.charAt((held << (5 - bits)) & 31)
}

/** What an authenticator app reads: the Key URI format of Google Authenticator, which the others took over. */
export function otpauthUri(user: string, secret: Uint8Array): string {
  const query = new URLSearchParams({ secret: base32(secret), issuer: 'hostless', algorithm: 'SHA1', digits: String(DIGITS) })
  return `otpauth://totp/hostless:${encodeURIComponent(user)}?${query}&period=${STEP_SECONDS}`
}
