// The consoles that are open over one agent's connection. What comes of a channel that is closed already is dropped.
import type { ConsoleEnd, ConsoleOpen, ConsoleSaid, ConsoleTold } from '../protocol/consoles.ts'
import { CONSOLES_SINCE, MOST_CHANNELS } from '../protocol/consoles.ts'
import type { ManagerMessage } from '../protocol/messages.ts'

export interface LineListener {
  said(said: ConsoleSaid): void
  /** Once, and nothing after it. */
  ended(end: ConsoleEnd): void
}

export interface ConsoleLine {
  type(octets: Uint8Array): void
  close(): void
}

export type OpenedLine = { readonly kind: 'open'; readonly line: ConsoleLine } | RefusedLine

export interface RefusedLine {
  readonly kind: 'refused'
  readonly reason: string
  /** In moments it may be otherwise: its agent was there just now. */
  readonly passes: boolean
}

export interface LineSpeaker {
  readonly epoch: number
  send(message: ManagerMessage): void
}

export class ConsoleLines {
  readonly #speaker: LineSpeaker
  readonly #open = new Map<string, LineListener>()
  #version: number | undefined
  #last = 0

  constructor(speaker: LineSpeaker) {
    this.#speaker = speaker
  }

  welcomed(version: number): void {
    this.#version = version
  }

  open(guest: ConsoleOpen['guest'], back: number, listener: LineListener): OpenedLine {
    const refused = (reason: string, passes = false): OpenedLine => ({ kind: 'refused', reason, passes })
    if (this.#version === undefined) return refused('its agent has only just connected: try again', true)
    if (this.#version < CONSOLES_SINCE)
      return refused(`its agent speaks version ${this.#version}, and consoles came with version ${CONSOLES_SINCE}: upgrade the agent`)
    if (this.#open.size >= MOST_CHANNELS) return refused(`${MOST_CHANNELS} consoles of this host are open already`)
    this.#last += 1
    const channel = `c${this.#last}`
    this.#open.set(channel, listener)
    this.#speaker.send({ kind: 'console-open', channel, epoch: this.#speaker.epoch, guest, back })
    return {
      kind: 'open',
      line: {
        type: (octets) => {
          if (!this.#open.has(channel)) return
          this.#speaker.send({ kind: 'console-type', channel, octets: Buffer.from(octets).toString('base64') })
        },
        close: () => {
          if (this.#open.delete(channel)) this.#speaker.send({ kind: 'console-close', channel })
        },
      },
    }
  }

  hear(told: ConsoleTold): void {
    const listener = this.#open.get(told.channel)
    if (!listener) return
    if (told.kind === 'console-said') {
      listener.said(told)
      return
    }
    this.#open.delete(told.channel)
    listener.ended(told)
  }

  /** The connection is gone. */
  end(): void {
    const listeners = [...this.#open.values()]
    this.#open.clear()
    for (const listener of listeners) listener.ended({ cause: 'failed', reason: 'the connection to its host has ended' })
  }
}
