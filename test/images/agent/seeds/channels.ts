// Two ends of a seed in one process: a channel that counts, and disks in memory.
import type { Channel, Disk } from '../../../../images/agent/seeds/ends.ts'
import { encodeMessage, type Message, MessageReader } from '../../../../images/agent/seeds/messages.ts'

export interface Pair {
  readonly source: Channel
  readonly target: Channel
  /** Octets, both ways. */
  readonly octets: () => number
}

export function channelPair(): Pair {
  let octets = 0
  const [there, here] = [new Queue(), new Queue()]
  const sendTo = (queue: Queue) => async (message: Message) => {
    const encoded = encodeMessage(message)
    octets += encoded.length
    queue.put(encoded)
    // As a socket: what follows has its turn first.
    await new Promise(setImmediate)
  }
  return {
    source: { send: sendTo(there), messages: here.messages() },
    target: { send: sendTo(here), messages: there.messages() },
    octets: () => octets,
  }
}

class Queue {
  readonly #chunks: Buffer[] = []
  #wake: () => void = () => undefined

  put(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#wake()
  }

  async *messages(): AsyncGenerator<Message, void> {
    const reader = new MessageReader()
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk) yield* reader.read(chunk)
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }
}

export interface MemoryDisk extends Disk {
  readonly content: Buffer
  /** Bytes that were written to it. */
  readonly written: () => number
}

/** `onRead` hears before each. */
export function memoryDisk(content: Buffer, onRead: (at: number) => void = () => undefined): MemoryDisk {
  let written = 0
  return {
    content,
    written: () => written,
    sizeBytes: content.length,
    read: async (at, length, use) => {
      onRead(at)
      return use(Buffer.from(content.subarray(at, at + length)))
    },
    write: async (at, bytes) => {
      written += bytes.length
      bytes.copy(content, at)
    },
    flush: async () => undefined,
  }
}
