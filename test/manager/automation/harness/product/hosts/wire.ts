// What lies between managers and hosts: requests and answers take a moment, and go wrong as ordered. It sees each that passes.
import type { Handlers, Task } from '../../../../../../images/agent/requests/task.ts'
import type { Asked, Asking } from '../../../../../../manager/agents/questions.ts'
import type { Tagged } from '../../../../../../manager/automation/effect.ts'
import type { Broker } from '../../../../../../manager/automation/ports.ts'
import { withSecret } from '../../../../../../manager/automation/world/broker.ts'
import { type AnswerBody, type RequestBody, requestBody } from '../../../../../../manager/protocol/requests.ts'
import type { SimulatedClock } from '../../clock.ts'
import type { Life } from '../../life.ts'
import type { Random } from '../../random.ts'
import type { RequestFault } from '../faults.ts'
import type { Delivered, PoolHost } from './host.ts'

export interface WireOptions {
  readonly clock: SimulatedClock
  readonly random: Random
  /** The n-th request that is new to the hosts. */
  readonly faultAt: (request: number) => RequestFault | undefined
  /** An answer is about to be read by a manager: the n-th. */
  readonly onAnswer: (answer: number, life: Life) => void
  readonly broken: string[]
}

/** What a manager may say to a host. */
type Word =
  | { readonly kind: 'request'; readonly id: string; readonly request: RequestBody }
  | { readonly kind: 'cancel'; readonly id: string }

export class Wire {
  requests = 0
  answers = 0
  readonly #options: WireOptions
  readonly #hosts = new Map<string, PoolHost>()
  readonly #faults = new Map<string, RequestFault | undefined>()
  /** By the body that a handler is given. */
  readonly #ordered = new WeakMap<object, RequestFault>()
  readonly #listeners = new Set<(host: string) => void>()
  /** By host: until when nobody reaches it. */
  readonly #cutUntil = new Map<string, number>()
  /** By connection: when the last word arrives that was sent. */
  readonly #lastOf = new Map<string, number>()
  readonly #stuck = new Set<() => void>()
  #isHealed = false

  constructor(options: WireOptions) {
    this.#options = options
  }

  /** Something waits for the end of all faults. */
  get isStuck(): boolean {
    return this.#stuck.size > 0
  }

  reaches(host: string): boolean {
    return this.#isHealed || this.#options.clock.now() >= (this.#cutUntil.get(host) ?? 0)
  }

  connect(hosts: readonly PoolHost[]): void {
    for (const host of hosts) this.#hosts.set(host.name, host)
  }

