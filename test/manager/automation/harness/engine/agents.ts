// The agents of the rack: each does what it is asked in the order of its coming for one guest, once for an id, and refuses managers that
// are older than the newest that it has heard. What goes wrong goes wrong here.
import type { Asked, Asking } from '../../../../../manager/agents/questions.ts'
import type { AnswerBody } from '../../../../../manager/protocol/requests.ts'
import type { SimulatedClock } from '../clock.ts'
import type { Life } from '../life.ts'
import type { Random } from '../random.ts'
import type { RequestFault } from './faults.ts'
import type { Rack, RackHost, Reply } from './rack.ts'

export interface AgentsOptions {
  readonly clock: SimulatedClock
  readonly rack: Rack
  readonly random: Random
  readonly faultAt: (request: number) => RequestFault | undefined
  /** A manager asks for something: what must be so. */
  readonly onAsked: (id: string) => void
  /** An answer is about to be read by a manager. */
  readonly onAnswer: (life: Life) => void
  /** Of the newest manager: a host that boots hears it first. */
  readonly newestEpoch: () => number
  readonly onChange: () => void
}

interface Doing {
  readonly host: RackHost
  readonly id: string
  readonly body: unknown
  readonly epoch: number
  readonly repliers: ((reply: Reply | 'lost') => void)[]
  readonly fault: RequestFault | undefined
  state: 'waits' | 'runs' | 'stuck' | 'over'
}

const CANCELLED: Reply = { kind: 'refused', cause: 'cancelled', reason: 'it was cancelled' }

export class Agents {
  requests = 0
  answers = 0
  deaths = 0
  isHealed = false
  readonly #options: AgentsOptions
  readonly #faults = new Map<string, RequestFault | undefined>()
  readonly #open = new Map<string, Doing>()
  readonly #lanes = new Map<string, Doing[]>()
  readonly #listeners = new Set<(host: string) => void>()

  constructor(options: AgentsOptions) {
    this.#options = options
  }

