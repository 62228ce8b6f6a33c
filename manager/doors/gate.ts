// Who asks, and not too often: once for API and page. Strangers are held up by address, who is known by their credential.
import type { Access, Identified } from '../access/access.ts'
import { AttemptLimit, peerKey } from '../access/limit.ts'
import type { Rate } from '../access/rate.ts'
import type { Refused } from '../outcome.ts'
import type { Credential } from './guard.ts'

export interface GateRates {
  /** Of one token or session. */
  readonly principal: Rate
  /** Requests without a good credential, from one address. */
  readonly stranger: Rate
}

const RATES: GateRates = { principal: { perSecond: 100, burst: 400 }, stranger: { perSecond: 5, burst: 100 } }

export class Gate {
  readonly #access: Pick<Access, 'byToken' | 'bySession'>
  readonly #principals: AttemptLimit
  readonly #strangers: AttemptLimit

  /** `elapsed`: milliseconds, by a clock that does not jump. */
  constructor(access: Pick<Access, 'byToken' | 'bySession'>, elapsed: () => number, { principal, stranger }: GateRates = RATES) {
    this.#access = access
    this.#principals = new AttemptLimit(principal, elapsed)
    this.#strangers = new AttemptLimit(stranger, elapsed)
  }

  async identify(credential: Credential, peer: string): Promise<{ readonly kind: 'known'; readonly who: Identified } | Refused> {
    const held = this.admit(peer)
    if (held) return held
    const who = await this.ownerOf(credential)
    if (!who) {
      return {
        kind: 'refused',
        status: 401,
        reason:
          credential.kind === 'none' ? 'a token is needed: Authorization: Bearer …' : 'this credential is unknown, expired or revoked',
      }
    }
    this.wentWell(peer)
    return refusalAfter(this.#principals.attempt(keyOf(who))) ?? { kind: 'known', who }
  }

  /** A stranger's attempt: what holds it up. */
  admit(peer: string): Refused | undefined {
    return refusalAfter(this.#strangers.attempt(peerKey(peer)))
  }

  /** What an attempt cost is given back to who comes in. */
  wentWell(peer: string): void {
    this.#strangers.wentWell(peerKey(peer))
  }

  async ownerOf(credential: Credential): Promise<Identified | undefined> {
    switch (credential.kind) {
      case 'token':
        return this.#access.byToken(credential.secret)
      case 'session':
        return this.#access.bySession(credential.secret)
      case 'none':
        return undefined
    }
  }
}

/** Of a token or session, among all. */
export function keyOf({ by }: Identified): string {
  return `${by.kind} ${by.id}`
}

function refusalAfter(seconds: number): Refused | undefined {
  if (seconds <= 0) return undefined
  return { kind: 'refused', status: 429, reason: `too many requests: try again in ${seconds} s`, retryAfter: seconds }
}
