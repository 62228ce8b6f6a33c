// Who tells of a guest: in a move two hosts have it for a while, and one that waits for its memory does nothing. Pure.

interface Owner {
  readonly host: string
  readonly at: number
}

/** Samples of its host that do not come, before another is heard; in ms at least so long. */
const MISSED = 3
const PATIENCE = 10_000

export class Owners {
  readonly #owners = new Map<string, Owner>()

  /** Whether this host's word on the guest counts; `span`: ms between its samples. */
  hears(guest: string, host: string, at: number, span: number): boolean {
    const owner = this.#owners.get(guest)
    const isOther = owner !== undefined && owner.host !== host
    if (isOther && Math.abs(at - owner.at) <= Math.max(PATIENCE, MISSED * span)) return false
    this.#owners.set(guest, { host, at })
    return true
  }

  /** Guests that nobody has told of since then. */
  forget(before: number): void {
    for (const [guest, { at }] of this.#owners) if (at < before) this.#owners.delete(guest)
  }
}
