// Access over the store. Each change and the check that allows it are one transaction; what it takes away is gone when it resolves.
import type { Log } from '../../appliance/wire/log.ts'
import type { After } from '../../appliance/wire/timers.ts'
import type { Audit, IssuedToken, Role, Token, User } from '../protocol/accounts.ts'
import type { Store, Transaction } from '../store/database.ts'
import { addAudit, auditBefore, verifyAudit } from '../store/tables/audit.ts'
import { deleteSession, deleteSessionsOf, saveSession } from '../store/tables/sessions.ts'
import { deleteToken, deleteTokensOf, saveToken, tokenById, tokensOf } from '../store/tables/tokens.ts'
import {
  allUsers,
  countUsers,
  deleteUser,
  isLastAdmin,
  type KnownUser,
  saveUser,
  sawUser,
  updateUser,
  userByName,
} from '../store/tables/users.ts'
import type { Access, Answer, Identified, Refusal, SignedIn } from './access.ts'
import { type Act, AuditBound } from './audit-bound.ts'
import { Credentials, csrfOf, hashOf } from './credentials.ts'
import { FirstAdminCodes } from './first-admin.ts'
import { Passwords, PasswordsBusy, SCRYPT_COST, type ScryptCost } from './password.ts'
import { atLeast, lesser } from './roles.ts'
import { SIGN_IN_RATES, SignInLimits, type SignInRates } from './sign-in-limits.ts'

export interface AccessOptions {
  readonly store: Store
  readonly now: () => number
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  readonly random: (size: number) => Buffer
  readonly after: After
  readonly log: Log
  readonly cost?: ScryptCost
  readonly rates?: SignInRates
}

const DAY = 24 * 3600_000
/** Of one user: bounds what a program that never keeps its token leaves behind. */
const MOST_TOKENS = 200
const WRONG: Refusal = { kind: 'refused', status: 401, reason: 'the name or the password is wrong' }

/** `close`: when nobody asks any more; the store is still open. */
export function openAccess(options: AccessOptions): Access & { close(): Promise<void> } {
  return new StoredAccess(options)
}

class StoredAccess implements Access {
  readonly #options: AccessOptions
  readonly #credentials: Credentials
  readonly #passwords: Passwords
  readonly #limits: SignInLimits
  readonly #codes: FirstAdminCodes
  readonly #bound: AuditBound

  constructor(options: AccessOptions) {
    const { elapsed, random, log, cost = SCRYPT_COST, rates = SIGN_IN_RATES } = options
    this.#options = options
    this.#credentials = new Credentials(options)
    this.#passwords = new Passwords(cost, random)
    this.#limits = new SignInLimits(rates, elapsed)
    this.#codes = new FirstAdminCodes(() => this.#newSecret(), elapsed)
    this.#bound = new AuditBound((act) => this.audit(act), elapsed, options.after, log)
  }

  byToken(secret: string): Promise<Identified | undefined> {
    return this.#credentials.byToken(secret)
  }

  bySession(secret: string): Promise<Identified | undefined> {
    return this.#credentials.bySession(secret)
  }

  async signIn(name: string, password: string, peer: string): Promise<SignedIn> {
    const authenticated = await this.#authenticate(name, password, peer)
    if (authenticated.kind === 'refused') return authenticated
    const { name: user, role, passwordHash } = authenticated.value
    const [secret, now] = [this.#newSecret(), this.#options.now()]
    const made = await this.#change(async (transaction) => {
      if (!(await isStill(transaction, user, passwordHash))) return WRONG
      await sawUser(transaction, user, now)
      await saveSession(transaction, { id: this.#newId(), user, hash: hashOf(secret), created: now, last_used: now })
      return done(null)
    })
    return made.kind === 'refused' ? made : { kind: 'session', secret, csrf: csrfOf(secret), user, role }
  }

  async signOut(session: string): Promise<void> {
    await this.#change((transaction) => deleteSession(transaction, hashOf(session)))
  }

  async logIn(name: string, password: string, label: string, days: number, peer: string): Promise<Answer<IssuedToken>> {
    const authenticated = await this.#authenticate(name, password, peer)
    if (authenticated.kind === 'refused') return authenticated
    const { name: user, passwordHash } = authenticated.value
    return this.#change(async (transaction) => {
      if (!(await isStill(transaction, user, passwordHash))) return WRONG
      await sawUser(transaction, user, this.#options.now())
      return this.#issue(transaction, user, label, undefined, days)
    })
  }

