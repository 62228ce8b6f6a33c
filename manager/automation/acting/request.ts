// Asks a host, again and again under one id until there is an answer or nobody has patience any more: what is lost on the way, or asked of
// an agent that is away, has one effect.
import type { AnswerBody } from '../../protocol/requests.ts'
import type { RequestEffect } from '../effect.ts'
import type { StepAnswer } from '../journal.ts'
import type { OwnAnswer, Replied, Replying } from '../ports.ts'
import type { Act, Acting, ActingDeps } from './acting.ts'

/** Milliseconds to the next try, at first and at most. */
const FIRST_PAUSE = 500
const PAUSE = 10_000
/** Milliseconds that a host has to let go of what is cancelled. */
export const LETTING_GO = 5000
/** Milliseconds for one try: of a job, to its first word. */
const TRY = 120_000

export function actRequest(deps: ActingDeps, act: Act<RequestEffect>): Acting {
  return new RequestActing(deps, act)
}

class RequestActing implements Acting {
  readonly #deps: ActingDeps
  readonly #act: Act<RequestEffect>
  readonly #id: string
  readonly #ends: (() => void)[] = []
  #asking: Replying | undefined
  #pause = FIRST_PAUSE
  #retry: (() => void) | undefined
  #state: 'asking' | 'cancelling' | 'over' = 'asking'

  constructor(deps: ActingDeps, act: Act<RequestEffect>) {
    this.#deps = deps
    this.#act = act
    this.#id = `${act.automation}/${act.step}`
    const { clock, broker } = deps
    const { host, patience } = act.effect
    const left = act.started + patience - clock.now()
    this.#ends.push(
      clock.after(Math.max(0, left), () => this.#end(unknown(`no answer of the host in ${patience / 1000} s`))),
      broker.subscribe((there) => {
        if (there === host && this.#retry) this.#again()
      }),
    )
    this.#ask()
  }

  cancel(): void {
    if (this.#state !== 'asking') return
    this.#state = 'cancelling'
    if (this.#retry) {
      this.#end(unknown('it was aborted while its host could not be asked'))
      return
    }
    const { lettingGo = LETTING_GO } = this.#asking ?? {}
    this.#ends.push(this.#deps.clock.after(lettingGo, () => this.#end(unknown(`its host does not let go of it in ${lettingGo / 1000} s`))))
    this.#asking?.cancel()
  }

  drop(): void {
    this.#state = 'over'
    this.#retry?.()
    this.#retry = undefined
    for (const end of this.#ends.splice(0)) end()
  }

  #ask(): void {
    const { effect, progress } = this.#act
    const asking = this.#deps.broker.ask(effect.host, this.#id, effect.body, Math.min(TRY, effect.patience))
    this.#asking = asking
    this.#ends.push(asking.watch(progress))
    void asking.ended.then((asked) => {
      if (this.#state !== 'over' && this.#asking === asking) this.#hear(asked)
    })
  }

  #hear(asked: Replied): void {
    if (asked.kind === 'answered') {
      this.#answered(asked.answer)
      return
    }
    switch (asked.cause) {
      case 'untrusted':
      case 'old':
        this.#end({ kind: 'failed', cause: 'unable', reason: asked.reason })
        return
      case 'absent':
      case 'silent':
        this.#later(asked.reason)
    }
  }

  #answered(answer: AnswerBody | OwnAnswer): void {
    if (answer.kind !== 'refused') {
      this.#end({ kind: 'value', value: answer })
      return
    }
    switch (answer.cause) {
      case 'busy':
        this.#later(answer.reason)
        return
      case 'stale-epoch':
        this.drop()
        this.#deps.onStale(answer.reason)
        return
      case 'unable':
      case 'cancelled':
        this.#end({ kind: 'failed', cause: 'unable', reason: answer.reason })
        return
      case 'unknown':
        this.#end(unknown(answer.reason))
    }
  }

  #later(reason: string): void {
    if (this.#state === 'cancelling') {
      this.#end(unknown(reason))
      return
    }
    this.#retry = this.#deps.clock.after(this.#pause, () => this.#again())
    this.#pause = Math.min(PAUSE, this.#pause * 2)
  }

  #again(): void {
    this.#retry?.()
    this.#retry = undefined
    this.#ask()
  }

  #end(answer: StepAnswer): void {
    if (this.#state === 'over') return
    this.drop()
    this.#act.answer(answer)
  }
}

function unknown(reason: string): StepAnswer {
  return { kind: 'failed', cause: 'unknown', reason }
}
