// Coming in: by a password and, of who has one, a code of a second factor. Both are limited together, by account and by address.
import type { Kysely } from 'kysely'
import type { IssuedToken } from '../protocol/accounts.ts'
import type { Transaction } from '../store/database.ts'
import type { Tables } from '../store/schema.ts'
import { saveSession } from '../store/tables/sessions.ts'
import { type KnownUser, sawUser, userByName } from '../store/tables/users.ts'
import type { Answer, BegunFactor, Refusal, ShownBoth, SignedIn, WantedLogin } from './access.ts'
import type { Act } from './audit-bound.ts'
import { csrfOf, hashOf } from './credentials.ts'
import { noPassword } from './oidc/not-local.ts'
import { type Passwords, PasswordsBusy } from './password.ts'
import type { Factors } from './second-factor/factors.ts'
import { type Halfway, SignInTickets } from './second-factor/tickets.ts'
import type { SignInLimits } from './sign-in-limits.ts'
import type { Tokens } from './tokens.ts'

export interface ComingInOptions {
  readonly db: Kysely<Tables>
  readonly now: () => number
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  readonly passwords: Passwords
  readonly limits: SignInLimits
  readonly factors: Factors
  readonly tokens: Tokens
  readonly newSecret: () => string
  readonly newId: () => string
  readonly change: <Value>(act: (transaction: Transaction) => Promise<Value>) => Promise<Value>
  readonly audit: (act: Act) => Promise<void>
  /** Another way to come in than by a password, as people know it. */
  readonly elsewhere?: string | undefined
}

export class ComingIn {
  readonly #options: ComingInOptions
  readonly #tickets: SignInTickets

  constructor(options: ComingInOptions) {
    this.#options = options
    this.#tickets = new SignInTickets(options.newSecret, options.elapsed)
  }

  async #authenticate(name: string, password: string, peer: string): Promise<Answer<KnownUser>> {
    const wait = this.#options.limits.attempt(name, peer)
    if (wait > 0) return tooMany(wait)
    const known = await userByName(this.#options.db, name)
    const isLocal = known !== undefined && known.issuer === undefined
    const matches = await this.#options.passwords.matches(password, isLocal ? known.passwordHash : undefined).catch(busy)
    if (typeof matches !== 'boolean') return matches
    if (!isLocal || !matches) return this.#wrong
    this.#options.limits.wentWell(name, peer)
    return done(known)
  }

  /** Of who has come in already, and may be told that there is no password to show. */
  async #authenticateSelf(name: string, password: string, peer: string): Promise<Answer<KnownUser>> {
    const known = await userByName(this.#options.db, name)
    return (known && noPassword(known)) ?? this.#authenticate(name, password, peer)
  }

