// The two xl of a migration, as far as a relay sees them: what they write, read, and do then (xl_migrate.c). Real pipes are not needed.
import { randomBytes } from 'node:crypto'
import { PassThrough } from 'node:stream'
import type { Receiver } from '../../../../images/agent/streams/relay/target.ts'
import { BANNER, READY, YOURS } from '../../../../images/agent/streams/xl-talk.ts'

const REPORT = Buffer.from('my copy unpause results are as follows\0')

/** `xl migrate`: what it reads and writes is the relay's output and input. */
export class SendingXl {
  readonly input = new PassThrough()
  readonly output = new PassThrough()
  /** Of the guest here. */
  guest: 'running' | 'suspended' | 'renamed' | 'destroyed' = 'running'
  said = ''
  #heard: Buffer = Buffer.alloc(0)
  readonly #memory: Buffer

  constructor(bytes: number) {
    this.#memory = randomBytes(bytes)
    this.output.on('data', (octets: Buffer) => {
      this.#heard = Buffer.concat([this.#heard, octets])
    })
  }

  get memory(): Buffer {
    return this.#memory
  }

  has(words: Buffer): boolean {
    return this.#heard.includes(words)
  }

  write(octets: Buffer): void {
    this.input.write(octets)
  }

  /** All of its memory, the last part of it when the guest stands still. */
  async send(): Promise<void> {
    const step = 60_000
    for (let at = 0; at < this.#memory.length; at += step) {
      if (!this.input.write(this.#memory.subarray(at, at + step))) await new Promise((resolve) => this.input.once('drain', resolve))
    }
  }

  /** It has the word: it renames its domain, and says so. */
  giveUp(): void {
    this.guest = 'renamed'
    this.input.write(YOURS)
  }

  /** What it does at the end, by what it has heard. */
  end(): void {
    if (this.input.writableEnded) return
    if (this.guest !== 'renamed') this.guest = 'running'
    else if (this.has(Buffer.concat([REPORT, Buffer.from([0])]))) this.guest = 'destroyed'
    else if (this.has(Buffer.concat([REPORT, Buffer.from([1]), YOURS]))) this.guest = 'running'
    this.input.end()
  }
}

/** `xl migrate-receive`. */
export class ReceivingXl {
  readonly input = new PassThrough()
  readonly output = new PassThrough()
  guest: 'none' | 'incoming' | 'running' = 'none'
  got: Buffer = Buffer.alloc(0)
  /** Of its unpause. */
  code = 0
  #bytes: number
  #ended: () => void = () => undefined
  readonly receiver: Receiver

  constructor(bytes: number) {
    this.#bytes = bytes
    const ended = new Promise<void>((resolve) => {
      this.#ended = resolve
    })
    this.receiver = { input: this.input, output: this.output, ended, kill: () => this.#ended() }
    this.output.write(BANNER)
    this.input.on('data', (octets: Buffer) => this.#take(octets))
    this.input.on('end', () => this.#over())
  }

  kill(): void {
    this.#ended()
  }

  #take(octets: Buffer): void {
    this.got = Buffer.concat([this.got, octets])
    if (this.guest === 'none' && this.got.length === this.#bytes) {
      this.guest = 'incoming'
      this.output.write(READY)
    } else if (this.guest === 'incoming' && this.got.subarray(this.#bytes).equals(YOURS)) {
      this.output.write(Buffer.concat([REPORT, Buffer.from([this.code])]))
      if (this.code === 0) this.guest = 'running'
      else {
        this.guest = 'none'
        this.output.write(YOURS)
      }
      this.output.end(() => this.#ended())
    }
  }

  /** Its input has ended: it destroys what is not let go, and says so. */
  #over(): void {
    if (this.guest !== 'incoming') {
      this.#ended()
      return
    }
    this.output.write(Buffer.concat([REPORT, Buffer.from([3])]))
    this.guest = 'none'
    this.output.end(YOURS, () => this.#ended())
  }
}
