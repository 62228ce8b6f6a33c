// What changed, told to open pages as contract/page-news.ts declares it. Events are gathered for a moment, so that a rack that reports
// at once is one message; a page that does not read is let go, and is told what it has missed when it is back.
import type { ServerResponse } from 'node:http'
import type { PoolEvent } from '../../contract/events.ts'
import type { Changed, PageNews } from '../../contract/page-news.ts'
import type { PoolEvents } from '../events.ts'
import { KeptEvents } from '../kept-events.ts'

/** From the first event until it is told, ms. */
const GATHER_MS = 80
const BEAT_MS = 15_000
/** Bytes that a page may be behind. */
const MOST_UNREAD = 1 << 20
const MOST_PAGES = 200
/** Messages that are kept for pages that come back. */
const MOST_KEPT = 512

export function changedBy(events: Iterable<PoolEvent>): Changed {
  const [hosts, samples, automations, tasks] = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<string>()]
  let [pending, alarms, boots] = [false, false, false]
  for (const event of events) {
    switch (event.kind) {
      case 'host':
        pending ||= event.state === 'pending'
        hosts.add(event.host)
        break
      case 'inventory':
        hosts.add(event.host)
        break
      case 'sample':
        samples.add(event.host)
        break
      case 'alarm':
      case 'alarm-cleared':
        alarms = true
        break
      case 'boot':
        boots = true
        break
      case 'automation':
        automations.add(event.automation)
        break
      case 'task':
        tasks.add(event.task)
        break
      case 'scan':
        break
      default:
        return unheard(event)
    }
  }
  const sampled = [...samples].filter((id) => !hosts.has(id))
  return { kind: 'changed', hosts: [...hosts], samples: sampled, pending, alarms, boots, automations: [...automations], tasks: [...tasks] }
}

/** A kind of event that a page is not told of compiles nowhere. */
function unheard(event: never): never {
  throw new Error(`no page knows ${JSON.stringify(event)}`)
}

const NOTHING: Changed = changedBy([])
/** As it is written. */
const said = (news: PageNews): string => `event: ${news.kind}\ndata: ${JSON.stringify(news)}\n\n`

export interface LivePage {
  /** Asked again at every beat. */
  readonly isSignedIn: () => Promise<boolean>
  /** Of the last news that it has heard. */
  readonly lastId?: string | undefined
}

export class LivePages {
  readonly #pages = new Map<ServerResponse, () => Promise<boolean>>()
  readonly #beat: NodeJS.Timeout
  readonly #unsubscribe: () => void
  readonly #kept: KeptEvents
  #gathered: PoolEvent[] = []
  #telling: NodeJS.Timeout | undefined

  /** `epoch`: of this start of the manager. */
  constructor(events: PoolEvents, epoch: number) {
    this.#kept = new KeptEvents(epoch, MOST_KEPT)
    this.#unsubscribe = events.subscribe((event) => {
      // A new sample follows soon, whoever missed one.
      if (event.kind === 'sample' && this.#pages.size === 0) return
      this.#gathered.push(event)
      this.#telling ??= setTimeout(() => this.#tell(), GATHER_MS)
    })
    this.#beat = setInterval(() => this.#askSessions(), BEAT_MS)
    this.#beat.unref()
  }

  /** False when there are too many pages open. */
  attach(response: ServerResponse, { isSignedIn, lastId }: LivePage): boolean {
    if (this.#pages.size >= MOST_PAGES) return false
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })
    // An id alone tells nothing, and is shown by a browser that comes back.
    const missed = lastId === undefined ? '' : (this.#kept.since(lastId) ?? said({ kind: 'missed' }))
    response.write(`retry: 2000\n\n${missed}id: ${this.#kept.last}\n\n`)
    this.#pages.set(response, isSignedIn)
    response.on('close', () => this.#pages.delete(response))
    return true
  }

  close(): void {
    this.#unsubscribe()
    clearInterval(this.#beat)
    clearTimeout(this.#telling)
    for (const page of this.#pages.keys()) page.end()
  }

  #tell(): void {
    this.#telling = undefined
    const { samples, ...changed } = changedBy(this.#gathered.splice(0))
    const isMore = Object.values(changed).some((what) => what === true || (Array.isArray(what) && what.length > 0))
    if (isMore) this.#write(this.#kept.keep(said({ ...changed, samples: [] })))
    if (samples.length > 0) this.#write(said({ ...NOTHING, samples }))
  }

  #write(text: string): void {
    for (const page of this.#pages.keys()) {
      if (page.writableLength > MOST_UNREAD) page.destroy()
      else page.write(text)
    }
  }

  #askSessions(): void {
    this.#write(said({ kind: 'here' }))
    for (const [page, isSignedIn] of this.#pages) {
      const end = () => void page.end(said({ kind: 'signed-out' }))
      isSignedIn().then((still) => still || end(), end)
    }
  }
}