  /** The same whoever it is of: names are not told to strangers. */
  get #wrong(): Refusal {
    const { elsewhere } = this.#options
    const other =
      elsewhere === undefined
        ? ''
        : `. Who comes in by ${elsewhere} has no password here: sign in by it on the page, and make a token there (Account) for the command line`
    return { kind: 'refused', status: 401, code: 'wrong-password', reason: `the name or the password is wrong${other}` }
  }

  async signIn(name: string, password: string, peer: string): Promise<SignedIn> {
    const authenticated = await this.#authenticate(name, password, peer)
    if (authenticated.kind === 'refused') return authenticated
    const known = authenticated.value
    const signedIn = await this.#openSession(known, undefined, peer)
    if (signedIn.kind !== 'refused' || signedIn.code !== 'second-factor') return signedIn
    return { kind: 'code-wanted', ticket: this.#tickets.issue({ name: known.name, passwordHash: known.passwordHash }) }
  }

  async signInWithCode(ticket: string, code: string, peer: string): Promise<SignedIn> {
    const halfway = this.#tickets.take(ticket)
    if (!halfway) return refused(401, 'this sign-in was too long ago, or had too many codes: begin anew')
    const signedIn = await this.#openSession(halfway, code, peer)
    if (signedIn.kind === 'session') this.#tickets.spend(ticket)
    return signedIn
  }

  async #openSession(
    halfway: Halfway,
    code: string | undefined,
    peer: string,
  ): Promise<Exclude<SignedIn, { readonly kind: 'code-wanted' }>> {
    const { name: user } = halfway
    const [secret, now] = [this.#options.newSecret(), this.#options.now()]
    const made = await this.#withCode(halfway, code, peer, async (transaction) => {
      const known = await userByName(transaction, user)
      if (!known) return this.#wrong
      await sawUser(transaction, user, now)
      await saveSession(transaction, { id: this.#options.newId(), user, hash: hashOf(secret), created: now, last_used: now })
      return done(known.role)
    })
    return made.kind === 'refused' ? made : { kind: 'session', secret, csrf: csrfOf(secret), user, role: made.value }
  }

  async checkPassword(user: string, password: string, peer: string): Promise<Answer<null>> {
    const known = await this.#authenticateSelf(user, password, peer)
    return known.kind === 'refused' ? known : done(null)
  }

  async logIn(name: string, password: string, { label, days, code }: WantedLogin, peer: string): Promise<Answer<IssuedToken>> {
    const authenticated = await this.#authenticate(name, password, peer)
    if (authenticated.kind === 'refused') return authenticated
    const { name: user } = authenticated.value
    return this.#withCode(authenticated.value, code, peer, async (transaction) => {
      await sawUser(transaction, user, this.#options.now())
      return this.#options.tokens.issue(transaction, user, { label, days })
    })
  }

  async beginSecondFactor(user: string, password: string, peer: string): Promise<Answer<BegunFactor>> {
    const known = await this.#authenticateSelf(user, password, peer)
    return known.kind === 'refused' ? known : this.#options.change((transaction) => this.#options.factors.begin(transaction, user))
  }

  async confirmSecondFactor(user: string, code: string, peer: string): Promise<Answer<readonly string[]>> {
    const wait = this.#options.limits.attempt(user, peer)
    if (wait > 0) return tooMany(wait)
    const confirmed = await this.#options.change((transaction) => this.#options.factors.confirm(transaction, user, code))
    if (confirmed.kind === 'done') this.#options.limits.wentWell(user, peer)
    return confirmed
  }

  async endSecondFactor(user: string, { password, code }: ShownBoth, peer: string): Promise<Answer<null>> {
    const known = await this.#authenticateSelf(user, password, peer)
    if (known.kind === 'refused') return known
    return this.#withCode(known.value, code, peer, async (transaction) => this.#options.factors.end(transaction, user))
  }

  /** What takes the password and, of who has a second factor, a code: each code once, and as often wrong as a password. */
  async #withCode<Value>(
    { name: user, passwordHash }: Halfway,
    code: string | undefined,
    peer: string,
    act: (transaction: Transaction) => Promise<Answer<Value>>,
  ): Promise<Answer<Value>> {
    const wait = code === undefined ? 0 : this.#options.limits.attempt(user, peer)
    if (wait > 0) return tooMany(wait)
    let by: string | undefined
    const answer = await this.#options.change(async (transaction): Promise<Answer<Value>> => {
      if (!(await isStill(transaction, user, passwordHash))) return this.#wrong
      const spent = await this.#options.factors.spend(transaction, user, code)
      if (spent.kind === 'refused') return spent
      by = spent.kind === 'spent' ? spent.by : undefined
      return act(transaction)
    })
    if (answer.kind === 'done' && code !== undefined) this.#options.limits.wentWell(user, peer)
    if (answer.kind === 'done' && by === 'recovery code') {
      const { recoveryCodes } = await this.#options.factors.stateOf(user)
      await this.#options.audit({ who: user, peer, what: `use a recovery code: ${recoveryCodes} are left` })
    }
    return answer
  }
}

/** The password may have been changed, or the user removed, while it was looked at. */
async function isStill(transaction: Transaction, user: string, passwordHash: string): Promise<boolean> {
  return (await userByName(transaction, user))?.passwordHash === passwordHash
}

const done = <Value>(value: Value): { readonly kind: 'done'; readonly value: Value } => ({ kind: 'done', value })
const refused = (status: Refusal['status'], reason: string): Refusal => ({ kind: 'refused', status, reason })

export const tooMany = (retryAfter: number): Refusal => ({
  ...refused(429, `too many attempts: try again in ${retryAfter} s`),
  retryAfter,
})

export function busy(error: unknown): Refusal {
  if (error instanceof PasswordsBusy) return tooMany(2)
  throw error
}
