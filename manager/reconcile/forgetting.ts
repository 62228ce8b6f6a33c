// What the manager keeps for a time and then forgets: what has expired can be used for nothing, and what has ended was looked at.
import { SESSION_IDLE } from '../access/credentials.ts'
import type { Appliances } from '../appliances/service.ts'
import type { Automations } from '../automation/service.ts'
import type { Measures } from '../measures/service.ts'
import type { Store } from '../store/database.ts'
import { forgetAttempts } from '../store/tables/attempts.ts'
import { forgetCertificates } from '../store/tables/certificates.ts'
import { forgetMoves } from '../store/tables/moves.ts'
import { forgetSessions } from '../store/tables/sessions.ts'
import { forgetTokens } from '../store/tables/tokens.ts'
import type { VmImages } from '../vm-images/service.ts'
import type { Task } from './driver.ts'

/** Milliseconds between two looks, and that a seed disk may be of use to an automation that has not begun yet. */
const FORGET_PERIOD = 3600_000
/** What has expired so long ago can be used for nothing, ms: an agent may come back from an absence of the manager. */
export const FORGET_AFTER = 30 * 24 * 3600_000
/** What became of moves, ms and rows. */
const FORGET_MOVES_AFTER = 400 * 24 * 3600_000
const MOST_MOVES = 100_000

export interface Forgetting {
  readonly store: Pick<Store, 'write'>
  readonly measures: Pick<Measures, 'forget'>
  readonly automations: Pick<Automations, 'forget' | 'open'>
  readonly images: Pick<VmImages, 'forgetSeeds'>
  readonly appliances: Pick<Appliances, 'dropOldOrders'>
  readonly now: () => number
  /** Of automations that have ended, ms. */
  readonly keepFor: number
}

export class ForgetTask implements Task {
  readonly name = 'forgetting'
  readonly what = 'removes what has expired, and what has ended long ago'
  readonly period = FORGET_PERIOD
  readonly #deps: Forgetting

  constructor(deps: Forgetting) {
    this.#deps = deps
  }

  /** Time goes by, and that tells nobody. */
  watches(): () => void {
    return () => undefined
  }

  async step(): Promise<undefined> {
    const { store, measures, automations, images, appliances, now, keepFor } = this.#deps
    const before = now() - FORGET_AFTER
    await store.write(async (transaction) => {
      await forgetAttempts(transaction, before)
      await forgetCertificates(transaction, before)
      await forgetTokens(transaction, now())
      await forgetSessions(transaction, now() - SESSION_IDLE)
      await forgetMoves(transaction, now() - FORGET_MOVES_AFTER, MOST_MOVES)
    })
    await appliances.dropOldOrders()
    await measures.forget()
    await automations.forget(now() - keepFor)
    // What an automation has made for itself, and not begun with, is not old yet.
    const open = (await automations.open()).map(({ args }) => JSON.stringify(args))
    await images.forgetSeeds(now() - FORGET_PERIOD, (id) => open.some((args) => args.includes(id)))
  }

  waitsFor(): readonly string[] {
    return []
  }

  close(): void {}
}