  async firstAdminCode(): Promise<string | undefined> {
    return (await countUsers(this.#options.store.db)) === 0 ? this.#codes.issue() : undefined
  }

  async redeemFirstAdmin(code: string, user: string, password: string, peer: string): Promise<Answer<User>> {
    const wait = this.#limits.attemptFrom(peer)
    if (wait > 0) return tooMany(wait)
    const { store, now } = this.#options
    if ((await countUsers(store.db)) > 0) return NOT_FIRST
    if (!this.#codes.isGood(code))
      return refused(
        403,
        'this code is wrong or older than an hour: restart the manager, it leaves a new one in first-admin.link of its dataDir',
      )
    const passwordHash = await this.#hash(password)
    if (passwordHash.kind === 'refused') return passwordHash
    const answer = await this.#change(async (transaction) => {
      if ((await countUsers(transaction)) > 0) return NOT_FIRST
      return done(await saveUser(transaction, user, 'admin', passwordHash.value, now()))
    })
    if (answer.kind === 'done') this.#codes.spend()
    return answer
  }

  users(): Promise<readonly User[]> {
    return allUsers(this.#options.store.db)
  }

  async addUser(user: string, password: string, role: Role): Promise<Answer<User>> {
    const passwordHash = await this.#hash(password)
    if (passwordHash.kind === 'refused') return passwordHash
    return this.#change(async (transaction) => {
      if (await userByName(transaction, user)) return refused(409, `there is a user ${user} already`)
      return done(await saveUser(transaction, user, role, passwordHash.value, this.#options.now()))
    })
  }

  async changeUser(
    user: string,
    { password, role }: { readonly password?: string | undefined; readonly role?: Role | undefined },
  ): Promise<Answer<User>> {
    const passwordHash = password === undefined ? done(undefined) : await this.#hash(password)
    if (passwordHash.kind === 'refused') return passwordHash
    return this.#change(async (transaction) => {
      const known = await userByName(transaction, user)
      if (!known) return noUser(user)
      if (role !== undefined && role !== 'admin' && (await isLastAdmin(transaction, user))) return lastAdmin(user)
      await updateUser(transaction, user, {
        ...(role === undefined ? {} : { role }),
        ...(passwordHash.value === undefined ? {} : { password: passwordHash.value }),
      })
      if (passwordHash.value !== undefined) {
        await deleteSessionsOf(transaction, user)
        await deleteTokensOf(transaction, user)
      }
      const { passwordHash: _, ...shown } = known
      return done({ ...shown, role: role ?? known.role })
    })
  }

