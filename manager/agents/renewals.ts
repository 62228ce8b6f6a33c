// How often certificates are renewed: an agent needs it twice a day, and each is a row that is kept for a month. Refusals count for the
// certificate alone, so that whoever has a revoked one of a host does not use up what the host may do.
import { AttemptLimit } from '../access/limit.ts'
import type { Rate } from '../access/rate.ts'

/** An agent whose answers are lost asks again; then every ten minutes will do. */
const RATE: Rate = { perSecond: 1 / 600, burst: 4 }

export class RenewalLimits {
  readonly #certificates: AttemptLimit
  readonly #hosts: AttemptLimit

  /** `elapsed`: milliseconds, by a clock that does not jump. */
  constructor(elapsed: () => number) {
    this.#certificates = new AttemptLimit(RATE, elapsed)
    this.#hosts = new AttemptLimit(RATE, elapsed)
  }

  /** 0, or the seconds until this certificate of this host may be renewed. */
  attempt(fingerprint: string, host: string): number {
    return this.#certificates.attempt(fingerprint) || this.#hosts.attempt(host)
  }

  refused(host: string): void {
    this.#hosts.wentWell(host)
  }
}