  subscribe(listener: (host: string) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  ask(life: Life, name: string, id: string, body: unknown, patience: number): Asking {
    const { clock, random, rack } = this.#options
    const host = rack.host(name)
    let settle: (asked: Asked) => void = () => undefined
    const ended = new Promise<Asked>((resolve) => {
      settle = resolve
    })
    const hear = (reply: Reply | 'lost'): void => {
      clock.after(random.whole(1, 20), () => {
        if (!life.isAlive) return
        if (reply === 'lost') return settle({ kind: 'refused', cause: 'absent', reason: 'the connection ended' })
        this.answers += 1
        this.#options.onAnswer(life)
        // What a recipe of the harness is answered is none of the protocol's answers.
        if (life.isAlive) settle({ kind: 'answered', answer: reply as AnswerBody })
      })
    }
    if (life.isAlive) {
      this.#options.onAsked(id)
      clock.after(random.whole(1, 20), () => this.#receive(host, life.epoch, id, body, hear))
      clock.after(patience, () => {
        if (life.isAlive) settle({ kind: 'refused', cause: 'silent', reason: 'no answer' })
      })
    }
    const cancel = (): void => {
      if (life.isAlive) clock.after(random.whole(1, 20), () => this.#cancel(host, id, life.epoch, hear))
    }
    return { id, ended, progress: () => undefined, watch: () => () => undefined, cancel }
  }

  /** Whatever hangs is ended, as its agent starts anew. */
  heal(): void {
    this.isHealed = true
    for (const doing of [...this.#open.values()]) if (doing.state === 'stuck') this.#over(doing, 'lost')
  }

  #receive(host: RackHost, epoch: number, id: string, body: unknown, hear: (reply: Reply | 'lost') => void): void {
    const known = !host.isUp ? 'lost' : epoch < host.epoch ? stale(epoch, host.epoch) : host.memory.get(id)
    if (host.isUp) host.epoch = Math.max(host.epoch, epoch)
    const open = this.#open.get(id)
    if (known) hear(known)
    else if (open) open.repliers.push(hear)
    else this.#begin(host, epoch, id, body, hear)
  }

  #begin(host: RackHost, epoch: number, id: string, body: unknown, hear: (reply: Reply | 'lost') => void): void {
    if (!this.#faults.has(id)) {
      this.requests += 1
      this.#faults.set(id, this.isHealed ? undefined : this.#options.faultAt(this.requests))
    }
    const fault = this.#faults.get(id)
    this.#faults.set(id, undefined)
    const doing: Doing = { host, id, body, epoch, repliers: [hear], fault, state: 'waits' }
    this.#open.set(id, doing)
    const lane = this.#laneOf(doing)
    lane.push(doing)
    if (lane[0] === doing) this.#run(doing)
  }

  #laneOf({ host, body }: Doing): Doing[] {
    const about = JSON.stringify(body).match(/web\d+/)?.[0] ?? ''
    const key = `${host.name} ${about}`
    const lane = this.#lanes.get(key) ?? []
    this.#lanes.set(key, lane)
    return lane
  }

  #run(doing: Doing): void {
    const { clock, random, rack } = this.#options
    const { host, fault, id } = doing
    doing.state = 'runs'
    if (fault === 'hangs') {
      doing.state = 'stuck'
      return
    }
    clock.after(random.whole(5, 150), () => {
      if (doing.state !== 'runs') return
      if (fault === 'dies before') return this.#die(host)
      if (fault === 'fails') return this.#over(doing, { kind: 'refused', cause: 'unable', reason: 'it does not work' })
      const reply = rack.apply(host, id, doing.body)
      this.#options.onChange()
      switch (fault) {
        case 'dies after':
          return this.#die(host)
        case 'half':
          return this.#over(doing, { kind: 'refused', cause: 'unknown', reason: 'it was stopped in the middle' })
        case 'lost':
          host.memory.set(id, reply)
          return this.#over(doing, 'lost')
        case 'forgets':
          host.memory.clear()
          return this.#over(doing, 'lost')
        case 'late':
          return void clock.after(random.whole(100_000, 400_000), () => this.#over(doing, reply))
        case 'never':
          this.#leave(doing)
          doing.state = 'stuck'
          return
        case 'twice':
          clock.after(300, () => this.#receive(host, doing.epoch, id, doing.body, () => undefined))
          return this.#over(doing, reply)
        default:
          return this.#over(doing, reply)
      }
    })
  }

  #over(doing: Doing, reply: Reply | 'lost'): void {
    if (doing.state === 'over') return
    doing.state = 'over'
    if (reply !== 'lost') doing.host.memory.set(doing.id, reply)
    for (const hear of doing.repliers) hear(reply)
    this.#leave(doing)
    this.#open.delete(doing.id)
  }

  #leave(doing: Doing): void {
    const lane = this.#laneOf(doing)
    const at = lane.indexOf(doing)
    if (at < 0) return
    lane.splice(at, 1)
    const [next] = lane
    if (at === 0 && next) this.#run(next)
  }

  #cancel(host: RackHost, id: string, epoch: number, hear: (reply: Reply | 'lost') => void): void {
    const refused = !host.isUp ? 'lost' : epoch < host.epoch ? stale(epoch, host.epoch) : undefined
    if (refused) hear(refused)
    const doing = this.#open.get(id)
    if (refused || !doing || doing.state === 'stuck' || doing.fault === 'late') return
    if (doing.state === 'waits' || this.#options.random.happens(0.5)) this.#over(doing, CANCELLED)
  }

  #die(host: RackHost): void {
    const { clock, random, rack } = this.#options
    this.deaths += 1
    rack.die(host)
    for (const doing of [...this.#open.values()]) {
      if (doing.host !== host) continue
      doing.state = 'over'
      this.#open.delete(doing.id)
      clock.after(20_000, () => {
        for (const hear of doing.repliers) hear('lost')
      })
    }
    for (const [key, lane] of this.#lanes) if (key.startsWith(`${host.name} `)) lane.length = 0
    clock.after(random.whole(30_000, 90_000), () => {
      host.isUp = true
      host.epoch = this.#options.newestEpoch()
      for (const listener of this.#listeners) listener(host.name)
    })
  }
}

function stale(epoch: number, heard: number): Reply {
  return { kind: 'refused', cause: 'stale-epoch', reason: `this is asked by a manager of epoch ${epoch}, after one of ${heard}` }
}
