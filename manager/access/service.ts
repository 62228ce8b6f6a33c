// Access over the store. Each change and the check that allows it are one transaction; what it takes away is gone when it resolves.
import type { Log } from '../../appliance/wire/log.ts'
import type { After } from '../../appliance/wire/timers.ts'
import type { Audit, IssuedToken, Role, Token, User } from '../protocol/accounts.ts'
import type { Store, Transaction } from '../store/database.ts'
import type { Sealer } from '../store/keys/sealing.ts'
import { type AuditChoice, addAudit, auditBefore, verifyAudit } from '../store/tables/audit.ts'
import { usersWithFactor } from '../store/tables/second-factors.ts'
import { deleteSession, deleteSessionsOf } from '../store/tables/sessions.ts'
import { deleteTokensOf, tokensOf } from '../store/tables/tokens.ts'
import { allUsers, countLocalUsers, deleteUser, isLastAdmin, saveUser, updateUser, userByName } from '../store/tables/users.ts'
import type {
  Access,
  Answer,
  BegunFactor,
  FactorState,
  Identified,
  Refusal,
  ShownBoth,
  SignedIn,
  UserChange,
  WantedLogin,
  WantedToken,
} from './access.ts'
import { type Act, AuditBound } from './audit-bound.ts'
import { busy, ComingIn, tooMany } from './coming-in.ts'
import { Credentials, hashOf } from './credentials.ts'
import { FirstAdminCodes } from './first-admin.ts'
import { arrive, dismiss } from './oidc/arriving.ts'
import { noPassword, notSetHere } from './oidc/not-local.ts'
import type { Arrived, Identity, Person } from './oidc/person.ts'
import { Passwords, SCRYPT_COST, type ScryptCost } from './password.ts'
import { Factors } from './second-factor/factors.ts'
import { SIGN_IN_RATES, SignInLimits, type SignInRates } from './sign-in-limits.ts'
import { Tokens } from './tokens.ts'

