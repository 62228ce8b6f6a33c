// Who is told of what happens, kept in the store with how far each has been told; who sends when it is time is reconcile/notifications.ts.
// A message is on disk with its id before it is sent, and until it has arrived: after a crash in between it is sent again.
import { Emitter } from '../../appliance/wire/emitter.ts'
import type { Log } from '../../appliance/wire/log.ts'
import type { Done } from '../outcome.ts'
import type { Store } from '../store/database.ts'
import type { Sealer } from '../store/keys/sealing.ts'
import { newestNotice, noticesBehind } from '../store/tables/notices.ts'
import { allTargets, removeTarget, saveTarget, type TargetRow, targetNamed } from '../store/tables/notification-targets.ts'
import type { Carrier } from './carrier.ts'
import { failureKey, isFor, testMessage } from './message.ts'
import type { Sent } from './sending.ts'
import { type Known, type Secrets, type Settings, secretsSchema, settingsSchema, settle, type Wish } from './target.ts'
import { fresh, type ShownTarget, showTarget } from './view.ts'

export interface NotificationsDeps {
  readonly store: Store
  readonly sealer: Sealer
  readonly carry: Carrier
  readonly clearAlarm: (key: string) => Promise<unknown>
  /** `https://10.77.0.1:8443`. */
  readonly site: string
  readonly now: () => number
  readonly newId: () => string
  readonly log: Log
}

export type { ShownTarget } from './view.ts'

const MOST_TARGETS = 32
/** From a test to the next of one target, ms. */
const BETWEEN_TESTS = 3_000

export class Notifications {
  readonly #deps: NotificationsDeps
  readonly #changed: Emitter
  /** When each was tested last. */
  readonly #tested = new Map<string, number>()

  constructor(deps: NotificationsDeps) {
    this.#deps = deps
    this.#changed = new Emitter(deps.log, 'targets of notifications')
  }

  // ---- for people ----

  /** By name. */
  async list(): Promise<readonly ShownTarget[]> {
    return Promise.all((await allTargets(this.#deps.store.db)).map((row) => this.#show(row)))
  }

  async show(name: string): Promise<Done<ShownTarget>> {
    const row = await targetNamed(this.#deps.store.db, name)
    return row ? { kind: 'done', value: await this.#show(row) } : missing(name)
  }

  /** A new one hears of what happens from now on. */
  async set(name: string, wish: Wish, who: string): Promise<Done<ShownTarget>> {
    const { store, sealer, now } = this.#deps
    const answer = await store.write(async (transaction): Promise<Done<undefined>> => {
      const before = await targetNamed(transaction, name)
      const settled = settle(wish, before && this.known(before))
      if (settled.kind === 'refused') return settled
      if (!before && (await allTargets(transaction)).length >= MOST_TARGETS) return refused(`there are ${MOST_TARGETS} targets already`)
      const { settings, secrets } = settled
      const goesOn = before !== undefined && settingsOf(before).isOn && settings.isOn
      const sealed = Object.keys(secrets).length === 0 ? undefined : sealer.seal(aboutOf(name), JSON.stringify(secrets))
      const { created, by } = before ?? { created: now(), by: who }
      const progress = goesOn ? { ...before, due: 0, failures: 0, stopped: false } : fresh(await newestNotice(transaction))
      await saveTarget(transaction, { ...progress, name, json: JSON.stringify(settings), sealed, created, by })
      return { kind: 'done', value: undefined }
    })
    if (answer.kind !== 'done') return answer
    this.#changed.tell()
    return this.show(name)
  }

  async remove(name: string): Promise<Done<null>> {
    const { store, clearAlarm } = this.#deps
    const removed = await store.write(async (transaction): Promise<Done<null>> => {
      return (await removeTarget(transaction, name)) ? { kind: 'done', value: null } : missing(name)
    })
    if (removed.kind !== 'done') return removed
    await clearAlarm(failureKey(name))
    this.#changed.tell()
    return removed
  }

  /** Resolves when the receiver has taken it, or not. One that had stopped, or waits after a failure, goes on when it did. */
  async test(name: string, who: string): Promise<Done<ShownTarget>> {
    const { store, now, newId, site, carry, clearAlarm } = this.#deps
    const row = await targetNamed(store.db, name)
    if (!row) return missing(name)
    const wait = (this.#tested.get(name) ?? Number.NEGATIVE_INFINITY) + BETWEEN_TESTS - now()
    if (wait > 0 && wait <= BETWEEN_TESTS)
      return { kind: 'refused', status: 429, reason: `${name} was tested a moment ago`, retryAfter: Math.ceil(wait / 1000) }
    this.#tested.set(name, now())
    const sent = await carry(testMessage({ id: newId(), at: now(), target: name, who }, site), this.known(row))
    if (sent.kind === 'failed') return { kind: 'refused', code: 'not-sent', reason: `the test message did not arrive: ${sent.reason}` }
    await store.write(async (transaction) => {
      const current = await targetNamed(transaction, name)
      if (current?.json === row.json) await saveTarget(transaction, { ...current, ...arrived(sent, now()), due: 0 })
    })
    await clearAlarm(failureKey(name))
    this.#changed.tell()
    return this.show(name)
  }

  // ---- for who sends ----

  known(row: Pick<TargetRow, 'name' | 'json' | 'sealed'>): Known {
    return { settings: settingsOf(row), secrets: this.#secretsOf(row) }
  }

  /** Of others, or of other settings; until the function that it returns is called. */
  subscribe(listener: () => void): () => void {
    return this.#changed.subscribe(listener)
  }

  // ---- inside ----

  async #show(row: TargetRow): Promise<ShownTarget> {
    const settings = settingsOf(row)
    const waiting = settings.isOn ? await this.#waitingOf(row, settings) : 0
    return showTarget(row, settings, waiting)
  }

  async #waitingOf({ name, position, waiting }: TargetRow, settings: Settings): Promise<number> {
    const notices = await noticesBehind(this.#deps.store.db, position)
    return notices.filter((notice) => isFor(name, settings, notice)).length + (waiting ? eventsIn(waiting.json) : 0)
  }

  /** None, where they were sealed with a key that is no more: they are to be given again. */
  #secretsOf({ name, sealed }: Pick<TargetRow, 'name' | 'sealed'>): Secrets {
    try {
      return sealed === undefined ? {} : secretsSchema.parse(JSON.parse(this.#deps.sealer.open(aboutOf(name), sealed)))
    } catch {
      return {}
    }
  }
}

export function settingsOf({ json }: Pick<TargetRow, 'json'>): Settings {
  return settingsSchema.parse(JSON.parse(json))
}

/** What becomes of a target whose message has arrived. */
export function arrived(sent: Extract<Sent, { readonly kind: 'sent' }>, at: number) {
  const some = sent.but === undefined ? { failed: undefined, error: undefined } : { failed: at, error: sent.but }
  return { sent: at, failures: 0, stopped: false, ...some }
}

const aboutOf = (name: string): string => `notification ${name}`

function eventsIn(json: string): number {
  const { events, more } = JSON.parse(json) as { readonly events: readonly unknown[]; readonly more: number }
  return events.length + more
}

function missing(name: string): { readonly kind: 'missing'; readonly reason: string } {
  return {
    kind: 'missing',
    reason: `there is no notification target ${JSON.stringify(name)}: hostless notification list has those there are`,
  }
}

function refused(reason: string): { readonly kind: 'refused'; readonly reason: string } {
  return { kind: 'refused', reason }
}
