// How the first admin comes in: while there is no user, a link with a one-time code is left in the manager's dataDir, a new one each hour.
import type { Log } from '../../appliance/wire/log.ts'
import type { Access } from '../access/access.ts'
import type { Task } from '../reconcile/driver.ts'
import { dropFirstAdminLink, keepFirstAdminLink } from '../store/keys/first-admin-link.ts'

/** A code is good for so long, ms. */
const INVITE_PERIOD = 3600_000

export interface FirstAdminDeps {
  readonly access: Pick<Access, 'firstAdminCode'>
  readonly dataDir: string
  /** `https://…` of the page. */
  readonly site: string
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  readonly log: Log
}

export class FirstAdminTask implements Task {
  readonly name = 'first-admin'
  readonly what = 'keeps a link for the first admin while there is no user'
  readonly period = INVITE_PERIOD
  readonly longestPause = INVITE_PERIOD
  readonly #deps: FirstAdminDeps
  /** Until when the link is good; infinity: there is a user. */
  #goodUntil = Number.NEGATIVE_INFINITY
  #path: string | undefined

  constructor(deps: FirstAdminDeps) {
    this.#deps = deps
  }

  watches(): () => void {
    return () => undefined
  }

  async step(): Promise<number | undefined> {
    const { access, dataDir, site, elapsed, log } = this.#deps
    const left = this.#goodUntil - elapsed()
    if (left > 0) return left
    const code = await access.firstAdminCode()
    if (code === undefined) {
      await dropFirstAdminLink(dataDir)
      this.#path = undefined
      this.#goodUntil = Number.POSITIVE_INFINITY
      return undefined
    }
    this.#path = await keepFirstAdminLink(dataDir, `${site}/first-admin?code=${code}`)
    this.#goodUntil = elapsed() + INVITE_PERIOD
    log.info({}, `there is no user yet: the link to make the first admin, good for an hour, is in ${this.#path}`)
    return INVITE_PERIOD
  }

  waitsFor(): readonly string[] {
    return this.#path === undefined ? [] : [`the first admin, who follows the link in ${this.#path}`]
  }

  close(): void {}
}
