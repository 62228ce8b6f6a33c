// What managers have asked of this host: one request of a kind at a time, each id done once and answered from memory after that.
// Pure but for the handlers that it is given.
import { createHash } from 'node:crypto'
import type { AnswerBody, RequestBody, RequestOf } from '../../../manager/protocol/requests.ts'
import { refused } from './refusal.ts'

export type Handler<Kind extends RequestBody['kind']> = (body: RequestOf<Kind>) => Promise<AnswerBody>
/** A host that lacks one, as a simulated host does, cannot do it. */
export type Handlers = { readonly [Kind in RequestBody['kind']]?: Handler<Kind> }

export interface Desk {
  /** Never rejects. */
  answer(id: string, body: RequestBody): Promise<AnswerBody>
  /** From now on everything new is `busy`; resolves when nothing is under way but what `except` is. */
  drain(except: RequestBody['kind']): Promise<void>
}

/** Ids whose answers are remembered: automations ask a host for a few things at a time. */
const REMEMBERED = 512
/** Of one kind, waiting or under way. */
const MOST_WAITING = 16

export function openDesk(handlers: Handlers): Desk {
  return new OpenDesk(handlers)
}

interface Remembered {
  readonly asked: string
  readonly answer: Promise<AnswerBody>
}

class OpenDesk implements Desk {
  readonly #handlers: Handlers
  readonly #doing = new Map<string, Remembered>()
  readonly #done = new Map<string, Remembered>()
  readonly #lines = new Map<RequestBody['kind'], { count: number; last: Promise<unknown> }>()
  #draining = false

  constructor(handlers: Handlers) {
    this.#handlers = handlers
  }

  answer(id: string, body: RequestBody): Promise<AnswerBody> {
    const asked = createHash('sha256').update(JSON.stringify(body)).digest('base64')
    const known = this.#doing.get(id) ?? this.#done.get(id)
    if (known) return known.asked === asked ? known.answer : Promise.resolve(refused('unable', 'this id was another request before'))
    if (this.#draining) return Promise.resolve(refused('busy', 'this agent is handing over to another version'))
    const line = this.#lines.get(body.kind) ?? { count: 0, last: Promise.resolve() }
    this.#lines.set(body.kind, line)
    if (line.count >= MOST_WAITING) return Promise.resolve(refused('busy', `${MOST_WAITING} requests of this kind wait already`))
    line.count += 1
    const answer = line.last.then(() => perform(this.#handlers, body))
    line.last = answer
    this.#doing.set(id, { asked, answer })
    void answer.then((given) => {
      line.count -= 1
      this.#doing.delete(id)
      this.#remember(id, given, { asked, answer })
    })
    return answer
  }

  async drain(except: RequestBody['kind']): Promise<void> {
    this.#draining = true
    await Promise.all([...this.#lines].map(([kind, { last }]) => (kind === except ? undefined : last)))
  }

  /** `busy` says to ask again, so it is none to remember. */
  #remember(id: string, given: AnswerBody, remembered: Remembered): void {
    if (given.kind === 'refused' && given.cause === 'busy') return
    this.#done.set(id, remembered)
    const [oldest] = this.#done.keys()
    if (this.#done.size > REMEMBERED && oldest !== undefined) this.#done.delete(oldest)
  }
}

async function perform(handlers: Handlers, body: RequestBody): Promise<AnswerBody> {
  try {
    return (await dispatch(handlers, body)) ?? refused('unable', `this host cannot do ${body.kind}`)
  } catch (error) {
    return refused('unable', `the agent failed: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function dispatch(handlers: Handlers, body: RequestBody): Promise<AnswerBody> | undefined {
  switch (body.kind) {
    case 'collect':
      return handlers.collect?.(body)
    case 'connect-iscsi':
      return handlers['connect-iscsi']?.(body)
    case 'disconnect-iscsi':
      return handlers['disconnect-iscsi']?.(body)
    case 'set-properties':
      return handlers['set-properties']?.(body)
    case 'upgrade':
      return handlers.upgrade?.(body)
    case 'scan-file-system':
      return handlers['scan-file-system']?.(body)
  }
}
