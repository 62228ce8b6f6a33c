// What managers have asked of this host: each id done once and answered from memory after that, in the order that queue.ts says, within
// its time, and told of while it lasts. Pure but for the handlers, the clock and the jobs that it is given.
import { createHash } from 'node:crypto'
import type { Progress } from '../../../manager/protocol/requests/request.ts'
import { type AnswerBody, type Order, orderOf, type RequestBody, type RequestKind } from '../../../manager/protocol/requests.ts'
import type { Clock } from '../backend.ts'
import type { Job, Jobs, KeptJob } from '../jobs/job.ts'
import { Throttle } from '../jobs/throttle.ts'
import { Memory } from './memory.ts'
import { answering, perform } from './perform.ts'
import { EMPTY_QUEUE, type QueueAction, type QueueEvent, stepQueue } from './queue.ts'
import { refused } from './refusal.ts'
import { type Handlers, type Task, UNWATCHED } from './task.ts'

/** Told to who asked last, while it lasts: of long requests only. */
export type Said = { readonly kind: 'accepted' } | { readonly kind: 'progress'; readonly progress: Progress }
export type Tell = (said: Said) => void

export interface DeskOptions {
  readonly clock: Pick<Clock, 'steady' | 'after'>
  /** Left out: long requests end with the agent. */
  readonly jobs?: Jobs
  readonly memory?: Memory
  /** Left out: as the protocol has it. */
  readonly order?: (body: RequestBody) => Order
  /** Something is not kept for the next agent. */
  readonly onError?: (error: unknown) => void
}

export interface Desk {
  /** Never rejects. Who asks the same again is told from now on, in the place of who asked before. */
  answer(id: string, body: RequestBody, tell?: Tell): Promise<AnswerBody>
  /** Whoever asked has an answer within STOPPING. */
  cancel(id: string): void
  /**
   * Something that this agent does by itself, in its turn among the requests that hold the same. Nobody is told of it, nothing is kept of it;
   * `id` is no request's.
   */
  inTurn(id: string, order: Order, act: (task: Task) => Promise<AnswerBody>): Promise<AnswerBody>
  /** What an agent before this one has begun, or answered. */
  resume(jobs: readonly KeptJob[]): void
  /** From now on everything new is `busy`; resolves when nothing is under way but what `except` is and what outlives the agent. */
  drain(except: RequestKind): Promise<void>
}

/** Milliseconds that something has to come to its end when it is told to. */
export const STOPPING = 4000

export function openDesk(handlers: Partial<Handlers>, options: DeskOptions): Desk {
  return new OpenDesk(handlers, options)
}

const HANDING_OVER = 'this agent is handing over to another version'

type Why = { readonly kind: 'cancelled' | 'outranked' } | { readonly kind: 'time'; readonly milliseconds: number }

interface Waiters {
  readonly answer: Promise<AnswerBody>
  readonly settle: (answer: AnswerBody) => void
}

interface Open {
  readonly id: string
  readonly order: Order
  /** Undefined: the agent's own doing. */
  readonly job: Job | undefined
  readonly act: (task: () => Promise<Task>) => Promise<AnswerBody>
  readonly control: AbortController
  readonly throttle: Throttle<Progress>
  readonly ended: Waiters
  state: 'waiting' | 'running'
  tell: Tell
  told: Progress | undefined
  stopping: Why | undefined
  /** Others, once these were told that it does not let go in time. */
  waiters: Waiters
  timers: (() => void)[]
}

/** No request has this hash. */
const NOBODYS = { asked: '' }

class OpenDesk implements Desk {
  readonly #handlers: Partial<Handlers>
  readonly #options: DeskOptions
  readonly #memory: Memory
  readonly #open = new Map<string, Open>()
  #queue = EMPTY_QUEUE
  #draining = false

  constructor(handlers: Partial<Handlers>, options: DeskOptions) {
    this.#handlers = handlers
    this.#options = options
    this.#memory = options.memory ?? new Memory()
  }

