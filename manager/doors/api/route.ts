// What a route of the API is: who may ask, what may be asked, and a function to a reply that is a value. All around it (credentials,
// limits, audit) is server.ts's, once for all routes, so that none can forget a check.
import { z } from 'zod'
import type { Access, Identified, Refusal } from '../../access/access.ts'
import type { Done, Operations, SiteOperations } from './operations.ts'
import type { ProblemCode, Role } from './schema-access.ts'
import type { Tagged } from './tagged.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface RouteDeps {
  readonly operations: Operations
  readonly site: SiteOperations
  readonly access: Access
  readonly hosts: Tagged
  readonly matrix: Tagged
  readonly metrics: () => Promise<string>
  /** Made of the table of routes, which this is below. */
  readonly document: () => { readonly openapi: string }
}

export type Reply<Value = unknown> =
  | { readonly kind: 'json'; readonly value: Value }
  /** JSON that is kept as text until it changes. */
  | { readonly kind: 'tagged'; readonly of: Tagged }
  | { readonly kind: 'empty' }
  | { readonly kind: 'text'; readonly text: string }
  /** Server-sent events, for as long as the credential is good. */
  | { readonly kind: 'events' }
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly reason: string
      readonly code?: ProblemCode
      readonly retryAfter?: number
    }

interface Asked<Params, Query, Body> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly peer: string
}

/** What came with a request, none of it looked at yet. */
export type Raw = Asked<unknown, unknown, unknown>

interface Shape {
  readonly method: Method
  /** Below /api/v1, as express writes it. */
  readonly path: string
  readonly summary: string
  readonly params: z.ZodObject
  readonly query: z.ZodObject
  readonly body: z.ZodObject
  /** Bytes of the body. */
  readonly limit: number
  /** Undefined: 204, or no JSON. */
  readonly answer: z.ZodType | undefined
  readonly status: 200 | 201 | 202 | 204
  /** Whether it is written to the audit log. */
  readonly effect: 'changes' | 'asks'
}

export type Route =
  | (Shape & { readonly role: 'open'; readonly run: (raw: Raw, deps: RouteDeps) => Promise<Reply> })
  | (Shape & {
      readonly role: Role
      /** For whom a viewer's role is enough: their own things, by the path alone. */
      readonly own: (params: unknown, who: Identified) => boolean
      readonly run: (raw: Raw, deps: RouteDeps, who: Identified) => Promise<Reply>
    })

const NOTHING = z.strictObject({})

interface Given<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodObject, Answer extends z.ZodType> {
  readonly method: Method
  readonly path: string
  readonly summary: string
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly answer?: Answer
  readonly status?: 201 | 202 | 204
  readonly effect?: 'asks'
  readonly limit?: number
}

type Input<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodObject> = Asked<
  z.output<Params>,
  z.output<Query>,
  z.output<Body>
>

/** Enough for all that an operator writes but notes. */
const SMALL_BODY = 16 << 10
type None = z.ZodObject<Record<never, never>, z.core.$strict>

/** For whoever has this role, or a higher one. */
export function route<
  Params extends z.ZodObject = None,
  Query extends z.ZodObject = None,
  Body extends z.ZodObject = None,
  Answer extends z.ZodType = z.ZodNever,
>(
  given: Given<Params, Query, Body, Answer> & {
    readonly role: Role
    readonly own?: (params: z.output<Params>, who: Identified) => boolean
    readonly run: (asked: Input<Params, Query, Body>, deps: RouteDeps, who: Identified) => Promise<Reply<z.input<Answer>>>
  },
): Route {
  const shape = shapeOf(given)
  const { own } = given
  return {
    ...shape,
    role: given.role,
    own: (params, who) => {
      const read = shape.params.safeParse(params)
      return own !== undefined && read.success && own(read.data as z.output<Params>, who)
    },
    run: async (raw, deps, who) => {
      const asked = parse<Params, Query, Body>(shape, raw)
      return asked.kind === 'asked' ? given.run(asked.asked, deps, who) : asked
    },
  }
}

/** For anybody, without a credential. */
export function openRoute<Body extends z.ZodObject, Answer extends z.ZodType>(
  given: Given<None, None, Body, Answer> & {
    readonly run: (asked: Input<None, None, Body>, deps: RouteDeps) => Promise<Reply<z.input<Answer>>>
  },
): Route {
  const shape = shapeOf(given)
  return {
    ...shape,
    role: 'open',
    run: async (raw, deps) => {
      const asked = parse<None, None, Body>(shape, raw)
      return asked.kind === 'asked' ? given.run(asked.asked, deps) : asked
    },
  }
}

function shapeOf<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodObject, Answer extends z.ZodType>(
  given: Given<Params, Query, Body, Answer>,
): Shape {
  const { method, path, summary, params = NOTHING, query = NOTHING, body = NOTHING, answer, limit = SMALL_BODY } = given
  const effect = given.effect ?? (method === 'GET' ? 'asks' : 'changes')
  return { method, path, summary, params, query, body, limit, answer, status: given.status ?? 200, effect }
}

function parse<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodObject>(
  { params, query, body }: Shape,
  raw: Raw,
): { readonly kind: 'asked'; readonly asked: Input<Params, Query, Body> } | (Reply & { readonly kind: 'refused' }) {
  const read = z.object({ params, query, body }).safeParse(raw)
  if (!read.success) return { kind: 'refused', status: 400, reason: describeIssue(read.error.issues[0]) }
  return { kind: 'asked', asked: { ...(read.data as Omit<Input<Params, Query, Body>, 'peer'>), peer: raw.peer } }
}

/** `body.name: is no host name …`. */
function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  if (!issue) return 'this is not what is taken here'
  return `${issue.path.map(String).join('.')}: ${issue.message}`.slice(0, 300)
}

// ---- replies ----

export function json<Value>(value: Value): Reply<Value> {
  return { kind: 'json', value }
}

/** What is not there is 404. */
export function found<Value>(value: Value | undefined, what: string): Reply<Value> {
  return value === undefined ? { kind: 'refused', status: 404, reason: `there is no ${what}` } : json(value)
}

export function ofDone<Value>(done: Done<Value>): Reply<Value> {
  switch (done.kind) {
    case 'done':
      return json(done.value)
    case 'missing':
      return { kind: 'refused', status: 404, reason: done.reason }
    case 'refused':
      return { ...done, status: 409 }
  }
}

export function ofAnswer<Value>(answer: { readonly kind: 'done'; readonly value: Value } | Refusal): Reply<Value> {
  return answer.kind === 'done' ? json(answer.value) : answer
}

/** 204 where it went well. */
export function emptied<Value>(reply: Reply<Value>): Reply<never> {
  return reply.kind === 'refused' ? reply : { kind: 'empty' }
}
