// Looks after guests that were brought to run: starts those that a power cut has ended, in their order, as hosts come back; writes down
// which have ended by themselves; and holds an alarm for each that stays down, or cannot be started.

import { z } from 'zod'
import type { After } from '../../../../appliance/wire/timers.ts'
import type { Automations } from '../../../automation/service.ts'
import type { Pool } from '../../../hosts/service.ts'
import { isInService } from '../../../protocol/host.ts'
import type { Store } from '../../../store/database.ts'
import { locksOn } from '../../../store/tables/automations.ts'
import { type BroughtRow, broughtGuests, broughtSpecs, guestOf } from '../../../store/tables/guests.ts'
import { planStart } from '../plans/life.ts'
import type { PlanDeps } from '../plans/plan.ts'
import { endedRows } from '../rows.ts'
import { type Judged, judge, nextToStart, type Waiting } from './judge.ts'

export interface UpkeepDeps {
  readonly store: Store
  readonly pool: Pick<Pool, 'host' | 'knownInventory' | 'subscribe' | 'alarm' | 'alarms' | 'clearAlarm' | 'learn'>
  readonly automations: Pick<Automations, 'start' | 'find' | 'before' | 'subscribe'>
  readonly plans: PlanDeps
  /** Guests that are started at once. */
  readonly most: number
  readonly now: () => number
  readonly after: After
  readonly onError: (error: unknown) => void
}

/** In whose name guests are started after a power cut. */
const WHO = 'the manager'
const KINDS = ['guest-stays-down', 'guest-not-started'] as const
type Kind = (typeof KINDS)[number]
/** Changes come by the hundred: one look for all of them; and one when none comes, ms. */
const GATHER = 2000
const PERIOD = 15_000
/** Until a guest whose domain has gone has ended for good: its agent tries for so long to start it, ms. */
const GRACE = 15 * 60_000

/** What of a spec says how it is started. */
const starting = z.object({
  restart: z.string().default('on-failure'),
  startOrder: z.number().default(0),
  startDelay: z.number().default(0),
})

type Wish = z.output<typeof starting>

interface Ready extends Waiting {
  readonly wish: Wish
  readonly row: BroughtRow
}

interface Open {
  readonly order: number
  readonly automation: string
}

export class GuestUpkeep {
  readonly #deps: UpkeepDeps
  readonly #unsubscribe: readonly (() => void)[]
  /** Guest → since when its domain is gone. */
  readonly #gone = new Map<string, number>()
  /** Key of an alarm → its text; undefined: raised by the manager before this one. */
  readonly #said = new Map<string, string | undefined>()
  /** Guest → that start of it. */
  readonly #open = new Map<string, Open>()
  /** Key of a start → its automation; undefined: there is none yet. */
  readonly #begun = new Map<string, string | undefined>()
  #notBefore = 0
  #working: Promise<void>
  #cancel: (() => void) | undefined
  #due = 0
  #isClosed = false

  constructor(deps: UpkeepDeps) {
    this.#deps = deps
    this.#unsubscribe = [
      deps.pool.subscribe(({ kind }) => {
        if (kind === 'host' || kind === 'inventory') this.#lookIn(GATHER)
      }),
      deps.automations.subscribe(() => {
        if (this.#open.size > 0) this.#lookIn(GATHER)
      }),
    ]
    this.#working = this.#recall().catch(deps.onError)
    this.#lookIn(GATHER)
  }

