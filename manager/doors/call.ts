// One way to have an operation done, for API and page alike: may they, is it what is taken, is it of their groups, do it, and the audit's entry in the same
// words whichever door it came through.
import type { z } from 'zod'
import type { Access } from '../access/access.ts'
import type { Acting } from '../access/acting.ts'
import { CONTRACT } from '../contract/contract.ts'
import { methodOf, type Naming, type Operation, pathOf } from '../contract/operation.ts'
import type { Done, Refused } from '../outcome.ts'
import { type Role, userName } from '../protocol/accounts.ts'
import { sayPlace } from '../wording.ts'
import { mayAsk } from './guard.ts'
import type { Answer, By, Caller, Handlers, Stranger } from './handlers/handlers.ts'
import type { Rights } from './rights/rights.ts'
import { shortened } from './shortened.ts'

export interface CallsOptions {
  readonly handlers: Handlers
  readonly access: Pick<Access, 'audit' | 'auditBounded'>
  readonly acting: Acting
  readonly naming: Naming
  readonly rights: Pick<Rights, 'mayAct'>
}

/** Characters of one sentence. */
const LONGEST = 800

/** `raw`: not looked at yet. */
export type Ask = <Asked extends Operation<Role>>(operation: Asked, raw: unknown) => Promise<Answer<Asked>>

type Refusing = Exclude<Done<unknown>, { readonly kind: 'done' }>
type AnyHandler = (input: unknown, by: Caller | Stranger) => Promise<Done<unknown>>

export class Calls {
  readonly #options: CallsOptions
  readonly #handlers: ReadonlyMap<Operation, AnyHandler>

  constructor(options: CallsOptions) {
    this.#options = options
    this.#handlers = handlersOf(options.handlers)
  }

  /** `raw`: what came, none of it looked at yet. */
  async call<Asked extends Operation>(operation: Asked, raw: unknown, by: By<Asked>): Promise<Answer<Asked>> {
    // The table pairs each operation with its own handler, which HandlersOf has checked.
    return this.ask(operation, raw, by) as Promise<Answer<Asked>>
  }

  /** `call`, by one who is known. */
  as(by: Caller): Ask {
    return <Asked extends Operation<Role>>(operation: Asked, raw: unknown) => this.ask(operation, raw, by) as Promise<Answer<Asked>>
  }

  /** The same of an operation that is only known when it is asked for. */
  async ask(operation: Operation, raw: unknown, by: Caller | Stranger): Promise<Done<unknown>> {
    const answer = await this.#answer(operation, raw, by)
    if (answer.kind !== 'done') await this.refused(operation, raw, by, asRefusal(answer))
    return answer
  }

  /** Whether who asks would be let do it, whatever else may be in its way: nothing is done, and nothing is written down. */
  async may(operation: Operation<Role>, raw: unknown, { who }: Caller): Promise<boolean> {
    const read = mayAsk(operation, who, raw).kind === 'may' ? readInput(operation, raw) : undefined
    if (read?.kind !== 'input') return false
    return (await this.#options.rights.mayAct(operation, read.input, who)).kind === 'may'
  }

  /** Writes down what was refused before it came to `call`. Too many attempts are not: who makes them does not decide how much is written. */
  async refused(operation: Operation, raw: unknown, by: Caller | Stranger, { status = 409, reason }: Refused): Promise<void> {
    if (!operation.did || status === 429) return
    const what = `${this.#sentence(operation, raw)}: refused (${status}): ${reason}`
    await this.#options.access.auditBounded({ who: nameOf(by, raw), peer: by.peer, what: shortened(what, LONGEST) })
  }

  async #answer(operation: Operation, raw: unknown, by: Caller | Stranger): Promise<Done<unknown>> {
    if (operation.role !== 'open') {
      if (!('who' in by)) throw new Error(`${operation.http} was asked for without a credential`)
      const verdict = mayAsk(operation, by.who, raw)
      if (verdict.kind === 'refused') return verdict
    }
    const read = readInput(operation, raw)
    if (read.kind === 'refused') return read
    const handler = this.#handlers.get(operation)
    if (!handler) throw new Error(`${operation.http} has no handler`)
    const within = 'who' in by ? await this.#within(operation, read.input, by) : read
    if (within.kind !== 'input') return within
    if (!operation.did) return handler(within.input, by)
    return this.#act(operation, raw, by, () => handler(within.input, by))
  }

