// Who may come in, and what they did: users, their tokens and sessions, the audit log. The API and the page ask this, and never
// the tables behind it. Security note 7.
import type { Audit, IssuedToken, Role, Token, User } from '../protocol/accounts.ts'
import type { Act } from './audit-bound.ts'

export interface Identified {
  readonly user: string
  readonly role: Role
  readonly by: { readonly kind: 'token'; readonly id: string } | { readonly kind: 'session'; readonly id: string; readonly csrf: string }
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
  | Refusal

export interface Refusal {
  readonly kind: 'refused'
  readonly status: 400 | 401 | 403 | 404 | 409 | 429
  readonly reason: string
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
  signOut(session: string): Promise<void>
  /** For the CLI: a token for a name and a password, limited as `signIn` is. */
  logIn(user: string, password: string, label: string, days: number, peer: string): Promise<Answer<IssuedToken>>

  /** The one-time code for the first admin, while there is no user; it is good for an hour, and the manager leaves it in a file. */
  firstAdminCode(): Promise<string | undefined>
  redeemFirstAdmin(code: string, user: string, password: string, peer: string): Promise<Answer<User>>

  users(): Promise<readonly User[]>
  addUser(user: string, password: string, role: Role): Promise<Answer<User>>
  /** A new password ends the user's sessions and tokens. The last admin keeps the role. */
  changeUser(user: string, change: { readonly password?: string | undefined; readonly role?: Role | undefined }): Promise<Answer<User>>
  removeUser(user: string): Promise<Answer<null>>

  /** Of one user, or of all. */
  tokens(user?: string): Promise<readonly Token[]>
  /**
   * `by`: what it is made with. A token gives what it has and no more: the new one's role is at most its own, it ends no later, and goes
   * with it.
   */
  issueToken(user: string, label: string, role: Role | undefined, days: number, by?: Identified): Promise<Answer<IssuedToken>>
  /** `by`: others' tokens are an admin's to revoke. */
  revokeToken(id: string, by: Identified): Promise<Answer<null>>

  /** On disk when it resolves. */
  audit(act: Act): Promise<void>
  /** For what was refused, and what anybody may do without end: on disk when it resolves, or counted for an entry that says how many. */
  auditBounded(act: Act): Promise<void>
  /** Newest first, from `before` (a seq) downwards; `intact` speaks of the whole log. */
  auditTrail(limit: number, before?: number): Promise<Audit>
}