  /** Resolves when nothing is done any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const end of this.#unsubscribe) end()
    this.#cancel?.()
    await this.#working
  }

  #lookIn(milliseconds: number): void {
    const { after, now } = this.#deps
    const due = now() + milliseconds
    if (this.#isClosed || (this.#cancel && this.#due <= due)) return
    this.#cancel?.()
    this.#due = due
    this.#cancel = after(milliseconds, () => {
      this.#cancel = undefined
      this.#working = this.#working.then(() => this.look()).catch(this.#deps.onError)
      void this.#working.then(() => this.#lookIn(PERIOD))
    })
  }

  async #recall(): Promise<void> {
    for (const { kind, key } of await this.#deps.pool.alarms()) if (KINDS.some((one) => one === kind)) this.#said.set(key, undefined)
  }

  async look(): Promise<void> {
    const { store, pool } = this.#deps
    await pool.learn()
    const rows = await broughtGuests(store.db)
    const alarms = new Map<string, { readonly kind: Kind; readonly row: BroughtRow; readonly text: string }>()
    const unknown = new Set<string>()
    const waiting: BroughtRow[] = []
    const say = (kind: Kind, row: BroughtRow, text: string) => alarms.set(`${kind} ${row.uuid}`, { kind, row, text })
    for (const row of rows) {
      const judged = this.#judge(row)
      if (judged.kind !== 'gone') this.#gone.delete(row.uuid)
      switch (judged.kind) {
        case 'unknown':
          unknown.add(row.uuid)
          break
        case 'runs':
          break
        case 'to start':
          waiting.push(row)
          break
        case 'stays down':
          say('guest-stays-down', row, sayDown(row, judged.why))
          break
        case 'gone': {
          const why = await this.#ended(row)
          if (why !== undefined) say('guest-stays-down', row, why)
        }
      }
    }
    for (const [row, why] of await this.#start(waiting)) say('guest-not-started', row, why)
    await this.#tell(alarms, unknown)
  }

  #judge(row: BroughtRow): Judged {
    const { pool } = this.#deps
    const host = row.host === null ? undefined : pool.host(row.host)
    const inventory = host && pool.knownInventory(host.id)
    if (!host || !inventory || !isInService(host) || row.booted === null || !host.inventory) return { kind: 'unknown' }
    return judge(row, { booted: row.booted, reported: host.inventory.at, inventory })
  }

  /** Why it ought to run and does not; of one that may end, and has, that is written down. */
  async #ended(row: BroughtRow): Promise<string | undefined> {
    const { now, store } = this.#deps
    const since = this.#gone.get(row.uuid) ?? now()
    this.#gone.set(row.uuid, since)
    if (now() - since < GRACE) return undefined
    if ((await this.#wishes()).get(row.uuid)?.restart === 'always')
      return sayDown(row, 'it has ended, and its host has not started it again')
    await store.write(async (transaction) => {
      const [held] = await locksOn(transaction, [`guest ${row.uuid}`])
      const after = held ? undefined : await guestOf(transaction, row.uuid)
      if (after?.power === row.power && after.since === row.since) await endedRows(transaction, row.uuid, now())
    })
    return undefined
  }

  /** Those that cannot be, with why. */
  async #start(waiting: readonly BroughtRow[]): Promise<readonly (readonly [BroughtRow, string])[]> {
    const { now, most } = this.#deps
    await this.#lookAtOpen()
    const keys = new Set(waiting.map(keyOf))
    for (const key of this.#begun.keys()) if (!keys.has(key)) this.#begun.delete(key)
    if (waiting.length === 0) return []
    const wishes = await this.#wishes()
    const refused: (readonly [BroughtRow, string])[] = []
    const ready: Ready[] = []
    for (const row of waiting) {
      const wish = wishes.get(row.uuid)
      if (!wish) continue
      const failed = await this.#failedBefore(row, wish)
      if (failed !== undefined) refused.push([row, failed])
      else if (!this.#open.has(row.uuid)) ready.push({ uuid: row.uuid, name: row.name, order: wish.startOrder, wish, row })
    }
    // One that is refused keeps nobody waiting, whatever its order is.
    let left: readonly Ready[] = ready
    for (;;) {
      const [next] = left.length === 0 ? [] : nextToStart(left, [...this.#open.values()], most)
      if (!next) break
      if (now() < this.#notBefore) {
        this.#lookIn(this.#notBefore - now())
        break
      }
      left = left.filter((one) => one !== next)
      const why = await this.#begin(next.row, next.wish)
      if (why !== undefined) refused.push([next.row, why])
    }
    return refused
  }

  /** Once for each boot of its host: the key says so to the next manager, too. */
  async #begin(row: BroughtRow, { startOrder: order, startDelay }: Wish): Promise<string | undefined> {
    const { automations, plans, now } = this.#deps
    const plan = await planStart(plans, { ref: row.uuid })
    if (plan.kind !== 'done') return plan.kind === 'refused' && plan.code === 'locked' ? undefined : sayNotStarted(row, plan.reason)
    const { recipe, args } = plan.value
    const started = await automations.start({ recipe, args: { ...args, otherwise: 'on' }, who: WHO, key: keyOf(row), asked: askedOf(row) })
    if (started.kind !== 'done')
      return started.kind === 'refused' && started.code === 'locked' ? undefined : sayNotStarted(row, started.reason)
    this.#open.set(row.uuid, { order, automation: started.value.id })
    this.#begun.set(keyOf(row), started.value.id)
    this.#notBefore = Math.max(this.#notBefore, now() + startDelay * 1000)
    return undefined
  }

  async #failedBefore(row: BroughtRow, { startOrder: order }: Wish): Promise<string | undefined> {
    const id = await this.#startOf(row)
    const record = id === undefined ? undefined : await this.#deps.automations.find(id)
    if (!record) return undefined
    if (record.ended === undefined) {
      this.#open.set(row.uuid, { order, automation: record.id })
      return undefined
    }
    return record.state === 'done'
      ? sayNotStarted(row, 'it was started, and its host does not report it')
      : sayNotStarted(row, record.reason ?? record.state)
  }

  async #wishes(): Promise<ReadonlyMap<string, Wish>> {
    const specs = await broughtSpecs(this.#deps.store.db)
    return new Map([...specs].map(([uuid, spec]) => [uuid, starting.parse(JSON.parse(spec))]))
  }

  /** The automation, by this manager or one before it. */
  async #startOf(row: BroughtRow): Promise<string | undefined> {
    const key = keyOf(row)
    if (!this.#begun.has(key)) {
      const before = await this.#deps.automations.before({ who: WHO, key }, askedOf(row))
      this.#begun.set(key, before?.kind === 'done' ? before.value.id : undefined)
    }
    return this.#begun.get(key)
  }

  async #lookAtOpen(): Promise<void> {
    for (const [guest, { automation }] of this.#open) {
      const record = await this.#deps.automations.find(automation)
      if (record?.ended !== undefined || !record) this.#open.delete(guest)
    }
  }

