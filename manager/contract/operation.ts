// What can be asked of the manager, declared once: from it come the route, its description, the command line's client, the page's
// actions, the check of the role and the sentence of the audit. What it does is a handler's, of the same name (doors/handlers).
import { z } from 'zod'
import type { Role } from '../protocol/accounts.ts'
import type { Target } from './target.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What a sentence may say of things that a request names by an id. */
export interface Naming {
  /** `node01 (abcdefghijklmnop)`, or what was given where there is no such host. */
  host(ref: string): string
}

export interface Operation<
  Who extends Role | 'open' = Role | 'open',
  Input extends z.ZodObject = z.ZodObject,
  Output extends z.ZodType = z.ZodType,
> {
  /** Below /api/v1. What its path names is in `input`; the rest of that is the query of a GET or DELETE, and the body of the others. */
  readonly http: `${Method} /${string}`
  /** `open`: for anybody, without a credential. */
  readonly role: Who
  readonly summary: string
  readonly input: Input
  /** `NO_CONTENT` is answered with 204. */
  readonly output: Output
  /** Where it is not 200. */
  readonly status?: 201 | 202
  /** It answers with `startedAutomation`, and takes the header Idempotency-Key. */
  readonly starts?: 'automation'
  /** Its body is no JSON but octets, which are the member `octets` of `input`; what else its path does not name is the query. */
  readonly takes?: 'octets'
  /** Bytes of a body; left out: `SMALL_BODY`. */
  readonly limit?: number
  /** `events`: server-sent, each an `output`; `text`: for Prometheus. */
  readonly answers?: 'events' | 'text'
  /** Of what shows one thing: what of that can be changed. Its ETag is of this alone. */
  edited?(output: z.output<Output>): unknown
  /** Of what changes such a thing: what shows it. It takes If-Match, and is 412 where the thing is another by now. */
  readonly changes?: `GET /${string}`
  /** The member of `input` that names a user: who that is may with any role. */
  readonly own?: string
  /** Of what changes something: on what it acts, so that who is limited to groups is kept to them. */
  on?(input: z.output<Input>): Target
  /** What is done instead for who may not act on that; left out: it is refused. */
  less?(input: z.output<Input>): z.output<Input>
  /** Of what changes something: what the audit log says of it, without a secret. */
  did?(input: z.output<Input>, say: Naming): string
}

/** Enough for all that an operator writes but notes. */
export const SMALL_BODY = 16 << 10

/** A body that is no JSON. */
export const octets = z.instanceof(Uint8Array<ArrayBufferLike>)

/** Of an operation that takes nothing. */
export const NOTHING = z.strictObject({})
export const NO_CONTENT = z.null()

export function operation<const Who extends Role | 'open', Input extends z.ZodObject, Output extends z.ZodType>(
  declared: Operation<Who, Input, Output>,
): Operation<Who, Input, Output> {
  return declared
}

export function methodOf({ http }: Pick<Operation, 'http'>): Method {
  const [method] = http.split(' ')
  const known = METHODS.find((one) => one === method)
  if (!known) throw new Error(`${http} begins with no method`)
  return known
}

/** `/hosts/:ref`. */
export function pathOf({ http }: Pick<Operation, 'http'>): string {
  return http.slice(http.indexOf(' ') + 1)
}

/** `['ref']` of `/hosts/:ref`. */
export function pathNames(operation: Pick<Operation, 'http'>): readonly string[] {
  return Array.from(pathOf(operation).matchAll(/:(\w+)/g), ([, name = '']) => name)
}

/** Where what the path does not name stands. */
export function restOf(operation: Pick<Operation, 'http' | 'takes'>): 'query' | 'body' {
  if (operation.takes === 'octets') return 'query'
  const method = methodOf(operation)
  return method === 'GET' || method === 'DELETE' ? 'query' : 'body'
}

const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
