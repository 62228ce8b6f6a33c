// An alarm for as long as an automation needs an operator, with the commands that help: raised when it begins to wait, cleared by itself
// when it does no more.
import type { After } from '../../appliance/wire/timers.ts'
import type { Pool } from '../hosts/service.ts'
import type { Automations } from './service.ts'
import type { AutomationRecord } from './store/store.ts'

export interface OperatorAlarmsDeps {
  readonly automations: Pick<Automations, 'subscribe' | 'find' | 'open'>
  readonly pool: Pick<Pool, 'alarm' | 'alarms' | 'clearAlarm'>
  readonly after: After
  readonly onError: (error: unknown) => void
}

const KIND = 'automation-waits'
/** News comes with each step: one look for all of it, ms. */
const GATHER = 500

export class OperatorAlarms {
  readonly #deps: OperatorAlarmsDeps
  readonly #unsubscribe: () => void
  /** Ids, with what was said of them; undefined: by the manager before this one. */
  readonly #said = new Map<string, string | undefined>()
  readonly #news = new Set<string>()
  #working: Promise<void>
  #cancel: (() => void) | undefined
  #isClosed = false

  constructor(deps: OperatorAlarmsDeps) {
    this.#deps = deps
    this.#working = this.#recall().catch(deps.onError)
    this.#unsubscribe = deps.automations.subscribe((id) => this.#lookAt(id))
  }

  /** Resolves when nothing is written any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#unsubscribe()
    this.#cancel?.()
    await this.#working
  }

  #lookAt(id: string): void {
    this.#news.add(id)
    this.#cancel ??= this.#deps.after(GATHER, () => {
      this.#cancel = undefined
      const ids = [...this.#news]
      this.#news.clear()
      this.#working = this.#working.then(() => this.#look(ids)).catch(this.#deps.onError)
    })
  }

  async #recall(): Promise<void> {
    const { pool, automations } = this.#deps
    for (const { kind, key } of await pool.alarms()) if (kind === KIND) this.#said.set(key.slice(KIND.length + 1), undefined)
    const open = await automations.open()
    await this.#look([...new Set([...this.#said.keys(), ...open.map(({ id }) => id)])])
  }

  async #look(ids: readonly string[]): Promise<void> {
    const { automations, pool } = this.#deps
    for (const id of ids) {
      if (this.#isClosed) return
      const record = await automations.find(id)
      if (record?.state === 'needs-operator') await this.#say(record)
      else if (this.#said.delete(id)) await pool.clearAlarm(`${KIND} ${id}`, 'manager')
    }
  }

  async #say(record: AutomationRecord): Promise<void> {
    const text = textOf(record)
    const before = this.#said.get(record.id)
    if (before === text) return
    const isKnown = before === undefined && this.#said.has(record.id)
    this.#said.set(record.id, text)
    if (!isKnown) await this.#deps.pool.alarm({ kind: KIND, about: record.id, text })
  }
}

function textOf({ id, title, reason }: AutomationRecord): string {
  const commands = `hostless automation show ${id} says what it has done; hostless automation resume ${id} goes on`
  return `automation ${id} (${title}) needs an operator: ${reason ?? 'it cannot go on by itself'}. ${commands}`
}
