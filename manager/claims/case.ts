// One need that is being decided: for whom, on what ground, and the two things that can come of it. Pure.
import type { Claim, Holder, KnownHost } from './claim.ts'
import type { Need } from './needs.ts'
import type { Refusal } from './refusal.ts'

/** What one need comes to: it may need what the needs before it have been given. */
export type Answer =
  | { readonly kind: 'claims'; readonly claims: readonly Claim[] }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }

export interface Case {
  readonly holder: Holder
  readonly guest: string | undefined
  readonly hosts: ReadonlyMap<string, KnownHost>
  /** Without those that this need replaces, with those that needs before it were given. */
  readonly claims: readonly Claim[]
  /** UUIDs of guests that have claims, of those that were looked for. */
  readonly claimed: ReadonlySet<string>
  /** Those that it replaces. */
  readonly before: readonly Claim[]
}

export type Of<Kind extends Need['kind']> = Extract<Need, { readonly kind: Kind }>

export function claimOf(
  { holder, guest }: Pick<Case, 'holder' | 'guest'>,
  { part }: Pick<Need, 'part'>,
  where: string,
  given: Pick<Claim, 'mode'> & Partial<Pick<Claim, 'start' | 'length' | 'item'>>,
): Claim {
  return { holder, part, guest, space: where, start: 0, length: 1, item: '', ...given }
}

export function taken(claim: Claim): Answer {
  return { kind: 'claims', claims: [claim] }
}

export function refused(refusal: Refusal): Answer {
  return { kind: 'refusal', refusal }
}
