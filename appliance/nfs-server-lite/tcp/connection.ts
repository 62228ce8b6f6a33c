// One TCP connection: records in, replies out. Calls are pipelined, replies leave as they are ready;
// a peer that sends more than it reads is not read from until it does (back-pressure).
import type { Answer, DataRead } from '../program.ts'
import { isHalfRecord, NO_RECORD, type RecordLimits, stepRecords } from '../record.ts'
import { padding } from '../xdr.ts'

export interface ConnectionLimits extends RecordLimits {
  /** Calls that wait for their bytes of root.tar, of one connection. */
  readonly calls: number
  /** Bytes of replies that are being read or have not left, of one connection; exceeded by one reply at most. */
  readonly replyBytes: number
  /** Milliseconds from the first to the last byte of a record. */
  readonly halfRecordMs: number
  /** Milliseconds without a reply byte taken by a peer for which some wait. */
  readonly stalledMs: number
  /** Milliseconds without a byte from the peer. */
  readonly idleMs: number
}

/** What a connection needs of a net.Socket. */
export interface Stream {
  readonly writable: boolean
  readonly writableLength: number
  cork(): void
  uncork(): void
  write(bytes: Uint8Array, written: () => void): boolean
  pause(): unknown
  resume(): unknown
  destroy(): unknown
}

export interface ConnectionEvents {
  /** Answers a record; a string is the reason to close instead. */
  serve(record: Buffer): Answer | string
  /** Bytes of an export could not be read; the peer has been told NFS3ERR_IO. */
  readFailed(error: unknown, data: DataRead): void
  now(): number
}

const ZEROS = [Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(2), Buffer.alloc(3)] as const

export class Connection {
  readonly #stream: Stream
  readonly #limits: ConnectionLimits
  readonly #events: ConnectionEvents
  readonly #written: () => void
  #state = NO_RECORD
  #waiting: Buffer[] = []
  #calls = 0
  #readingBytes = 0
  #paused = false
  #working = false
  #closed = false
  #heardAt: number
  #progressAt: number
  #halfSince: number | undefined

  constructor(stream: Stream, limits: ConnectionLimits, events: ConnectionEvents) {
    this.#stream = stream
    this.#limits = limits
    this.#events = events
    this.#heardAt = events.now()
    this.#progressAt = this.#heardAt
    this.#written = () => {
      this.#progressAt = events.now()
      if (this.#paused) this.#work()
    }
  }

  /** When the peer was last heard, in milliseconds. */
  get heardAt(): number {
    return this.#heardAt
  }

  /** Takes bytes from the peer; returns why the connection has been closed, if it has. */
  receive(chunk: Buffer): string | undefined {
    if (this.#closed) return undefined
    this.#heardAt = this.#events.now()
    const { state, records, problem } = stepRecords(this.#state, chunk, this.#limits)
    this.#state = state
    if (problem !== undefined) return this.#close(problem)
    if (!isHalfRecord(state)) this.#halfSince = undefined
    else if (records.length > 0) this.#halfSince = this.#heardAt
    else this.#halfSince ??= this.#heardAt
    for (const record of records) this.#waiting.push(record)
    return this.#work()
  }

  /** Why the connection should be closed now, if it should. */
  overdue(now: number): string | undefined {
    const { halfRecordMs, stalledMs, idleMs } = this.#limits
    if (!this.#paused && this.#halfSince !== undefined && now - this.#halfSince > halfRecordMs) return 'half a record and then silence'
    if (this.#stream.writableLength > 0 && now - this.#progressAt > stalledMs) return 'replies that are not read'
    if (this.#calls === 0 && this.#waiting.length === 0 && now - this.#heardAt > idleMs) return 'idle'
    return undefined
  }

  /** Forgets all work; the stream is the caller's to destroy. */
  stop(): void {
    this.#closed = true
    this.#waiting = []
    this.#state = NO_RECORD
  }

  /** Serves what waits, as far as the limits let it. A read that fails at once comes back in here: then the outer one goes on. */
  #work(): string | undefined {
    if (this.#closed || this.#working) return undefined
    this.#working = true
    this.#stream.cork()
    try {
      let served = 0
      while (served < this.#waiting.length && !this.#full()) {
        const record = this.#waiting[served++]
        const answer = record && this.#events.serve(record)
        if (typeof answer === 'string') return this.#close(answer)
        if (answer) this.#send(answer)
      }
      this.#waiting.splice(0, served)
    } finally {
      this.#stream.uncork()
      this.#working = false
    }
    if (!this.#closed) this.#throttle()
    return undefined
  }

  #full(): boolean {
    return this.#calls >= this.#limits.calls || this.#readingBytes + this.#stream.writableLength >= this.#limits.replyBytes
  }

  #throttle(): void {
    const pause = this.#waiting.length > 0 || this.#full()
    if (pause === this.#paused) return
    this.#paused = pause
    if (pause) {
      this.#stream.pause()
    } else {
      // The rest of a half record could not have been heard while reading stood still.
      if (this.#halfSince !== undefined) this.#halfSince = this.#events.now()
      this.#heardAt = this.#events.now()
      this.#stream.resume()
    }
  }

  #send(answer: Answer): void {
    if (answer.kind === 'reply') {
      this.#write(answer.reply)
    } else {
      this.#calls++
      this.#readingBytes += answer.data.length
      void this.#read(answer)
    }
  }

  async #read(answer: Answer & { readonly kind: 'data' }): Promise<void> {
    const { source, position, length } = answer.data
    let reply: readonly Buffer[]
    try {
      const bytes = await source.read(position, length)
      if (bytes.length !== length) throw new Error(`${bytes.length} bytes read, ${length} wanted`)
      reply = [answer.head, bytes, ZEROS[padding(length)] ?? ZEROS[0]]
    } catch (error) {
      this.#events.readFailed(error, answer.data)
      reply = [answer.failed()]
    }
    this.#finishRead(length, reply)
  }

  #finishRead(length: number, reply: readonly Buffer[]): void {
    this.#calls--
    this.#readingBytes -= length
    if (this.#closed) return
    this.#stream.cork()
    for (const part of reply) if (part.length > 0) this.#write(part)
    this.#stream.uncork()
    this.#work()
  }

  #write(bytes: Buffer): void {
    if (!this.#stream.writable) return
    if (this.#stream.writableLength === 0) this.#progressAt = this.#events.now()
    this.#stream.write(bytes, this.#written)
  }

  #close(reason: string): string {
    this.stop()
    this.#stream.destroy()
    return reason
  }
}