  /** What of it they may who are limited to groups: the input, or less than that. */
  async #within(operation: Operation, input: unknown, { who }: Caller): Promise<ReturnType<typeof readInput> | Refusing> {
    const { rights } = this.#options
    const verdict = await rights.mayAct(operation, input, who)
    if (verdict.kind === 'may') return { kind: 'input', input }
    if (verdict.kind === 'missing' || !operation.less) return verdict
    return { kind: 'input', input: operation.less(Object(input)) }
  }

  /** What anybody may do without end (a viewer's own tokens, coming in) is bounded, and so not in its transaction. */
  async #act(operation: Operation, raw: unknown, by: Caller | Stranger, run: () => Promise<Done<unknown>>): Promise<Done<unknown>> {
    const { access, acting } = this.#options
    const act = { who: nameOf(by, raw), peer: by.peer, what: shortened(this.#sentence(operation, raw), LONGEST) }
    const isCheap = 'who' in by ? by.who.role === 'viewer' : operation !== CONTRACT.access.firstAdmin
    if (!isCheap) return acting.perform(act, run, (alone) => access.audit(alone))
    const answer = await run()
    if (answer.kind === 'done') await access.auditBounded(act)
    return answer
  }

  #sentence(operation: Operation, raw: unknown): string {
    const input = operation.input.safeParse(raw)
    return (input.success && operation.did?.(input.data, this.#options.naming)) || requestOf(operation, raw)
  }
}

/** `raw` as the operation takes it. */
export function readInput(operation: Operation, raw: unknown): { readonly kind: 'input'; readonly input: unknown } | Refused {
  const input = operation.input.safeParse(raw)
  if (input.success) return { kind: 'input', input: input.data }
  return { kind: 'refused', status: 400, reason: describeIssue(input.error.issues[0]) }
}

export function asRefusal(
  answer: Exclude<Done<unknown>, { readonly kind: 'done' }>,
): Refused & { readonly status: NonNullable<Refused['status']> } {
  if (answer.kind === 'missing') return { ...answer, kind: 'refused', status: 404 }
  return { ...answer, status: answer.status ?? (answer.code === 'key-reused' ? 422 : 409) }
}

function handlersOf(handlers: Handlers): ReadonlyMap<Operation, AnyHandler> {
  const paired = new Map<Operation, AnyHandler>()
  const features = new Map<string, Readonly<Record<string, unknown>>>(Object.entries(handlers))
  for (const [feature, operations] of Object.entries<Readonly<Record<string, Operation>>>(CONTRACT)) {
    for (const [name, operation] of Object.entries(operations)) {
      const handler = features.get(feature)?.[name]
      if (typeof handler === 'function') paired.set(operation, (input, by) => handler(input, by))
    }
  }
  return paired
}

/** Who it is or, of an open operation, says that it is. What is no user's name is not written down: people type their password there. */
function nameOf(by: Caller | Stranger, raw: unknown): string {
  if ('who' in by) return by.who.user
  const said = new Map(Object.entries(Object(raw)))
  return userName.catch('nobody').parse(said.get('user') ?? said.get('name'))
}

/** `PATCH /hosts/node01`, of what could not be read further. */
function requestOf(operation: Operation, raw: unknown): string {
  const given = new Map(Object.entries(Object(raw)))
  const path = pathOf(operation).replace(/:(\w+)/g, (_all, name: string) => shortened(String(given.get(name) ?? '…'), 100))
  return `${methodOf(operation)} ${path}`
}

/** `name: is no host name …`. */
function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  if (!issue) return 'this is not what is taken here'
  const at = sayPlace(issue.path)
  return `${at === '' ? '' : `${at}: `}${issue.message}`.slice(0, 300)
}
