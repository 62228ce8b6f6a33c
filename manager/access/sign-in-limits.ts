// How often a password may be wrong, of one account and from one address. An attempt counts when it is made, so that many at
// once are no way around; one that goes well is given back.

import { userName } from '../protocol/accounts.ts'
import { AttemptLimit, peerKey } from './limit.ts'
import type { Rate } from './rate.ts'

export interface SignInRates {
  readonly account: Rate
  readonly peer: Rate
}

/** At most 2,890 guesses a day at one account. */
export const SIGN_IN_RATES: SignInRates = { account: { perSecond: 1 / 30, burst: 10 }, peer: { perSecond: 1 / 5, burst: 30 } }

export class SignInLimits {
  readonly #accounts: AttemptLimit
  readonly #peers: AttemptLimit

  constructor({ account, peer }: SignInRates, elapsed: () => number) {
    this.#accounts = new AttemptLimit(account, elapsed)
    this.#peers = new AttemptLimit(peer, elapsed)
  }

  /** 0, or the seconds until it may be tried again. */
  attempt(user: string, peer: string): number {
    return this.attemptFrom(peer) || this.#accounts.attempt(accountKey(user))
  }

  attemptFrom(peer: string): number {
    return this.#peers.attempt(peerKey(peer))
  }

  wentWell(user: string, peer: string): void {
    this.#accounts.wentWell(accountKey(user))
    this.#peers.wentWell(peerKey(peer))
  }
}

/** What can be nobody's name is one account. */
function accountKey(user: string): string {
  return userName.safeParse(user).success ? user : ''
}
