// Tasks of those who have no store for them: in memory, and what has ended for a time, so many of each kind. A restart of the manager
// ends and forgets them.
import { Emitter } from '../../appliance/wire/emitter.ts'
import type { Log } from '../../appliance/wire/log.ts'
import { heard, type Pace, paced } from '../automation/pace.ts'
import type { Done } from '../outcome.ts'
import type { Progress } from '../protocol/requests/request.ts'
import { HAS_ENDED, isOpen, newestFirst, type Task, type TaskSource, type TaskState, type Wanted } from './task.ts'

/** What may be done to end one, or why that cannot be. */
export type Ending = { readonly cancel: (who: string) => Done<unknown> } | { readonly not: string }

export interface NewTask extends Pick<Task, 'kind' | 'what' | 'on' | 'who'> {
  readonly ending: Ending
}

export type TaskEnd =
  | { readonly state: 'done' }
  | { readonly state: Exclude<TaskState, 'done' | 'queued' | 'running'>; readonly reason: string }

/** One that is under way, for who does it. Nothing that comes after its end counts. */
export interface KeptTask {
  readonly id: string
  /** It waits no more; `ending`: what may end it from now on, where that is another. */
  start(changed?: { readonly on?: readonly string[]; readonly ending?: Ending }): void
  progress(progress: Progress): void
  end(end: TaskEnd): void
}

interface Entry extends NewTask {
  readonly id: string
  readonly created: number
  state: TaskState
  reason?: string
  started?: number
  ended?: number
  pace?: Pace
  told: number
}

export interface KeptTasksOptions {
  readonly now: () => number
  readonly newId: () => string
  /** Milliseconds after its end. */
  readonly keepFor: number
  readonly log: Pick<Log, 'error'>
}

/** Of each kind, that have ended. */
export const MOST_KEPT = 200
/** Between two words of how far one is, ms. */
const PACE = 500

export class KeptTasks implements TaskSource {
  readonly #options: KeptTasksOptions
  readonly #news: Emitter<string>
  readonly #entries = new Map<string, Entry>()

  constructor(options: KeptTasksOptions) {
    this.#options = options
    this.#news = new Emitter(options.log, 'news of tasks')
  }

  /** Queued, until it is started. */
  begin(task: NewTask): KeptTask {
    const { now, newId } = this.#options
    const id = newId()
    this.#entries.set(id, { ...task, id, created: now(), state: 'queued', told: 0 })
    this.#news.tell(id)
    return {
      id,
      start: (changed = {}) => this.#change(id, (entry) => Object.assign(entry, changed, { state: 'running', started: now() })),
      progress: (progress) => this.#heard(id, progress),
      end: (end) => {
        this.#change(id, (entry) => Object.assign(entry, end, { ended: now() }))
        this.#forget(task.kind)
      },
    }
  }

  async list({ which, kind, limit }: Wanted): Promise<readonly Task[]> {
    this.#expire()
    const wanted = [...this.#entries.values()].filter((entry) => kind === undefined || entry.kind === kind)
    const all = wanted.map((entry) => this.#shown(entry)).sort(newestFirst)
    const open = all.filter(isOpen)
    return which === 'open' ? open : [...open, ...all.filter((task) => !isOpen(task)).slice(0, limit)]
  }

  async find(id: string): Promise<Task | undefined> {
    this.#expire()
    const entry = this.#entries.get(id)
    return entry && this.#shown(entry)
  }

  async cancel(id: string, who: string): Promise<Done<undefined>> {
    const entry = this.#entries.get(id)
    if (!entry || !isOpen(entry)) return { kind: 'refused', reason: HAS_ENDED }
    if ('not' in entry.ending) return { kind: 'refused', reason: entry.ending.not }
    const said = entry.ending.cancel(who)
    return said.kind === 'done' ? { kind: 'done', value: undefined } : said
  }

  subscribe(listener: (id: string) => void): () => void {
    return this.#news.subscribe(listener)
  }

  #change(id: string, change: (entry: Entry) => void): void {
    const entry = this.#entries.get(id)
    if (!entry || !isOpen(entry)) return
    change(entry)
    this.#news.tell(id)
  }

  #heard(id: string, progress: Progress): void {
    const entry = this.#entries.get(id)
    if (!entry || !isOpen(entry)) return
    const now = this.#options.now()
    const isOther = entry.pace?.progress.phase !== progress.phase
    // Some tell of each MiB: who tells more often than is looked at is heard now and then.
    if (!isOther && Math.abs(now - entry.told) < PACE) return
    entry.pace = heard(entry.pace, progress, now)
    entry.told = now
    this.#news.tell(id)
  }

  #shown({ ending, told: _told, pace, ...entry }: Entry): Task {
    const now = this.#options.now()
    if (!isOpen(entry)) return { ...entry, mayCancel: false, notCancelled: HAS_ENDED }
    const progress = pace && entry.state === 'running' ? { progress: paced(pace, now) } : {}
    return { ...entry, ...progress, ...('not' in ending ? { mayCancel: false, notCancelled: ending.not } : { mayCancel: true }) }
  }

  #forget(kind: Task['kind']): void {
    this.#expire()
    const ended = [...this.#entries.values()].filter((entry) => entry.kind === kind && !isOpen(entry))
    const oldest = ended.sort((a, b) => (a.ended ?? 0) - (b.ended ?? 0)).slice(0, -MOST_KEPT)
    for (const { id } of oldest) this.#entries.delete(id)
  }

  #expire(): void {
    const before = this.#options.now() - this.#options.keepFor
    for (const { id, ended } of this.#entries.values()) if (ended !== undefined && ended < before) this.#entries.delete(id)
  }
}