export interface AccessOptions {
  readonly store: Store
  readonly now: () => number
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  readonly random: (size: number) => Buffer
  readonly after: After
  readonly log: Log
  /** For second factors; left out: there is nobody's to be looked at. */
  readonly sealer?: Sealer
  readonly cost?: ScryptCost
  readonly rates?: SignInRates
  /** Another way to come in than by a password, as people know it: `Company login`. */
  readonly elsewhere?: string | undefined
}

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
  readonly #tokens: Tokens
  readonly #factors: Factors
  readonly #coming: ComingIn

  constructor(options: AccessOptions) {
    const { elapsed, random, log, cost = SCRYPT_COST, rates = SIGN_IN_RATES } = options
    this.#options = options
    this.#credentials = new Credentials(options)
    this.#passwords = new Passwords(cost, random)
    this.#limits = new SignInLimits(rates, elapsed)
    this.#codes = new FirstAdminCodes(() => this.#newSecret(), elapsed)
    this.#tokens = new Tokens({ now: options.now, newSecret: () => this.#newSecret(), newId: () => this.#newId() })
    this.#factors = new Factors(options)
    this.#coming = new ComingIn({
      ...{ db: options.store.db, now: options.now, elapsed, passwords: this.#passwords, limits: this.#limits },
      ...{ factors: this.#factors, tokens: this.#tokens, newSecret: () => this.#newSecret(), newId: () => this.#newId() },
      change: (act) => this.#change(act),
      audit: (act) => this.auditBounded(act),
      elsewhere: options.elsewhere,
    })
    this.#bound = new AuditBound((act) => this.audit(act), elapsed, options.after, log)
  }

  byToken(secret: string): Promise<Identified | undefined> {
    return this.#credentials.byToken(secret)
  }

  bySession(secret: string): Promise<Identified | undefined> {
    return this.#credentials.bySession(secret)
  }

  signIn(user: string, password: string, peer: string): Promise<SignedIn> {
    return this.#coming.signIn(user, password, peer)
  }

  signInWithCode(ticket: string, code: string, peer: string): Promise<SignedIn> {
    return this.#coming.signInWithCode(ticket, code, peer)
  }

  checkPassword(user: string, password: string, peer: string): Promise<Answer<null>> {
    return this.#coming.checkPassword(user, password, peer)
  }

  logIn(user: string, password: string, wanted: WantedLogin, peer: string): Promise<Answer<IssuedToken>> {
    return this.#coming.logIn(user, password, wanted, peer)
  }

  secondFactor(user: string): Promise<FactorState> {
    return this.#factors.stateOf(user)
  }

  beginSecondFactor(user: string, password: string, peer: string): Promise<Answer<BegunFactor>> {
    return this.#coming.beginSecondFactor(user, password, peer)
  }

  confirmSecondFactor(user: string, code: string, peer: string): Promise<Answer<readonly string[]>> {
    return this.#coming.confirmSecondFactor(user, code, peer)
  }

  endSecondFactor(user: string, shown: ShownBoth, peer: string): Promise<Answer<null>> {
    return this.#coming.endSecondFactor(user, shown, peer)
  }

  resetSecondFactor(user: string): Promise<Answer<null>> {
    return this.#change(async (transaction) => {
      const known = await userByName(transaction, user)
      if (!known) return noUser(user)
      return noPassword(known) ?? this.#factors.end(transaction, user)
    })
  }

  async signOut(session: string): Promise<void> {
    await this.#change((transaction) => deleteSession(transaction, hashOf(session)))
  }

  async arrive(person: Person): Promise<Answer<Arrived & { readonly secret: string }>> {
    const [secret, id, now] = [this.#newSecret(), this.#newId(), this.#options.now()]
    const answer = await this.#change((transaction) => arrive(transaction, person, { id, hash: hashOf(secret) }, now))
    return answer.kind === 'done' ? done({ ...answer.value, secret }) : answer
  }

  dismiss(identity: Identity): Promise<string | undefined> {
    return this.#change((transaction) => dismiss(transaction, identity))
  }

  async firstAdminCode(): Promise<string | undefined> {
    return (await this.awaitsFirstAdmin()) ? this.#codes.issue() : undefined
  }

  async awaitsFirstAdmin(): Promise<boolean> {
    return (await countLocalUsers(this.#options.store.db)) === 0
  }

  async redeemFirstAdmin(code: string, user: string, password: string, peer: string): Promise<Answer<User>> {
    const wait = this.#limits.attemptFrom(peer)
    if (wait > 0) return tooMany(wait)
    const { now } = this.#options
    if (!(await this.awaitsFirstAdmin())) return NOT_FIRST
    if (!this.#codes.isGood(code))
      return refused(
        403,
        'this code is wrong or older than an hour: restart the manager, it leaves a new one in first-admin.link of its dataDir',
      )
    const passwordHash = await this.#hash(password)
    if (passwordHash.kind === 'refused') return passwordHash
    const answer = await this.#change(async (transaction) => {
      if ((await countLocalUsers(transaction)) > 0) return NOT_FIRST
      return done(await saveUser(transaction, { name: user, role: 'admin', created: now() }, { password: passwordHash.value }))
    })
    if (answer.kind === 'done') this.#codes.spend()
    return answer
  }

  async users(): Promise<readonly User[]> {
    const { db } = this.#options.store
    const [all, having] = await Promise.all([allUsers(db), usersWithFactor(db)])
    return all.map((user) => (having.has(user.name) ? { ...user, secondFactor: 'on' as const } : user))
  }

  async addUser(user: string, password: string, role: Role, groups?: readonly string[]): Promise<Answer<User>> {
    const passwordHash = await this.#hash(password)
    if (passwordHash.kind === 'refused') return passwordHash
    return this.#change(async (transaction) => {
      if (await userByName(transaction, user)) return refused(409, `there is a user ${user} already`)
      const added = { name: user, role, created: this.#options.now(), ...(groups ? { groups: [...groups] } : {}) }
      return done(await saveUser(transaction, added, { password: passwordHash.value }))
    })
  }

  async changeUser(user: string, { password, role, groups }: UserChange): Promise<Answer<User>> {
    const passwordHash = password === undefined ? done(undefined) : await this.#hash(password)
    if (passwordHash.kind === 'refused') return passwordHash
    return this.#change(async (transaction) => {
      const known = await userByName(transaction, user)
      if (!known) return noUser(user)
      const elsewhere = password === undefined ? notSetHere(known) : noPassword(known)
      if (elsewhere) return elsewhere
      const isLess = (role !== undefined && role !== 'admin') || (groups !== undefined && groups !== null)
      if (isLess && (await isLastAdmin(transaction, user))) return lastAdmin(user)
      await updateUser(transaction, user, {
        ...(role === undefined ? {} : { role }),
        ...(groups === undefined ? {} : { limited_to: groups === null ? null : JSON.stringify(groups) }),
        ...(passwordHash.value === undefined ? {} : { password: passwordHash.value }),
      })
      if (passwordHash.value !== undefined) {
        await deleteSessionsOf(transaction, user)
        await deleteTokensOf(transaction, user)
      }
      const { passwordHash: _, groups: before, ...shown } = known
      const now = groups === undefined ? before : (groups ?? undefined)
      return done({ ...shown, role: role ?? known.role, ...(now ? { groups: [...now] } : {}) })
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

  issueToken(user: string, wanted: WantedToken, by?: Identified): Promise<Answer<IssuedToken>> {
    return this.#change((transaction) => this.#tokens.issueBy(transaction, user, wanted, by))
  }

  async revokeToken(id: string, by: Identified): Promise<Answer<null>> {
    return this.#change((transaction) => this.#tokens.revoke(transaction, id, by))
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

  async auditTrail(limit: number, before?: number, chosen: AuditChoice = {}): Promise<Audit> {
    const { db, witness } = this.#options.store
    const { broken, keyedFrom } = await verifyAudit(db, witness)
    const entries = [...(await auditBefore(db, before, limit, chosen))]
    const keyed = keyedFrom === undefined ? {} : { keyedFrom }
    return { entries, intact: broken === undefined, ...(broken === undefined ? {} : { broken }), ...keyed }
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

const done = <Value>(value: Value): { readonly kind: 'done'; readonly value: Value } => ({ kind: 'done', value })
const refused = (status: Refusal['status'], reason: string): Refusal => ({ kind: 'refused', status, reason })
const noUser = (user: string): Refusal => refused(404, `there is no user ${user}`)
const lastAdmin = (user: string): Refusal =>
  refused(409, `${user} is the last local admin of the whole pool: make another local user one first`)
const NOT_FIRST = refused(409, 'there are users already: an admin can add more')
