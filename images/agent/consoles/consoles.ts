// All consoles that the manager looks at, over the connection that it looks over. However many there are and whatever guests say, it speaks
// so many times a second and no oftener, and not at all while what it said before has not left: the rest waits in the logs.
import { type ConsoleAsked, MOST_CHANNELS } from '../../../manager/protocol/consoles.ts'
import type { AgentMessage } from '../../../manager/protocol/messages.ts'
import type { Stop } from '../backend.ts'
import { Channel, type ConsoleMeans } from './channel.ts'

/** The connection. */
export interface Over {
  send(message: AgentMessage): void
  /** Bytes that have not left yet. */
  backlog(): number
}

/** Milliseconds: a manager takes 50 messages a second of an agent, of all kinds. */
const TICK = 60
/** Bytes. */
const MOST_BACKLOG = 256 << 10

export class Consoles {
  readonly #means: ConsoleMeans
  readonly #channels = new Map<string, { readonly channel: Channel; readonly over: Over }>()
  #stop: Stop | undefined
  #isTicking = false

  constructor(means: ConsoleMeans) {
    this.#means = means
  }

  hear(message: ConsoleAsked, over: Over): void {
    switch (message.kind) {
      case 'console-open': {
        const { channel } = message
        if (this.#channels.size >= MOST_CHANNELS && !this.#channels.has(channel)) {
          const reason = `${MOST_CHANNELS} consoles of this host are open already`
          over.send({ kind: 'console-ended', channel, cause: 'failed', reason })
          return
        }
        this.#channels.set(channel, { channel: new Channel(this.#means, message), over })
        this.#wait()
        return
      }
      case 'console-type':
        this.#channels.get(message.channel)?.channel.type(Buffer.from(message.octets, 'base64'))
        return
      case 'console-close':
        this.#channels.delete(message.channel)
    }
  }

  /** The connection is gone, and nobody listens. */
  end(): void {
    this.#channels.clear()
    this.#stop?.()
    this.#stop = undefined
  }

  #wait(): void {
    if (this.#stop || this.#isTicking || this.#channels.size === 0) return
    this.#stop = this.#means.clock.after(TICK, () => {
      this.#stop = undefined
      this.#isTicking = true
      void this.#tick().finally(() => {
        this.#isTicking = false
        this.#wait()
      })
    })
  }

  /** One that has something to say says it, and goes to the end of the row. */
  async #tick(): Promise<void> {
    for (const [id, open] of [...this.#channels]) {
      if (open.over.backlog() > MOST_BACKLOG) continue
      const polled = await open.channel.poll()
      if (this.#channels.get(id) !== open || polled.kind === 'nothing') continue
      this.#channels.delete(id)
      if (polled.kind === 'ended') {
        open.over.send({ kind: 'console-ended', channel: id, cause: polled.cause, reason: polled.reason.slice(0, 512) })
        return
      }
      this.#channels.set(id, open)
      const { piece, typed, problem } = polled
      open.over.send({
        ...{ kind: 'console-said', channel: id, octets: Buffer.from(piece.octets).toString('base64'), typed, live: piece.live },
        ...(piece.skipped ? { skipped: true } : {}),
        ...(problem === undefined ? {} : { problem: problem.slice(0, 512) }),
      })
      return
    }
  }
}

/** `consoles`: left out where the host shows none. */
export function lookOver(consoles: Pick<Consoles, 'hear'> | undefined, asked: ConsoleAsked, over: Over): void {
  if (consoles) consoles.hear(asked, over)
  else if (asked.kind === 'console-open')
    over.send({ kind: 'console-ended', channel: asked.channel, cause: 'failed', reason: 'this host has no consoles of guests' })
}
