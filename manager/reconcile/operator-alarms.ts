// An alarm for as long as an automation needs an operator, with the commands that help: raised when it begins to wait, cleared by itself
// when it does no more.
import type { Automations } from '../automation/service.ts'
import type { AutomationRecord } from '../automation/store/store.ts'
import type { Pool } from '../hosts/service.ts'
import type { About, Task, Wake } from './driver.ts'

export interface OperatorAlarmTaskDeps {
  readonly automations: Pick<Automations, 'subscribe' | 'find' | 'open'>
  readonly pool: Pick<Pool, 'alarm' | 'alarms' | 'clearAlarm'>
}

const KIND = 'automation-waits'
/** News comes with each step: one look for all of it, ms. */
const GATHER = 500

interface Said {
  readonly title: string
  /** Undefined: by the manager before this one. */
  readonly text: string | undefined
}

export class OperatorAlarmTask implements Task {
  readonly name = 'operator-alarms'
  readonly what = 'holds an alarm for each automation that needs an operator'
  readonly period = 600_000
  readonly #deps: OperatorAlarmTaskDeps
  /** By id; undefined: what the manager before this one has said is not read yet. */
  #said: Map<string, Said> | undefined
  #isClosed = false

  constructor(deps: OperatorAlarmTaskDeps) {
    this.#deps = deps
  }

  watches(wake: Wake): () => void {
    return this.#deps.automations.subscribe((id) => wake(GATHER, id))
  }

  async step(about: About): Promise<undefined> {
    const { automations, pool } = this.#deps
    this.#said ??= await this.#recalled()
    const said = this.#said
    const ids = about === 'all' ? new Set([...said.keys(), ...(await automations.open()).map(({ id }) => id)]) : about
    for (const id of ids) {
      if (this.#isClosed) return
      const record = await automations.find(id)
      if (record?.state === 'needs-operator') await this.#say(said, record)
      else if (said.has(id)) {
        await pool.clearAlarm(`${KIND} ${id}`, 'manager')
        said.delete(id)
      }
    }
  }

  waitsFor(): readonly string[] {
    return [...(this.#said ?? [])].map(([id, { title }]) => `${title}: an operator, who says hostless automation resume ${id}, or abort`)
  }

  close(): void {
    this.#isClosed = true
  }

  async #recalled(): Promise<Map<string, Said>> {
    const alarms = (await this.#deps.pool.alarms()).filter(({ kind }) => kind === KIND)
    return new Map(
      alarms.map(({ key }) => {
        const id = key.slice(KIND.length + 1)
        return [id, { title: `automation ${id}`, text: undefined }]
      }),
    )
  }

  async #say(said: Map<string, Said>, record: AutomationRecord): Promise<void> {
    const text = textOf(record)
    const before = said.get(record.id)
    if (before?.text === text) return
    const isKnown = before !== undefined && before.text === undefined
    if (!isKnown) await this.#deps.pool.alarm({ kind: KIND, about: record.id, text })
    said.set(record.id, { title: record.title, text })
  }
}

function textOf({ id, title, reason }: AutomationRecord): string {
  const commands = `hostless automation show ${id} says what it has done; hostless automation resume ${id} goes on`
  return `automation ${id} (${title}) needs an operator: ${reason ?? 'it cannot go on by itself'}. ${commands}`
}
