// What follows from an automation and the number of a step, however often that is replayed. Pure.
import { createHash } from 'node:crypto'

export function derivedId(automation: string, step: string): string {
  return uuidOf(hash(`${automation} id ${step}`))
}

/** From 0 to 1. */
export function derivedNumber(seed: string, automation: string, step: string): number {
  return hash(`${automation} ${seed} ${step}`).readUIntBE(0, 6) / 2 ** 48
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function uuidOf(hash: Buffer): string {
  const digits = hash.toString('hex')
  const variant = ((Number.parseInt(digits.slice(16, 17), 16) & 3) | 8).toString(16)
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-')
}
