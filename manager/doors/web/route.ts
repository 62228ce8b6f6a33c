// What a page route is: who may come, and a function from a visit to an answer as a value. Sockets, cookies and headers are
// answering.ts's and server.ts's; so every route can be asked in a test, and none can forget a check.
import type { Access, Identified } from '../../access/access.ts'
import type { Role } from '../../protocol/accounts.ts'
import type { Operations, SiteOperations } from '../api/operations.ts'
import type { MatrixCells } from './matrix-cells.ts'
import type { Fragment, Page } from './templates.ts'

export interface PageDeps {
  readonly operations: Operations
  readonly site: SiteOperations
  readonly access: Access
  readonly cells: MatrixCells
  readonly now: () => number
}

export interface Visit {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Of a POST; empty otherwise. */
  readonly form: URLSearchParams
  readonly peer: string
}

export interface Visitor extends Visit {
  readonly who: Identified
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
  | { readonly kind: 'signed-out' }
  /** Server-sent events, until the browser or the session goes. */
  | { readonly kind: 'live' }
  /** An action is done; `path` is where a browser without scripts goes to. */
  | { readonly kind: 'acted'; readonly said: string; readonly path: string }
  /** As `acted`, with something that is told once. */
  | { readonly kind: 'told'; readonly page: Page; readonly title: string; readonly view: object }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string; readonly retryAfter?: number }

/** Of a form, unless its route takes more. */
export const MOST_FORM_BYTES = 64 << 10

interface Shape {
  readonly path: string
  readonly method: 'GET' | 'POST'
  /** `page`: a person without a session is sent to sign in; elsewhere that is a 401. */
  readonly kind: 'page' | 'fragment' | 'action'
  readonly mostBytes?: number
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
export const action = (role: Role, path: string, answer: Answers<Visitor>, mostBytes = MOST_FORM_BYTES): PageRoute => ({
  method: 'POST',
  kind: 'action',
  role,
  path,
  answer,
  mostBytes,
})

export const notThere = (what: string): Answer => ({ kind: 'refused', status: 404, reason: what })
export const badForm = (reason: string): Answer => ({ kind: 'refused', status: 400, reason })
export type { Fragment }
