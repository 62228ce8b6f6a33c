// What was asked over one connection and is not answered yet. An answer that comes too late is not one that nobody asked for.
import { Emitter } from '../../appliance/wire/emitter.ts'
import type { Log } from '../../appliance/wire/log.ts'
import type { Progress } from '../protocol/requests/request.ts'
import { type AnswerBody, beyond, JOBS_SINCE, orderOf, type RequestBody, withheldFrom } from '../protocol/requests.ts'

export type Asked =
  | { readonly kind: 'answered'; readonly answer: AnswerBody }
  /**
   * `absent`: no connection, or it ended before the answer came; `untrusted`: the host may only report; `old`: its agent does not
   * know this request, or is too old to change anything; `silent`: no answer in time, it may still be done. The same id may be asked
   * again.
   */
  | { readonly kind: 'refused'; readonly cause: 'absent' | 'untrusted' | 'old' | 'silent'; readonly reason: string }

/** Something that was asked. */
export interface Asking {
  readonly id: string
  /** Never rejects. */
  readonly ended: Promise<Asked>
  /** What a long request has told last. */
  progress(): Progress | undefined
  /** What it tells from now on; until its end, or until what this returns is called. */
  watch(listener: (progress: Progress) => void): () => void
  /** It ends within seconds: as what it has come to, `cancelled` or `unknown`. Of agents before version 4, as if nobody had said so. */
  cancel(): void
}

/** What has ended before it began. */
export function asked(id: string, end: Asked): Asking {
  return { id, ended: Promise.resolve(end), progress: () => undefined, watch: () => () => undefined, cancel: () => undefined }
}

interface Question {
  readonly body: RequestBody
  readonly asking: Asking
  readonly settle: (asked: Asked) => void
  /** From now on so long, ms. */
  readonly wait: (patience: number) => void
  readonly progress: Emitter<Progress>
  told: Progress | undefined
}

/** How an agent is spoken to. */
export interface Speaker {
  ask(id: string, body: RequestBody): void
  cancel(id: string): void
}

/** Ids that are remembered after their time. */
export const MOST_LATE = 256
/** Milliseconds that a job may be silent beyond what its host gives it. */
const LINGER = 30_000
/** Milliseconds: an agent answers within 5 s. */
const CANCELLING = 15_000

export class Questions {
  readonly #speaker: Speaker
  readonly #log: Pick<Log, 'error'>
  readonly #open = new Map<string, Question>()
  readonly #late = new Set<string>()
  #version: number | undefined

  constructor(speaker: Speaker, log: Pick<Log, 'error'>) {
    this.#speaker = speaker
    this.#log = log
  }

  /** Sent now, or as soon as the agent has been welcomed. `limit`: milliseconds. An id that is open already is asked once. */
  ask(id: string, body: RequestBody, limit: number): Asking {
    const known = this.#open.get(id)
    if (known) return known.asking
    let settle: (asked: Asked) => void = () => undefined
    let timer: NodeJS.Timeout | undefined
    const told = new Emitter<Progress>(this.#log, `the progress of request ${id}`)
    const wait = (patience: number): void => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        this.#expire(id)
        settle({ kind: 'refused', cause: 'silent', reason: `no answer in ${patience / 1000} s` })
      }, patience)
    }
    const ended = new Promise<Asked>((resolve) => {
      settle = (asked) => {
        clearTimeout(timer)
        this.#open.delete(id)
        resolve(asked)
      }
    })
    const asking: Asking = {
      id,
      ended,
      progress: () => question.told,
      watch: (listener) => (this.#open.get(id) === question ? told.subscribe(listener) : () => undefined),
      cancel: () => this.#cancel(id, question),
    }
    const question: Question = { body, asking, settle, wait, progress: told, told: undefined }
    this.#open.set(id, question)
    wait(limit)
    if (this.#version !== undefined) this.#put(id, body, this.#version)
    return asking
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

  /** Undefined: it is under way, or waits on its host. What is told too late is dropped. */
  progress(id: string, progress: Progress | undefined): void {
    const question = this.#open.get(id)
    if (!question) return
    question.wait(orderOf(question.body).limit + LINGER)
    if (!progress) return
    question.told = progress
    question.progress.tell(progress)
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
    const reason = withheldFrom(body.kind, version) ?? beyond(body, version)
    if (reason === undefined) this.#speaker.ask(id, body)
    else this.#open.get(id)?.settle({ kind: 'refused', cause: 'old', reason })
  }

  #cancel(id: string, question: Question): void {
    if (this.#open.get(id) !== question) return
    if (this.#version === undefined) {
      const reason = 'it was cancelled before it was sent'
      question.settle({ kind: 'answered', answer: { kind: 'refused', cause: 'cancelled', reason } })
    } else if (this.#version >= JOBS_SINCE) {
      question.wait(CANCELLING)
      this.#speaker.cancel(id)
    }
  }

  #expire(id: string): void {
    this.#late.add(id)
    const [oldest] = this.#late
    if (this.#late.size > MOST_LATE && oldest !== undefined) this.#late.delete(oldest)
  }
}