  answer(id: string, body: RequestBody, tell: Tell = () => undefined): Promise<AnswerBody> {
    const asked = createHash('sha256').update(JSON.stringify(body)).digest('base64')
    const open = this.#open.get(id)
    const known = open ? (open.job ?? NOBODYS) : this.#memory.get(id)
    if (known && known.asked !== asked) return Promise.resolve(refused('unable', 'this id was another request before'))
    if (open) {
      open.tell = tell
      tellOf(open)
      return open.waiters.answer
    }
    const remembered = this.#memory.get(id)
    if (remembered) return Promise.resolve(remembered.answer)
    if (this.#draining) return Promise.resolve(refused('busy', HANDING_OVER))
    const come = this.#request({ id, asked, request: body }, tell)
    const { answer } = come.waiters
    tellOf(come)
    this.#step({ kind: 'come', request: { id, ...come.order } })
    return answer
  }

  inTurn(id: string, order: Order, act: (task: Task) => Promise<AnswerBody>): Promise<AnswerBody> {
    const open = this.#open.get(id)
    if (open) return open.waiters.answer
    if (this.#draining) return Promise.resolve(refused('busy', HANDING_OVER))
    const { waiters } = this.#come({ id, order, job: undefined, act: (task) => answering(async () => act(await task())) }, () => undefined)
    const { answer } = waiters
    this.#step({ kind: 'come', request: { id, ...order } })
    return answer
  }

  cancel(id: string): void {
    this.#stop(id, { kind: 'cancelled' })
  }

  resume(jobs: readonly KeptJob[]): void {
    for (const { id, asked, request, answer } of jobs) {
      if (answer) this.#keep(id, { asked, answer })
      else this.#step({ kind: 'come', request: { id, ...this.#request({ id, asked, request }, () => undefined).order } })
    }
  }

  async drain(except: RequestKind): Promise<void> {
    this.#draining = true
    const open = [...this.#open.values()]
    for (const { id, state, job } of open)
      if (state === 'waiting' && job?.request.kind !== except) this.#end(id, refused('busy', HANDING_OVER))
    const awaited = open.filter(({ state, order, job }) => state === 'running' && order.pace !== 'long' && job?.request.kind !== except)
    await Promise.all(awaited.map(({ ended }) => ended.answer))
  }

  #request(job: Job, tell: Tell): Open {
    const { order = orderOf } = this.#options
    const act: Open['act'] = (task) => perform(this.#handlers, job.request, task)
    return this.#come({ id: job.id, order: order(job.request), job, act }, tell)
  }

  #come(come: Pick<Open, 'id' | 'order' | 'job' | 'act'>, tell: Tell): Open {
    const { clock } = this.#options
    const open: Open = {
      ...come,
      control: new AbortController(),
      throttle: new Throttle(clock, (progress) => open.tell({ kind: 'progress', progress })),
      ended: waiters(),
      state: 'waiting',
      tell,
      told: undefined,
      stopping: undefined,
      waiters: waiters(),
      timers: [],
    }
    this.#open.set(come.id, open)
    return open
  }

  #step(event: QueueEvent): void {
    const { queue, actions } = stepQueue(this.#queue, event)
    this.#queue = queue
    for (const action of actions) this.#act(action)
  }

  #act(action: QueueAction): void {
    switch (action.kind) {
      case 'start': {
        const open = this.#open.get(action.id)
        if (open) void this.#start(open)
        return
      }
      case 'stop':
        this.#stop(action.id, { kind: 'outranked' })
        return
      case 'refuse':
        this.#end(action.id, refused('busy', `${action.waiting} requests wait on this host already: ask again later`))
    }
  }

  async #start(open: Open): Promise<void> {
    const { clock } = this.#options
    const { id, order, control } = open
    open.state = 'running'
    open.timers.push(clock.after(order.limit, () => this.#stop(id, { kind: 'time', milliseconds: order.limit })))
    const given = await open.act(() => this.#taskOf(open, control.signal))
    this.#end(id, open.stopping && given.kind === 'refused' ? stopped(open.stopping, given.reason) : given)
  }

  async #taskOf(open: Open, signal: AbortSignal): Promise<Task> {
    if (open.order.pace !== 'long') return { ...UNWATCHED, pace: open.order.pace, signal }
    const tell = (progress: Progress): void => {
      if (!this.#open.has(open.id)) return
      open.told = progress
      open.throttle.say(progress)
    }
    const run = open.job && (await this.#options.jobs?.begin(open.job, { signal, tell }))
    return { pace: open.order.pace, signal, tell, run: run ?? UNWATCHED.run }
  }

  #stop(id: string, why: Why): void {
    const open = this.#open.get(id)
    if (!open || open.stopping) return
    open.stopping = why
    if (open.state === 'waiting') {
      this.#end(id, stopped(why, 'it had not begun'))
      return
    }
    open.timers.push(
      this.#options.clock.after(STOPPING, () => {
        const { settle } = open.waiters
        // It holds what it holds until it lets go, and is not asked for anew before.
        open.waiters = waiters()
        settle(refused('unknown', `it does not let go: look at the host for what has come of it. ${sayWhy(why)}`))
      }),
    )
    open.control.abort()
  }

  #end(id: string, answer: AnswerBody): void {
    const open = this.#open.get(id)
    if (!open) return
    this.#open.delete(id)
    open.throttle.stop()
    for (const cancel of open.timers) cancel()
    const isBusy = answer.kind === 'refused' && answer.cause === 'busy'
    // `busy` says to ask again, so it is none to remember.
    if (open.job && !isBusy) this.#keep(id, { asked: open.job.asked, answer })
    if (open.job && open.order.pace === 'long') this.#note((jobs) => (isBusy ? jobs.forget(id) : jobs.end(id, answer)))
    open.waiters.settle(answer)
    open.ended.settle(answer)
    this.#step({ kind: 'gone', id })
  }

  #keep(id: string, remembered: { readonly asked: string; readonly answer: AnswerBody }): void {
    for (const forgotten of this.#memory.keep(id, remembered)) this.#note((jobs) => jobs.forget(forgotten))
  }

  #note(act: (jobs: Jobs) => Promise<void>): void {
    const { jobs, onError } = this.#options
    if (jobs) act(jobs).catch((error: unknown) => onError?.(error))
  }
}

function tellOf({ order, tell, told }: Open): void {
  if (order.pace !== 'long') return
  tell({ kind: 'accepted' })
  if (told) tell({ kind: 'progress', progress: told })
}

function stopped(why: Why, come: string): AnswerBody {
  return refused(why.kind === 'time' ? 'unable' : 'cancelled', `${sayWhy(why)}: ${come}`)
}

function sayWhy(why: Why): string {
  switch (why.kind) {
    case 'cancelled':
      return 'it was cancelled'
    case 'outranked':
      return 'it made way for something urgent'
    case 'time':
      return `it was not done in ${why.milliseconds / 1000} s`
  }
}

function waiters(): Waiters {
  let settle: (answer: AnswerBody) => void = () => undefined
  const answer = new Promise<AnswerBody>((resolve) => {
    settle = resolve
  })
  return { answer, settle }
}
