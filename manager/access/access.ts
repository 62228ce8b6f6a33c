// Who may come in, and what they did: users, their tokens and sessions, the audit log. The API and the page ask this, and never
// the tables behind it. Security note 7.
import type { Audit, IssuedToken, Role, Token, User } from '../protocol/accounts.ts'
import type { AuditChoice } from '../store/tables/audit.ts'
import type { Act } from './audit-bound.ts'
import type { Arrived, Identity, Person } from './oidc/person.ts'

export interface Identified {
  readonly user: string
  readonly role: Role
  /** It acts on hosts and guests of these alone; left out: on the whole pool. */
  readonly groups?: readonly string[]
  /** Of who comes in by an issuer; left out: a local user. */
  readonly issuer?: string
  readonly by: (
    | { readonly kind: 'token'; readonly id: string; readonly label?: string }
    | { readonly kind: 'session'; readonly id: string; readonly csrf: string }
  ) & {
    /** At the latest, ms since the epoch. */
    readonly expires?: number
  }
}

/** What is left out stays. */
export interface UserChange {
  readonly password?: string | undefined
  readonly role?: Role | undefined
  /** Null: no limit any more. */
  readonly groups?: readonly string[] | null | undefined
}

export interface FactorState {
  /** `begun`: it does not count yet. */
  readonly state: 'off' | 'begun' | 'on'
  /** That are not used yet. */
  readonly recoveryCodes: number
}

/** Told once. */
export interface BegunFactor {
  /** Base32. */
  readonly secret: string
  readonly uri: string
}

export interface WantedLogin {
  readonly label: string
  readonly days: number
  /** Of who has a second factor. */
  readonly code?: string | undefined
}

export interface ShownBoth {
  readonly password: string
  readonly code: string
}

export interface WantedToken {
  readonly label: string
  /** Left out, as the groups are: as of what it is made with. */
  readonly role?: Role | undefined
  readonly groups?: readonly string[] | undefined
  readonly days: number
}

export type SignedIn =
  | {
      readonly kind: 'session'
      /** What the cookie holds, 256 bits, base64url. */
      readonly secret: string
      readonly csrf: string
      readonly user: string
      readonly role: Role
    }
  /** The password is right; `ticket` and a code of the second factor sign in. */
  | { readonly kind: 'code-wanted'; readonly ticket: string }
  | Refusal

export interface Refusal {
  readonly kind: 'refused'
  readonly status: 400 | 401 | 403 | 404 | 409 | 429
  readonly reason: string
  readonly code?: 'second-factor' | 'wrong-password' | 'not-local' | 'name-taken'
  /** Of 429: seconds until it may be tried again. */
  readonly retryAfter?: number
}

export type Answer<Value> = { readonly kind: 'done'; readonly value: Value } | Refusal

export interface Access {
  /** Of `Authorization: Bearer …`; undefined: unknown, expired or revoked. */
  byToken(secret: string): Promise<Identified | undefined>
  /** Of the cookie. */
  bySession(secret: string): Promise<Identified | undefined>

  /** Limited by account and by `peer`; the same time and words whether the user or the password is wrong. */
  signIn(user: string, password: string, peer: string): Promise<SignedIn>
  /** Of `code-wanted`: each code once, limited as passwords are. */
  signInWithCode(ticket: string, code: string, peer: string): Promise<SignedIn>
  /** Of who is signed in already; limited as `signIn` is. */
  checkPassword(user: string, password: string, peer: string): Promise<Answer<null>>
  signOut(session: string): Promise<void>
  /** Whom an issuer vouches for, with what it lets them do now. Never a local user's account. */
  arrive(person: Person): Promise<Answer<Arrived & { readonly secret: string }>>
  /** Whom it lets do nothing any more: the user is removed. Its name; undefined: there was none. */
  dismiss(identity: Identity): Promise<string | undefined>
  /** For the CLI: a token for a name and a password, limited as `signIn` is. */
  logIn(user: string, password: string, wanted: WantedLogin, peer: string): Promise<Answer<IssuedToken>>

  /** The one-time code for the first admin, while there is no local user; it is good for an hour, and the manager leaves it in a file. */
  firstAdminCode(): Promise<string | undefined>
  /** Whether a code could make anybody the first admin: there is no local user. */
  awaitsFirstAdmin(): Promise<boolean>
  redeemFirstAdmin(code: string, user: string, password: string, peer: string): Promise<Answer<User>>

  users(): Promise<readonly User[]>
  addUser(user: string, password: string, role: Role, groups?: readonly string[]): Promise<Answer<User>>
  /** A new password ends the user's sessions and tokens. The last local admin of the whole pool stays that. */
  changeUser(user: string, change: UserChange): Promise<Answer<User>>
  removeUser(user: string): Promise<Answer<null>>

  /** Of one user, or of all. */
  tokens(user?: string): Promise<readonly Token[]>
  /**
   * `by`: what it is made with. A token gives what it has and no more: the new one's role and groups are at most its own, it ends no
   * later, and goes with it.
   */
  issueToken(user: string, wanted: WantedToken, by?: Identified): Promise<Answer<IssuedToken>>
  /** `by`: others' tokens are an admin's to revoke. */
  revokeToken(id: string, by: Identified): Promise<Answer<null>>

  secondFactor(user: string): Promise<FactorState>
  /** Its secret is told this once, and it counts once it is confirmed. */
  beginSecondFactor(user: string, password: string, peer: string): Promise<Answer<BegunFactor>>
  /** Gives the recovery codes, told this once. */
  confirmSecondFactor(user: string, code: string, peer: string): Promise<Answer<readonly string[]>>
  endSecondFactor(user: string, shown: ShownBoth, peer: string): Promise<Answer<null>>
  /** Of a user who has lost it. */
  resetSecondFactor(user: string): Promise<Answer<null>>

  /** On disk when it resolves. */
  audit(act: Act): Promise<void>
  /** For what was refused, and what anybody may do without end: on disk when it resolves, or counted for an entry that says how many. */
  auditBounded(act: Act): Promise<void>
  /** Newest first, from `before` (a seq) downwards; `intact` speaks of the whole log. */
  auditTrail(limit: number, before?: number, chosen?: AuditChoice): Promise<Audit>
}
