// A user with a second factor, and the app that shows its codes.
import { codeOf, stepAt } from '../../../../manager/access/second-factor/totp.ts'
import { type AccessSite, PASSWORD, value } from '../site.ts'

export const PEER = '10.0.0.1'

/** Of what base32 says. */
export function bytesOf(secret: string): Buffer {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

export interface Enrolled {
  readonly secret: string
  readonly recovery: readonly string[]
  /** That the app shows now; `steps`: so many on. */
  code(steps?: number): string
}

/** A user whose factor was confirmed by the code of now. */
export async function enrolled({ access, clock }: AccessSite, user = 'alice'): Promise<Enrolled> {
  const { secret } = value(await access.beginSecondFactor(user, PASSWORD, PEER))
  const code = (steps = 0) => codeOf(bytesOf(secret), stepAt(clock.now) + steps)
  const recovery = value(await access.confirmSecondFactor(user, code(), PEER))
  return { secret, recovery, code }
}
