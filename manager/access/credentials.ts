// Whose a token or a cookie is: asked for each request, so it is remembered for a second. What this process changes acts at
// once (`forget`), what `hostless user add --local` changes beside it, within that second.
import { createHash } from 'node:crypto'
import type { Log } from '../../appliance/wire/log.ts'
import { type GroupLimit, narrower } from '../protocol/group-limit.ts'
import type { Store, Transaction } from '../store/database.ts'
import { sessionByHash, usedSession } from '../store/tables/sessions.ts'
import { tokenByHash, usedToken } from '../store/tables/tokens.ts'
import { sawUser } from '../store/tables/users.ts'
import type { Identified } from './access.ts'
import { lesser } from './roles.ts'

/** A session ends when nothing came from it for so long, ms … */
export const SESSION_IDLE = 12 * 3600_000
/** … and after this, whatever came. */
export const SESSION_LIFE = 7 * 24 * 3600_000

const REMEMBERED = 1000
const MOST_REMEMBERED = 10_000
/** `lastUsed` is written no more often, ms. */
const USE_PERIOD = 60_000
const SECRET = /^[\w-]{43}$/

export interface CredentialsOptions {
  readonly store: Store
  readonly now: () => number
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  readonly log: Log
}

interface Known {
  readonly identified: Identified
  readonly readAt: number
  lastUsed: number | undefined
  readonly ends: (lastUsed: number) => number
  readonly used: (transaction: Transaction, at: number) => Promise<void>
}

export class Credentials {
  readonly #options: CredentialsOptions
  readonly #known = new Map<string, Known>()
  #changes = 0

  constructor(options: CredentialsOptions) {
    this.#options = options
  }

  byToken(secret: string): Promise<Identified | undefined> {
    return this.#find('token', secret, async (hash, readAt) => {
      const token = await tokenByHash(this.#options.store.db, hash)
      if (!token) return undefined
      const { id, user, label, expires, lastUsed } = token
      return {
        identified: {
          user,
          role: lesser(token.role, token.userRole),
          ...limited(narrower(token.groups, token.userGroups)),
          ...from(token.issuer),
          by: { kind: 'token', id, label, expires },
        },
        readAt,
        lastUsed,
        ends: () => expires,
        used: (transaction, at) => usedToken(transaction, id, at, at - USE_PERIOD),
      }
    })
  }

  bySession(secret: string): Promise<Identified | undefined> {
    return this.#find('session', secret, async (hash, readAt) => {
      const session = await sessionByHash(this.#options.store.db, hash)
      if (!session) return undefined
      const { id, user, role, groups, issuer, created, lastUsed } = session
      return {
        identified: {
          user,
          role,
          ...limited(groups),
          ...from(issuer),
          by: { kind: 'session', id, csrf: csrfOf(secret), expires: created + SESSION_LIFE },
        },
        readAt,
        lastUsed,
        ends: (used) => Math.min(created + SESSION_LIFE, used + SESSION_IDLE),
        used: (transaction, at) => usedSession(transaction, id, at),
      }
    })
  }

  /** After each change of users, tokens or sessions. */
  forget(): void {
    this.#changes += 1
    this.#known.clear()
  }

  async #find(
    kind: Identified['by']['kind'],
    secret: string,
    read: (hash: string, readAt: number) => Promise<Known | undefined>,
  ): Promise<Identified | undefined> {
    if (!SECRET.test(secret)) return undefined
    const { now, elapsed } = this.#options
    const hash = hashOf(secret)
    const key = `${kind} ${hash}`
    const remembered = this.#known.get(key)
    const fresh = remembered && elapsed() - remembered.readAt < REMEMBERED
    const known = fresh ? remembered : await this.#read(key, () => read(hash, elapsed()))
    const at = now()
    if (!known || at >= known.ends(known.lastUsed ?? at)) return undefined
    this.#use(known, at)
    return known.identified
  }

  /** What was read while something was changed is not remembered: it may be from before. */
  async #read(key: string, read: () => Promise<Known | undefined>): Promise<Known | undefined> {
    const changes = this.#changes
    this.#known.delete(key)
    const known = await read()
    if (!known || changes !== this.#changes) return known
    this.#known.set(key, known)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MOST_REMEMBERED && oldest !== undefined) this.#known.delete(oldest)
    return known
  }

  /** Nobody waits for this: a full disk keeps nobody out. */
  #use(known: Known, at: number): void {
    if (known.lastUsed !== undefined && at - known.lastUsed < USE_PERIOD) return
    known.lastUsed = at
    const { store, log } = this.#options
    store
      .write(async (transaction) => {
        await known.used(transaction, at)
        await sawUser(transaction, known.identified.user, at)
      })
      .catch((error: unknown) => log.warn({ error, user: known.identified.user }, 'when this user was last seen could not be written'))
  }
}

const limited = (groups: GroupLimit): Pick<Identified, 'groups'> => (groups ? { groups } : {})

const from = (issuer: string | undefined): Pick<Identified, 'issuer'> => (issuer === undefined ? {} : { issuer })

/** SHA-256, hexadecimal: the secrets are 256 random bits, so that nothing slower is needed. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Follows from the cookie, so that it need not be kept: who can make up a request cannot read the cookie. */
export function csrfOf(session: string): string {
  return createHash('sha256').update(`csrf ${session}`).digest('base64url')
}