  /** What is not known now stays as it was said. */
  async #tell(
    alarms: ReadonlyMap<string, { readonly kind: Kind; readonly row: BroughtRow; readonly text: string }>,
    unknown: ReadonlySet<string>,
  ): Promise<void> {
    const { pool } = this.#deps
    for (const [key, { kind, row, text }] of alarms) {
      const isKnown = this.#said.has(key)
      const before = this.#said.get(key)
      this.#said.set(key, text)
      if (isKnown && (before === undefined || before === text)) continue
      await pool.alarm({ kind, about: row.uuid, ...(row.host === null ? {} : { host: row.host }), text })
    }
    for (const key of [...this.#said.keys()]) {
      const guest = key.slice(key.indexOf(' ') + 1)
      if (alarms.has(key) || unknown.has(guest)) continue
      this.#said.delete(key)
      await pool.clearAlarm(key, 'manager')
    }
  }
}

function keyOf({ uuid, attempt }: BroughtRow): string {
  return `after boot ${attempt} ${uuid}`
}

function askedOf({ uuid, attempt }: BroughtRow): { readonly what: string; readonly body: unknown } {
  return { what: 'start after a boot', body: { guest: uuid, attempt } }
}

function sayDown({ name }: BroughtRow, why: string): string {
  return `${name} should run, and does not: ${why}. Look at its console, mend what ends it, and start it: hostless vm start ${name}; or say that it is to be down: hostless vm stop ${name} --hard`
}

function sayNotStarted({ name }: BroughtRow, why: string): string {
  return `${name} ran before its host booted, and could not be started: ${why}. When that is mended: hostless vm start ${name}; or say that it is to be down: hostless vm stop ${name} --hard`
}
