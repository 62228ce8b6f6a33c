// Sign-in by an issuer, from the button to the session: what is sent there, and what of it comes back. The page shows what this says.
import { createHash } from 'node:crypto'
import type { Log } from '../../../appliance/wire/log.ts'
import { userName } from '../../protocol/accounts.ts'
import type { Access, Refusal } from '../access.ts'
import { BegunSignIns } from './begun.ts'
import { type Claims, nameIn, roleIn } from './claims.ts'
import { type Failure, failureOf } from './failures.ts'
import { Provider } from './provider.ts'
import type { OidcSettings } from './settings.ts'

/** Where the issuer sends the browser back to: with the site before it, what is registered there. */
export const BACK = '/signin/oidc/back'

export interface OidcOptions {
  readonly settings: OidcSettings
  /** Content of the secret file. */
  readonly secret: string
  /** `https://HOST:PORT`, as browsers reach the manager. */
  readonly site: () => string
  readonly access: Pick<Access, 'arrive' | 'dismiss' | 'auditBounded'>
  readonly random: (size: number) => Buffer
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  readonly log: Log
  /** Of one request to the issuer, ms. */
  readonly patience?: number
}

/** `status`, for a page: 502 and 503 are the issuer's fault. */
export interface NotSignedIn {
  readonly kind: 'refused'
  readonly status: Failure['status'] | Refusal['status']
  readonly reason: string
}

export interface SentAway {
  readonly kind: 'away'
  readonly url: string
  /** For the cookie: the browser that comes back must have it. */
  readonly browser: string
}

export type CameBack = { readonly kind: 'session'; readonly secret: string; readonly user: string; readonly next: string } | NotSignedIn

export class OidcSignIn {
  readonly #options: OidcOptions
  readonly #provider: Provider
  readonly #begun: BegunSignIns

  constructor(options: OidcOptions) {
    this.#options = options
    this.#provider = new Provider(options)
    this.#begun = new BegunSignIns(options.elapsed)
  }

  get name(): string {
    return this.#options.settings.name
  }

  get site(): string {
    return this.#options.site()
  }

  /** That have not come back; bounded. */
  get open(): number {
    return this.#begun.size
  }

  /** `browser`: of its cookie, if it has one already: another tab may be on its way. */
  async begin(next: string, browser: string | undefined): Promise<SentAway | NotSignedIn> {
    const [state, nonce, verifier] = [this.#secret(), this.#secret(), this.#secret()]
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const of = browser !== undefined && /^[\w-]{43}$/.test(browser) ? browser : this.#secret()
    try {
      const url = await this.#provider.authorization({ redirectUri: `${this.site}${BACK}`, state, nonce, challenge })
      this.#begun.add(state, of, { nonce, verifier, next })
      return { kind: 'away', url: url.href, browser: of }
    } catch (error) {
      return this.#failed(error)
    }
  }

  /** `query`: of the address that the browser came back to. */
  async finish(query: URLSearchParams, browser: string | undefined, peer: string): Promise<CameBack> {
    const [state = '', ...more] = query.getAll('state')
    const begun = more.length === 0 ? this.#begun.take(state, browser) : undefined
    if (!begun) return this.#refuse(peer, NOT_BEGUN)
    const url = new URL(`${this.site}${BACK}`)
    url.search = query.toString()
    let claims: Awaited<ReturnType<Provider['claims']>>
    try {
      claims = await this.#provider.claims(url, { state, ...begun })
    } catch (error) {
      return this.#refuse(peer, this.#failed(error))
    }
    return this.#welcome(claims, begun.next, peer)
  }

  async #welcome(claims: Claims & { readonly iss: string; readonly sub: string }, next: string, peer: string): Promise<CameBack> {
    const { settings, access } = this.#options
    const { name: by } = settings
    const identity = { issuer: claims.iss, subject: claims.sub }
    const named = nameIn(claims, settings)
    const given = roleIn(claims, settings)
    if (!given) {
      const removed = await access.dismiss(identity)
      const ended = removed === undefined ? '' : ` User ${removed} is removed, and sessions and tokens have ended`
      const reason = `${by} knows you, and none of the roles here is yours: an admin adds you to a group that manager.oidc.roles names.${ended}`
      return this.#refuse(peer, { kind: 'refused', status: 403, reason }, removed ?? (named.kind === 'name' ? named.name : undefined))
    }
    if (named.kind === 'refused') return this.#refuse(peer, { kind: 'refused', status: 403, reason: named.reason })
    const arrived = await access.arrive({ ...identity, ...given, name: named.name, by })
    if (arrived.kind === 'refused') return this.#refuse(peer, arrived, named.name)
    const { user, secret, isNew } = arrived.value
    const as = given.groups ? `${given.role} of ${given.groups.join(', ')}` : given.role
    await access.auditBounded({ who: user, peer, what: `${this.#what}${isNew ? ', for the first time' : ''}, as ${as}` })
    return { kind: 'session', secret, user, next }
  }

  get #what(): string {
    return `sign in, by ${this.name}`
  }

  #failed(error: unknown): NotSignedIn {
    const { status, reason, code } = failureOf(error, this.name)
    this.#options.log.warn({ issuer: this.#options.settings.issuer, code }, 'no sign-in by the issuer')
    return { kind: 'refused', status, reason }
  }

  async #refuse(peer: string, refused: NotSignedIn, claimed = ''): Promise<NotSignedIn> {
    const { status, reason } = refused
    const who = userName.safeParse(claimed).success ? claimed : 'nobody'
    await this.#options.access.auditBounded({ who, peer, what: `${this.#what}: refused (${status}): ${reason}` })
    return { kind: 'refused', status, reason }
  }

  #secret(): string {
    return this.#options.random(32).toString('base64url')
  }
}

const NOT_BEGUN: NotSignedIn = {
  kind: 'refused',
  status: 401,
  reason: 'this sign-in was not begun in this browser, was ended before, or was begun more than ten minutes ago: begin anew',
}
