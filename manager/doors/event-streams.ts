// Server-sent events (WHATWG HTML, 9.2) to many readers. Events are gathered for a moment, the same again told once, and written out
// once for all, each with an id from which on a reader that was away is told the rest. A reader that is too far behind is cut off, and
// so is one whose credential is not good any more.
import type { ServerResponse } from 'node:http'
import type { PoolEvent } from '../contract/events.ts'
import { KeptEvents } from './kept-events.ts'

/** From the first event until it is told, ms. */
const GATHER = 50
const BEAT = 15_000
/** Between looks at the credentials, ms. */
const LOOK = 30_000
/** Bytes that a reader may be behind. */
const MOST_UNREAD = 1 << 20
const MOST_READERS = 1000
/** Of one token or session. */
const MOST_OF_ONE = 16
const MISSED = 'event: missed\ndata: {"kind":"missed"}\n\n'

interface Reader {
  readonly key: string
  readonly isGood: () => Promise<boolean>
  /** The Last-Event-ID that it shows. */
  readonly lastId?: string | undefined
}

export class EventStreams {
  readonly #readers = new Map<ServerResponse, Reader>()
  readonly #timers: readonly NodeJS.Timeout[]
  readonly #kept: KeptEvents
  #gathered = new Map<string, PoolEvent['kind']>()
  #telling: NodeJS.Timeout | undefined

  /** `epoch`: of this start of the manager; ids of another are not known. */
  constructor(epoch: number) {
    this.#kept = new KeptEvents(epoch)
    this.#timers = [setInterval(() => this.#write(':\n\n'), BEAT), setInterval(() => void this.look(), LOOK)]
    for (const timer of this.#timers) timer.unref()
  }

  get size(): number {
    return this.#readers.size
  }

  tell(event: PoolEvent): void {
    // A new sample follows soon, whoever missed one.
    if (event.kind === 'sample' && this.#readers.size === 0) return
    const text = `event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`
    // Behind what was told of it before: the last word is the last.
    this.#gathered.delete(text)
    this.#gathered.set(text, event.kind)
    this.#telling ??= setTimeout(() => this.#tell(), GATHER)
  }

  /** False when there are too many of this credential, or altogether. */
  attach(response: ServerResponse, reader: Reader): boolean {
    const own = [...this.#readers.values()].filter(({ key }) => key === reader.key).length
    if (own >= MOST_OF_ONE || this.#readers.size >= MOST_READERS) return false
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
    response.write(`retry: 3000\n\n${reader.lastId === undefined ? '' : (this.#kept.since(reader.lastId) ?? MISSED)}`)
    this.#readers.set(response, reader)
    response.on('close', () => this.#readers.delete(response))
    return true
  }

  /** Ends the streams whose credential is not good any more, or cannot be asked about. */
  async look(): Promise<void> {
    await Promise.all(
      [...this.#readers].map(async ([response, { isGood }]) => {
        if (!(await isGood().catch(() => false))) response.end()
      }),
    )
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer)
    clearTimeout(this.#telling)
    for (const response of this.#readers.keys()) response.end()
  }

  #tell(): void {
    this.#telling = undefined
    const texts = [...this.#gathered].map(([text, kind]) => (kind === 'sample' ? text : this.#kept.keep(text)))
    this.#gathered = new Map()
    this.#write(texts.join(''))
  }

  #write(text: string): void {
    const bytes = Buffer.from(text)
    for (const response of this.#readers.keys()) {
      if (response.writableLength > MOST_UNREAD) response.destroy()
      else response.write(bytes)
    }
  }
}