  isUp(host: string): void {
    for (const listener of [...this.#listeners]) listener(host)
  }

  /** As this manager has it. */
  broker(life: Life): Broker {
    return {
      ask: (host, id, body, patience) => this.#ask(life, host, id, body, patience),
      subscribe: (listener) => {
        const hear = (host: string): void => {
          if (life.isAlive) listener(host)
        }
        this.#listeners.add(hear)
        return () => void this.#listeners.delete(hear)
      },
    }
  }

  /** The product's handlers, each of which does to a request what was ordered for it. */
  handlers(own: Handlers): Partial<Handlers> {
    const wrapped = Object.entries(own).map(([kind, handle]) => {
      const act = handle as ((body: RequestBody, task: Task) => Promise<AnswerBody>) | undefined
      return [kind, act && ((body: RequestBody, task: Task) => this.#handle(body, () => act(body, task)))]
    })
    return Object.fromEntries(wrapped) as Partial<Handlers>
  }

  /** What hangs is ended, as its agent starts anew. */
  heal(): void {
    this.#isHealed = true
    for (const end of [...this.#stuck]) end()
    this.#stuck.clear()
    for (const host of this.#hosts.values()) host.killAgent()
  }

  async #handle(body: RequestBody, act: () => Promise<AnswerBody>): Promise<AnswerBody> {
    const { clock, random } = this.#options
    const fault = this.#ordered.get(body)
    this.#ordered.delete(body)
    if (fault === 'fails') return { kind: 'refused', cause: 'unable', reason: 'it does not work' }
    if (fault === 'hangs') await new Promise<void>((resolve) => this.#stuck.add(resolve))
    const answer = await act()
    if (fault === 'half') return { kind: 'refused', cause: 'unknown', reason: 'it was stopped in the middle' }
    if (fault === 'late') {
      await new Promise<void>((resolve) => {
        this.#stuck.add(resolve)
        clock.after(random.whole(100_000, 400_000), () => {
          this.#stuck.delete(resolve)
          resolve()
        })
      })
    }
    return answer
  }

  #ask(life: Life, name: string, id: string, tagged: Tagged, patience: number): Asking {
    const { clock } = this.#options
    const request = withSecret(requestBody.parse(tagged), (label) => label.padEnd(32, '-'))
    let settle: (asked: Asked) => void = () => undefined
    const ended = new Promise<Asked>((resolve) => {
      settle = (asked) => {
        if (life.isAlive) resolve(asked)
      }
    })
    const hear = (delivered: Delivered | undefined): void => {
      if (delivered === undefined) return
      this.#later(() => {
        if (!life.isAlive) return
        if (delivered === 'lost') return settle({ kind: 'refused', cause: 'absent', reason: 'the connection ended' })
        this.answers += 1
        this.#options.onAnswer(this.answers, life)
        settle({ kind: 'answered', answer: delivered })
      })
    }
    const say = (word: Word): void => {
      if (life.isAlive) this.#send(this.#hostOf(name), life, word, hear)
    }
    say({ kind: 'request', id, request })
    clock.after(patience, () => settle({ kind: 'refused', cause: 'silent', reason: 'no answer' }))
    return { id, ended, progress: () => undefined, watch: () => () => undefined, cancel: () => say({ kind: 'cancel', id }) }
  }

  /** Over one connection nothing overtakes another. */
  #send(host: PoolHost, life: Life, word: Word, hear: (delivered: Delivered | undefined) => void): void {
    const { clock, random } = this.#options
    const connection = `${life.epoch} ${host.name}`
    const fault = word.kind === 'request' && !this.#isHealed ? this.#faultOf(word.id) : undefined
    const takes = fault === 'slow' ? random.whole(20_000, 100_000) : random.whole(1, 20)
    const at = Math.max(clock.now() + takes, this.#lastOf.get(connection) ?? 0)
    this.#lastOf.set(connection, at)
    clock.after(at - clock.now(), () => this.#deliver(host, life, word, fault, hear))
  }

  #deliver(
    host: PoolHost,
    life: Life,
    word: Word,
    fault: RequestFault | undefined,
    hear: (delivered: Delivered | undefined) => void,
  ): void {
    const { epoch } = life
    if (word.kind === 'cancel') {
      void host.hear(epoch, { ...word, epoch }).then((answer) => hear(answer === 'lost' ? undefined : answer))
      return
    }
    if (!this.reaches(host.name)) {
      hear('lost')
      return
    }
    if (fault !== undefined && !this.#ordered.has(word.request)) this.#ordered.set(word.request, fault)
    const newest = host.epoch ?? 0
    void host.hear(epoch, { ...word, epoch }).then((answer) => {
      if (!obeysTheNewest(epoch, newest, answer))
        this.#options.broken.push(`I6: ${host.name} has heard ${newest}, and does ${word.id} for ${epoch}`)
      this.#pass(host, epoch, word, fault, answer, hear)
    })
  }

  #pass(
    host: PoolHost,
    epoch: number,
    word: Word & { readonly kind: 'request' },
    fault: RequestFault | undefined,
    answer: Delivered | undefined,
    hear: (delivered: Delivered | undefined) => void,
  ): void {
    switch (fault) {
      case 'never':
        this.#stuck.add(() => hear('lost'))
        return
      case 'lost':
        hear('lost')
        return
      case 'twice':
        this.#options.clock.after(300, () => void host.hear(epoch, { ...word, epoch }).then(hear))
        hear(answer)
        return
      case 'cut': {
        const milliseconds = this.#options.random.whole(60_000, 600_000)
        this.#cutUntil.set(host.name, this.#options.clock.now() + milliseconds)
        this.#options.clock.after(milliseconds, () => this.isUp(host.name))
        hear('lost')
        return
      }
      case 'forgets':
        host.killAgent()
        hear('lost')
        return
      case 'resets':
        host.reset()
        hear('lost')
        return
      default:
        hear(answer)
    }
  }

  /** Of the first time that a request comes; what is never answered is so every time. */
  #faultOf(id: string): RequestFault | undefined {
    if (!this.#faults.has(id)) {
      this.requests += 1
      const fault = this.#options.faultAt(this.requests)
      this.#faults.set(id, fault === 'never' ? fault : undefined)
      return fault
    }
    return this.#faults.get(id)
  }

  #later(act: () => void): void {
    const { clock, random } = this.#options
    clock.after(random.whole(1, 20), act)
  }

  #hostOf(name: string): PoolHost {
    const host = this.#hosts.get(name)
    if (!host) throw new Error(`no host ${name}`)
    return host
  }
}

/** I6: whoever has heard a newer manager does nothing for an older one. */
function obeysTheNewest(asked: number, heard: number, answer: Delivered | undefined): boolean {
  return asked >= heard || answer === 'lost' || answer === undefined || (answer.kind === 'refused' && answer.cause === 'stale-epoch')
}
