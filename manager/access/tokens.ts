// Tokens of users: each is at most what its user may, and what is made with one at most what that may.

import type { IssuedToken, Token } from '../protocol/accounts.ts'
import { isNoWider, narrower, sayLimit } from '../protocol/group-limit.ts'
import type { Transaction } from '../store/database.ts'
import { deleteToken, saveToken, tokenById, tokensOf } from '../store/tables/tokens.ts'
import { userByName } from '../store/tables/users.ts'
import type { Answer, Identified, Refusal, WantedToken } from './access.ts'
import { hashOf } from './credentials.ts'
import { TOKEN_LIFE } from './oidc/not-local.ts'
import { atLeast, lesser } from './roles.ts'

export interface TokensOptions {
  readonly now: () => number
  readonly newSecret: () => string
  readonly newId: () => string
}

const DAY = 24 * 3600_000
/** Of one user: bounds what a program that never keeps its token leaves behind. */
const MOST_TOKENS = 200

export class Tokens {
  readonly #options: TokensOptions

  constructor(options: TokensOptions) {
    this.#options = options
  }

  /** `parent`: that it is made with; it goes with it. */
  async issue(
    transaction: Transaction,
    user: string,
    { label, role: asked, groups: only, days }: WantedToken,
    parent?: Token,
  ): Promise<Answer<IssuedToken>> {
    const { now, newSecret, newId } = this.#options
    const known = await userByName(transaction, user)
    if (!known) return refused(404, `there is no user ${user}`)
    const most = parent ? lesser(parent.role, known.role) : known.role
    const role = asked ?? most
    if (!atLeast(most, role)) return refused(403, `${user} is ${most} here: a token of theirs cannot be ${role}`)
    const widest = narrower(known.groups, parent?.groups)
    if (only && !isNoWider(only, widest))
      return refused(403, `${user} acts on ${sayLimit(widest)} here: a token of theirs cannot act on ${sayLimit(only)}`)
    // Left out it goes on being what its user is limited to, whatever becomes of that.
    const groups = only ?? parent?.groups
    if ((await tokensOf(transaction, user)).length >= MOST_TOKENS) {
      return refused(409, `${user} has ${MOST_TOKENS} tokens: revoke those that are not used`)
    }
    const [secret, created] = [newSecret(), now()]
    const longest = known.issuer === undefined ? days * DAY : Math.min(days * DAY, TOKEN_LIFE)
    const expires = Math.min(created + longest, parent?.expires ?? Number.POSITIVE_INFINITY)
    const token = { id: newId(), user, label, role, ...(groups ? { groups: [...groups] } : {}), created, expires }
    await saveToken(transaction, { ...token, hash: hashOf(secret), ...(parent ? { parent: parent.id } : {}) })
    return { kind: 'done', value: { ...token, ...(widest && !groups ? { groups: [...widest] } : {}), secret } }
  }

  async issueBy(transaction: Transaction, user: string, wanted: WantedToken, by: Identified | undefined): Promise<Answer<IssuedToken>> {
    if (by?.by.kind !== 'token') return this.issue(transaction, user, wanted)
    const parent = await tokenById(transaction, by.by.id)
    if (!parent || parent.user !== user || parent.expires <= this.#options.now()) {
      return refused(401, 'the token that this one was to be made with has been revoked or has expired: log in again')
    }
    return this.issue(transaction, user, wanted, parent)
  }

  async revoke(transaction: Transaction, id: string, by: Identified): Promise<Answer<null>> {
    const token = await tokenById(transaction, id)
    if (!token) return refused(404, `there is no token ${id}`)
    if (token.user !== by.user && (by.role !== 'admin' || by.groups))
      return refused(403, `token ${id} is another user's: an admin of the whole pool can revoke it`)
    await deleteToken(transaction, id)
    return { kind: 'done', value: null }
  }
}

const refused = (status: Refusal['status'], reason: string): Refusal => ({ kind: 'refused', status, reason })
