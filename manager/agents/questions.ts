// What was asked over one connection and is not answered yet. An answer that comes too late is not one that nobody asked for.
import { type AnswerBody, type RequestBody, SINCE } from '../protocol/requests.ts'

export type Asked =
  | { readonly kind: 'answered'; readonly answer: AnswerBody }
  /**
   * `absent`: no connection, or it ended before the answer came; `untrusted`: the host may only report; `old`: its agent does not
   * know this request; `silent`: no answer in time, it may still be done. The same id may be asked again.
   */
  | { readonly kind: 'refused'; readonly cause: 'absent' | 'untrusted' | 'old' | 'silent'; readonly reason: string }

interface Question {
  readonly body: RequestBody
  readonly promise: Promise<Asked>
  readonly settle: (asked: Asked) => void
}

/** Ids that are remembered after their time. */
const MOST_LATE = 256

export class Questions {
  readonly #send: (id: string, body: RequestBody) => void
  readonly #open = new Map<string, Question>()
  readonly #late = new Set<string>()
  #version: number | undefined

  constructor(send: (id: string, body: RequestBody) => void) {
    this.#send = send
  }

  /** Sent now, or as soon as the agent has been welcomed. `limit`: milliseconds. An id that is open already is asked once. */
  ask(id: string, body: RequestBody, limit: number): Promise<Asked> {
    const known = this.#open.get(id)
    if (known) return known.promise
    let settle: (asked: Asked) => void = () => undefined
    const promise = new Promise<Asked>((resolve) => {
      const timer = setTimeout(() => {
        this.#expire(id)
        settle({ kind: 'refused', cause: 'silent', reason: `no answer in ${limit / 1000} s` })
      }, limit)
      settle = (asked) => {
        clearTimeout(timer)
        this.#open.delete(id)
        resolve(asked)
      }
    })
    this.#open.set(id, { body, promise, settle })
    if (this.#version !== undefined) this.#put(id, body, this.#version)
    return promise
  }

  /** It speaks this version of the protocol. */
  welcomed(version: number): void {
    this.#version = version
    for (const [id, { body }] of [...this.#open]) this.#put(id, body, version)
  }

  /** False when nobody asked. */
  answer(id: string, answer: AnswerBody): boolean {
    const question = this.#open.get(id)
    if (!question) return this.#late.delete(id)
    question.settle({ kind: 'answered', answer })
    return true
  }

  isAsked(id: string): boolean {
    return this.#open.has(id) || this.#late.has(id)
  }

  /** The connection is gone. */
  end(): void {
    for (const { settle } of [...this.#open.values()]) {
      settle({ kind: 'refused', cause: 'absent', reason: 'the connection ended before the answer came' })
    }
  }

  #put(id: string, body: RequestBody, version: number): void {
    if (version >= SINCE[body.kind]) {
      this.#send(id, body)
      return
    }
    const reason = `its agent speaks version ${version} of the protocol, and ${body.kind} came with version ${SINCE[body.kind]}`
    this.#open.get(id)?.settle({ kind: 'refused', cause: 'old', reason })
  }

  #expire(id: string): void {
    this.#late.add(id)
    const [oldest] = this.#late
    if (this.#late.size > MOST_LATE && oldest !== undefined) this.#late.delete(oldest)
  }
}
