// What changed, told to open pages: not the news itself, but what to ask for again. Events are gathered for a moment, so that a rack
// that reports at once is one message; a page that does not read is let go, and asks for everything when it is back.
import type { ServerResponse } from 'node:http'
import type { PoolEvent } from '../../contract/events.ts'
import type { PoolEvents } from '../events.ts'

/** `hosts`: ids that changed in earnest; `samples`: ids with new load only. */
export interface Changed {
  readonly hosts: readonly string[]
  readonly samples: readonly string[]
  /** A machine waits for approval that did not before. */
  readonly pending: boolean
  readonly alarms: boolean
  readonly boots: boolean
  /** Ids. */
  readonly automations: readonly string[]
  readonly tasks: readonly string[]
}

/** From the first event until it is told, ms. */
const GATHER_MS = 80
const BEAT_MS = 15_000
/** Bytes that a page may be behind. */
const MOST_UNREAD = 1 << 20
const MOST_PAGES = 200

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
  return { hosts: [...hosts], samples: sampled, pending, alarms, boots, automations: [...automations], tasks: [...tasks] }
}

/** A kind of event that a page is not told of compiles nowhere. */
function unheard(event: never): never {
  throw new Error(`no page knows ${JSON.stringify(event)}`)
}

export class LivePages {
  readonly #pages = new Map<ServerResponse, () => Promise<boolean>>()
  readonly #beat: NodeJS.Timeout
  readonly #unsubscribe: () => void
  #gathered: PoolEvent[] = []
  #telling: NodeJS.Timeout | undefined

  constructor(events: PoolEvents) {
    this.#unsubscribe = events.subscribe((event) => {
      if (this.#pages.size === 0) return
      this.#gathered.push(event)
      this.#telling ??= setTimeout(() => this.#tell(), GATHER_MS)
    })
    this.#beat = setInterval(() => this.#askSessions(), BEAT_MS)
    this.#beat.unref()
  }

  /** `isSignedIn`: asked again at every beat. False when there are too many pages open. */
  attach(response: ServerResponse, isSignedIn: () => Promise<boolean>): boolean {
    if (this.#pages.size >= MOST_PAGES) return false
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })
    response.write('retry: 2000\n\n')
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
    const changed = changedBy(this.#gathered.splice(0))
    this.#write(`event: changed\ndata: ${JSON.stringify(changed)}\n\n`)
  }

  #write(text: string): void {
    for (const page of this.#pages.keys()) {
      if (page.writableLength > MOST_UNREAD) page.destroy()
      else page.write(text)
    }
  }

  #askSessions(): void {
    this.#write(': still here\n\n')
    for (const [page, isSignedIn] of this.#pages) {
      const end = () => void page.end('event: signed-out\ndata: {}\n\n')
      isSignedIn().then((still) => still || end(), end)
    }
  }
}
