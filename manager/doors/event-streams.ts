// Server-sent events to many readers. Events are gathered for a moment, the same again told once, and written out once for all. A
// reader that is too far behind is cut off, and so is one whose credential is not good any more.
import type { ServerResponse } from 'node:http'
import type { PoolEvent } from '../contract/events.ts'

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

interface Reader {
  readonly key: string
  readonly isGood: () => Promise<boolean>
}

export class EventStreams {
  readonly #readers = new Map<ServerResponse, Reader>()
  readonly #timers: readonly NodeJS.Timeout[]
  #gathered = new Set<string>()
  #telling: NodeJS.Timeout | undefined

  constructor() {
    this.#timers = [setInterval(() => this.#write(':\n\n'), BEAT), setInterval(() => void this.look(), LOOK)]
    for (const timer of this.#timers) timer.unref()
  }

  get size(): number {
    return this.#readers.size
  }

  tell(event: PoolEvent): void {
    if (this.#readers.size === 0) return
    const text = `event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`
    // Behind what was told of it before: the last word is the last.
    this.#gathered.delete(text)
    this.#gathered.add(text)
    this.#telling ??= setTimeout(() => this.#tell(), GATHER)
  }

  /** False when there are too many of this credential, or altogether. */
  attach(response: ServerResponse, reader: Reader): boolean {
    const own = [...this.#readers.values()].filter(({ key }) => key === reader.key).length
    if (own >= MOST_OF_ONE || this.#readers.size >= MOST_READERS) return false
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
    response.write('retry: 3000\n\n')
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
    const text = [...this.#gathered].join('')
    this.#gathered = new Set()
    this.#write(text)
  }

  #write(text: string): void {
    const bytes = Buffer.from(text)
    for (const response of this.#readers.keys()) {
      if (response.writableLength > MOST_UNREAD) response.destroy()
      else response.write(bytes)
    }
  }
}
