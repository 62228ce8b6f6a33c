// One-time codes for who has lost what makes theirs: 80 random bits each, kept as hashes. Pure.
import { createHash } from 'node:crypto'
import { base32 } from './totp.ts'

export const RECOVERY_CODES = 10
const BYTES = 10

/** `ABCD-EFGH-IJKL-MNOP`. */
export function newRecoveryCode(random: (size: number) => Buffer): string {
  return base32(random(BYTES)).replace(/(.{4})(?=.)/g, '$1-')
}

/** SHA-256, hexadecimal, however it was typed; undefined: it is none. */
export function recoveryHash(typed: string): string | undefined {
  const plain = typed.replace(/[\s-]/g, '').toUpperCase()
  return /^[A-Z2-7]{16}$/.test(plain) ? createHash('sha256').update(`recovery ${plain}`).digest('hex') : undefined
}
