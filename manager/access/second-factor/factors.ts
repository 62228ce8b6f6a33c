// Second factors of users: begun, confirmed by a code, spent at each sign-in, ended. What they are made with is sealed in the database.
import type { Store, Transaction } from '../../store/database.ts'
import type { Sealer } from '../../store/keys/sealing.ts'
import {
  aboutFactorOf,
  confirmSecondFactor,
  recoveryCodesLeft,
  removeSecondFactor,
  type SecondFactorsTable,
  saveSecondFactor,
  secondFactorOf,
  spendRecoveryCode,
  usedStep,
} from '../../store/tables/second-factors.ts'
import type { Answer, BegunFactor, FactorState, Refusal } from '../access.ts'
import { newRecoveryCode, RECOVERY_CODES, recoveryHash } from './recovery-codes.ts'
import { base32, otpauthUri, SECRET_BYTES, stepOfCode } from './totp.ts'

export interface FactorsOptions {
  readonly store: Pick<Store, 'db'>
  /** Left out: of a program that has no second factor to look at. */
  readonly sealer?: Sealer | undefined
  readonly now: () => number
  readonly random: (size: number) => Buffer
}

export type Spent = { readonly kind: 'none' } | { readonly kind: 'spent'; readonly by: 'code' | 'recovery code' } | Refusal

export const WANTED: Refusal = {
  kind: 'refused',
  status: 401,
  code: 'second-factor',
  reason: 'a code of your second factor is needed, too: of your app, or a recovery code',
}
const WRONG_CODE: Refusal = {
  kind: 'refused',
  status: 401,
  reason: 'the code is wrong, too old, or was used before: wait for the next one, and see that the clocks are right',
}

export class Factors {
  readonly #options: FactorsOptions

  constructor(options: FactorsOptions) {
    this.#options = options
  }

  async stateOf(user: string): Promise<FactorState> {
    const { db } = this.#options.store
    const found = await secondFactorOf(db, user)
    if (!found) return { state: 'off', recoveryCodes: 0 }
    return { state: found.confirmed === null ? 'begun' : 'on', recoveryCodes: await recoveryCodesLeft(db, user) }
  }

  /** In the place of one that was begun; refused where there is one that counts. */
  async begin(transaction: Transaction, user: string): Promise<Answer<BegunFactor>> {
    if (isOn(await secondFactorOf(transaction, user))) return refused(409, `${user} has a second factor already: end it first`)
    const secret = this.#options.random(SECRET_BYTES)
    await saveSecondFactor(transaction, user, this.#sealer().seal(aboutFactorOf(user), secret.toString('base64')))
    return { kind: 'done', value: { secret: base32(secret), uri: otpauthUri(user, secret) } }
  }

  /** From now on it counts. Gives the recovery codes, which are told this once. */
  async confirm(transaction: Transaction, user: string, code: string): Promise<Answer<readonly string[]>> {
    const found = await secondFactorOf(transaction, user)
    if (!found) return refused(409, `no second factor of ${user} was begun`)
    if (isOn(found)) return refused(409, `the second factor of ${user} counts already`)
    if (!(await this.#spendCode(transaction, found, code))) return WRONG_CODE
    const codes = Array.from({ length: RECOVERY_CODES }, () => newRecoveryCode(this.#options.random))
    const hashes = codes.flatMap((one) => recoveryHash(one) ?? [])
    await confirmSecondFactor(transaction, user, this.#options.now(), hashes)
    return { kind: 'done', value: codes }
  }

  /** At a sign-in: each code once. `none`: this user has no second factor. */
  async spend(transaction: Transaction, user: string, code: string | undefined): Promise<Spent> {
    const found = await secondFactorOf(transaction, user)
    if (!found || !isOn(found)) return { kind: 'none' }
    if (code === undefined || code.trim() === '') return WANTED
    if (await this.#spendCode(transaction, found, code)) return { kind: 'spent', by: 'code' }
    const hash = recoveryHash(code)
    const isSpent = hash !== undefined && (await spendRecoveryCode(transaction, user, hash))
    return isSpent ? { kind: 'spent', by: 'recovery code' } : WRONG_CODE
  }

  async end(transaction: Transaction, user: string): Promise<Answer<null>> {
    const isEnded = await removeSecondFactor(transaction, user)
    return isEnded ? { kind: 'done', value: null } : refused(409, `${user} has no second factor`)
  }

  async #spendCode(transaction: Transaction, { user, sealed, last_step: last }: SecondFactorsTable, code: string): Promise<boolean> {
    const secret = Buffer.from(this.#sealer().open(aboutFactorOf(user), sealed), 'base64')
    const step = stepOfCode(secret, code.replace(/\s/g, ''), this.#options.now(), last ?? undefined)
    if (step === undefined) return false
    await usedStep(transaction, user, step)
    return true
  }

  #sealer(): Sealer {
    const { sealer } = this.#options
    if (!sealer) throw new Error('second factors cannot be opened here: there is no key for them')
    return sealer
  }
}

function isOn(found: SecondFactorsTable | undefined): boolean {
  return found !== undefined && found.confirmed !== null
}

const refused = (status: Refusal['status'], reason: string): Refusal => ({ kind: 'refused', status, reason })
