// What each operation of the contract does, by its name there: the compiler sees to it that none is missing and none answers with
// something else. Who may ask, and the audit, are not theirs (call.ts).
import type { z } from 'zod'
import type { Identified } from '../../access/access.ts'
import type { Contract } from '../../contract/contract.ts'
import type { Operation } from '../../contract/operation.ts'
import type { Done } from '../../outcome.ts'

/** `peer`: the address that the request comes from. */
export interface Stranger {
  readonly peer: string
}

export interface Caller extends Stranger {
  readonly who: Identified
  /** Of an operation that starts an automation. */
  readonly start?: StartedBy
}

export interface StartedBy {
  /** The header Idempotency-Key. */
  readonly key?: string
  /** The automation whose hook asks. */
  readonly within?: string
}

/** Who asks for such an operation. */
export type By<Asked extends Operation> = Asked['role'] extends 'open' ? Stranger : Caller

export type Answer<Asked extends Operation> = Done<z.output<Asked['output']>>

export type Handler<Asked extends Operation> = (input: z.output<Asked['input']>, by: By<Asked>) => Promise<Answer<Asked>>

/** Of one file of the contract. */
export type HandlersOf<Feature> = { readonly [Name in keyof Feature]: Feature[Name] extends Operation ? Handler<Feature[Name]> : never }

/** Events are streamed by the doors themselves. */
export type Handlers = { readonly [Feature in Exclude<keyof Contract, 'events'>]: HandlersOf<Contract[Feature]> }

export const done = <Value>(value: Value): { readonly kind: 'done'; readonly value: Value } => ({ kind: 'done', value })

/** What is not there is missing. */
export function found<Value>(value: Value | undefined, what: string): Done<Value> {
  return value === undefined ? missing(what) : done(value)
}

export function missing(what: string): { readonly kind: 'missing'; readonly reason: string } {
  return { kind: 'missing', reason: `there is no ${what}` }
}
