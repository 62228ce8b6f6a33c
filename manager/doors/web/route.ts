// What a page route is: who may come, and a function from a visit to an answer as a value. Sockets, cookies and headers are
// answering.ts's and server.ts's; so every route can be asked in a test, and none can forget a check. Pages read and act by the
// operations of the contract, as their visitor: what the API refuses them, the page does.
import type { z } from 'zod'
import type { Access, Identified } from '../../access/access.ts'
import type { OidcSignIn } from '../../access/oidc/sign-in.ts'
import type { Operation } from '../../contract/operation.ts'
import type { Done, Refused } from '../../outcome.ts'
import type { Role } from '../../protocol/accounts.ts'
import { type Ask, asRefusal, type Calls } from '../call.ts'
import type { MatrixCells } from './matrix-cells.ts'
import type { Fragment, Page } from './templates.ts'

export interface PageDeps {
  /** For who is not signed in yet. */
  readonly calls: Pick<Calls, 'call' | 'refused'>
  /** Of sessions: the contract gives tokens. */
  readonly access: Pick<Access, 'signIn' | 'signInWithCode' | 'checkPassword' | 'signOut' | 'awaitsFirstAdmin' | 'auditBounded'>
  readonly cells: MatrixCells
  readonly now: () => number
  /** Sign-in by an issuer; left out: there is none. */
  readonly oidc?: Pick<OidcSignIn, 'name' | 'site' | 'begin' | 'finish'> | undefined
}

export interface Visit {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Of a POST; empty otherwise. */
  readonly form: URLSearchParams
  readonly peer: string
  /** As the browser names this manager: `HOST:PORT`. */
  readonly host: string
  /** What the cookie holds of a browser that was sent to the issuer. */
  readonly away: string | undefined
}

export interface Visitor extends Visit {
  readonly who: Identified
  readonly ask: Ask
  /** Whether a button is shown for it. */
  readonly may: (operation: Operation<Role>, raw: unknown) => Promise<boolean>
  /** What the cookie holds. */
  readonly session: string
  readonly csrf: string
}

export type Answer =
  | {
      readonly kind: 'page'
      readonly page: Page
      readonly title: string
      readonly view: object
      readonly status?: number
      readonly retryAfter?: number
    }
  /** A page of many rows: they follow each other on the wire, and the browser paints while they come. */
  | { readonly kind: 'long-page'; readonly page: Page; readonly title: string; readonly view: object; readonly rows: Iterable<string> }
  | { readonly kind: 'fragment'; readonly html: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'goto'; readonly path: string }
  | { readonly kind: 'signed-in'; readonly secret: string; readonly path: string }
  /** Back from the issuer. */
  | { readonly kind: 'signed-in-by-issuer'; readonly secret: string; readonly user: string; readonly path: string }
  /** To the issuer; `browser` is for its cookie. */
  | { readonly kind: 'away'; readonly url: string; readonly browser: string }
  | { readonly kind: 'signed-out' }
  /** Server-sent events, until the browser or the session goes. */
  | { readonly kind: 'live'; readonly since?: string }
  /** An action is done; `path` is where a browser without scripts goes to. */
  | { readonly kind: 'acted'; readonly said: string; readonly path: string }
  /** As `acted`, with something that is told once; htmx gets it without the layout. */
  | { readonly kind: 'told'; readonly page: Page; readonly title: string; readonly view: object }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string; readonly retryAfter?: number }

export type Refusal = Extract<Answer, { readonly kind: 'refused' }>

/** Of a form, unless its route takes more. */
export const MOST_FORM_BYTES = 64 << 10

interface Shape {
  readonly path: string
  readonly method: 'GET' | 'POST'
  /** `page`: a person without a session is sent to sign in; elsewhere that is a 401. */
  readonly kind: 'page' | 'fragment' | 'action'
  readonly mostBytes?: number
  /** A look that costs as much as a stranger's form: it is held up as that. */
  readonly isAttempt?: true
}

export type PageRoute =
  | (Shape & { readonly role: 'anyone'; readonly answer: (visit: Visit, deps: PageDeps) => Promise<Answer> })
  | (Shape & { readonly role: Role; readonly answer: (visit: Visitor, deps: PageDeps) => Promise<Answer> })

type Answers<V> = (visit: V, deps: PageDeps) => Promise<Answer>

export const page = (role: Role, path: string, answer: Answers<Visitor>): PageRoute => ({ method: 'GET', kind: 'page', role, path, answer })
export const fragment = (role: Role, path: string, answer: Answers<Visitor>): PageRoute => ({
  method: 'GET',
  kind: 'fragment',
  role,
  path,
  answer,
})
/** What no operation says alone: signing out, a password with the one before it. */
export const action = (role: Role, path: string, answer: Answers<Visitor>): PageRoute => ({
  method: 'POST',
  kind: 'action',
  role,
  path,
  answer,
})

export interface Acting<Asked extends Operation<Role>> {
  /** The form as the operation's input, or what is wrong with it. */
  readonly fields: (visitor: Visitor) => object
  /** What is said when it is done, and where a browser without scripts goes on; or another answer. */
  readonly done: (value: z.output<Asked['output']>, visitor: Visitor) => Answer
  readonly mostBytes?: number
}

/** A form that is an operation of the contract: role, check and audit are that one's. */
export function actOn<Asked extends Operation<Role>>(
  operation: Asked,
  path: string,
  { fields, done, mostBytes }: Acting<Asked>,
): PageRoute {
  return {
    method: 'POST',
    kind: 'action',
    role: operation.role,
    path,
    ...(mostBytes === undefined ? {} : { mostBytes }),
    async answer(visitor: Visitor) {
      const answer = await visitor.ask(operation, fields(visitor))
      return answer.kind === 'done' ? done(answer.value, visitor) : refusal(answer)
    },
  }
}

export const acted = (said: string, path: string): Answer => ({ kind: 'acted', said, path })
export const notThere = (what: string): Answer => ({ kind: 'refused', status: 404, reason: what })
export const badForm = (reason: string): Refusal => ({ kind: 'refused', status: 400, reason })

/** As a sentence. */
export function refusal(answer: Exclude<Done<unknown>, { readonly kind: 'done' }>): Refusal {
  const { status, reason, retryAfter } = asRefusal(answer)
  const text = reason.charAt(0).toUpperCase() + reason.slice(1)
  return { kind: 'refused', status, reason: /[.?!]$/.test(text) ? text : `${text}.`, ...(retryAfter === undefined ? {} : { retryAfter }) }
}

/** Thrown where a page cannot be made without what is refused; server.ts answers with it. */
export class PageRefused extends Error {
  readonly refused: Refused | { readonly kind: 'missing'; readonly reason: string }

  constructor(refused: PageRefused['refused']) {
    super(refused.reason)
    this.refused = refused
  }
}

export function toldOf<Value>(answer: Done<Value>): Value {
  if (answer.kind === 'done') return answer.value
  throw new PageRefused(answer)
}

/** Undefined for what is not there. */
export function toldIfThere<Value>(answer: Done<Value>): Value | undefined {
  return answer.kind === 'missing' ? undefined : toldOf(answer)
}

/** Without the blanks around it. */
export const field = (form: URLSearchParams, name: string): string => (form.get(name) ?? '').trim()

/** What a form does not have stays as it is. */
export function fieldIfThere<Value>(form: URLSearchParams, name: string, read: (text: string) => Value): Value | undefined {
  const text = form.get(name)
  return text === null ? undefined : read(text)
}
export type { Fragment }