  async removeUser(user: string): Promise<Answer<null>> {
    return this.#change(async (transaction) => {
      if (!(await userByName(transaction, user))) return noUser(user)
      if (await isLastAdmin(transaction, user)) return lastAdmin(user)
      await deleteUser(transaction, user)
      return done(null)
    })
  }

  async tokens(user?: string): Promise<readonly Token[]> {
    const now = this.#options.now()
    return (await tokensOf(this.#options.store.db, user)).filter(({ expires }) => expires > now)
  }

  issueToken(user: string, label: string, role: Role | undefined, days: number, by?: Identified): Promise<Answer<IssuedToken>> {
    return this.#change(async (transaction) => {
      if (by?.by.kind !== 'token') return this.#issue(transaction, user, label, role, days)
      const parent = await tokenById(transaction, by.by.id)
      if (!parent || parent.user !== user || parent.expires <= this.#options.now()) {
        return refused(401, 'the token that this one was to be made with has been revoked or has expired: log in again')
      }
      return this.#issue(transaction, user, label, role, days, parent)
    })
  }

  async revokeToken(id: string, by: Identified): Promise<Answer<null>> {
    return this.#change(async (transaction) => {
      const token = await tokenById(transaction, id)
      if (!token) return refused(404, `there is no token ${id}`)
      if (token.user !== by.user && by.role !== 'admin') return refused(403, `token ${id} is another user's: an admin can revoke it`)
      await deleteToken(transaction, id)
      return done(null)
    })
  }

  async audit(act: Act): Promise<void> {
    const { store, now } = this.#options
    const at = now()
    const entry = await store.write((transaction) => addAudit(transaction, { ...act, at }, store.witness?.key))
    store.witness?.wrote(entry)
  }

  auditBounded(act: Act): Promise<void> {
    return this.#bound.add(act)
  }

  close(): Promise<void> {
    return this.#bound.flush()
  }

  async auditTrail(limit: number, before?: number): Promise<Audit> {
    const { db, witness } = this.#options.store
    const { broken, keyedFrom } = await verifyAudit(db, witness)
    const entries = [...(await auditBefore(db, before, limit))]
    const keyed = keyedFrom === undefined ? {} : { keyedFrom }
    return { entries, intact: broken === undefined, ...(broken === undefined ? {} : { broken }), ...keyed }
  }

  async #authenticate(name: string, password: string, peer: string): Promise<Answer<KnownUser>> {
    const wait = this.#limits.attempt(name, peer)
    if (wait > 0) return tooMany(wait)
    const known = await userByName(this.#options.store.db, name)
    const matches = await this.#passwords.matches(password, known?.passwordHash).catch(busy)
    if (typeof matches !== 'boolean') return matches
    if (!known || !matches) return WRONG
    this.#limits.wentWell(name, peer)
    return done(known)
  }

  async #issue(
    transaction: Transaction,
    user: string,
    label: string,
    asked: Role | undefined,
    days: number,
    parent?: Token,
  ): Promise<Answer<IssuedToken>> {
    const known = await userByName(transaction, user)
    if (!known) return noUser(user)
    const most = parent ? lesser(parent.role, known.role) : known.role
    const role = asked ?? most
    if (!atLeast(most, role)) return refused(403, `${user} is ${most} here: a token of theirs cannot be ${role}`)
    if ((await tokensOf(transaction, user)).length >= MOST_TOKENS) {
      return refused(409, `${user} has ${MOST_TOKENS} tokens: revoke those that are not used`)
    }
    const [secret, created] = [this.#newSecret(), this.#options.now()]
    const expires = Math.min(created + days * DAY, parent?.expires ?? Number.POSITIVE_INFINITY)
    const token = { id: this.#newId(), user, label, role, created, expires }
    await saveToken(transaction, { ...token, hash: hashOf(secret), ...(parent ? { parent: parent.id } : {}) })
    return done({ ...token, secret })
  }

  async #hash(password: string): Promise<Answer<string>> {
    return this.#passwords.hash(password).then(done, busy)
  }

  /** What is remembered of credentials is from before it. */
  async #change<Value>(change: (transaction: Transaction) => Promise<Value>): Promise<Value> {
    try {
      return await this.#options.store.write(change)
    } finally {
      this.#credentials.forget()
    }
  }

  #newSecret(): string {
    return this.#options.random(32).toString('base64url')
  }

  #newId(): string {
    return this.#options.random(8).toString('hex')
  }
}

/** The password may have been changed, or the user removed, while it was looked at. */
async function isStill(transaction: Transaction, user: string, passwordHash: string): Promise<boolean> {
  return (await userByName(transaction, user))?.passwordHash === passwordHash
}

const done = <Value>(value: Value): { readonly kind: 'done'; readonly value: Value } => ({ kind: 'done', value })
const refused = (status: Refusal['status'], reason: string): Refusal => ({ kind: 'refused', status, reason })
const tooMany = (retryAfter: number): Refusal => ({
  ...refused(429, `too many attempts: try again in ${retryAfter} s`),
  retryAfter,
})
const noUser = (user: string): Refusal => refused(404, `there is no user ${user}`)
const lastAdmin = (user: string): Refusal => refused(409, `${user} is the last admin: make another user admin first`)
const NOT_FIRST = refused(409, 'there are users already: an admin can add more')

function busy(error: unknown): Refusal {
  if (error instanceof PasswordsBusy) return tooMany(2)
  throw error
}
