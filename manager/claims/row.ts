// A row of the table claims as a claim. What we wrote is what was checked then; a word that is not ours is a newer hostless'. Pure.
import type { ClaimsTable } from '../store/tables/claims.ts'
import type { Claim, ClaimMode, Holder } from './claim.ts'

const KINDS: readonly Holder['kind'][] = ['guest', 'automation', 'operation']
const MODES: readonly ClaimMode[] = ['amount', 'number', 'whole', 'within']

export function readClaim({ holder_kind, holder, holder_name, guest, mode, part, space, start, length, item }: ClaimsTable): Claim {
  return {
    holder: { kind: one(KINDS, holder_kind), id: holder, name: holder_name },
    part,
    guest: guest ?? undefined,
    space,
    mode: one(MODES, mode),
    start,
    length,
    item,
  }
}

function one<Word extends string>(words: readonly Word[], text: string): Word {
  const word = words.find((each) => each === text)
  if (!word) throw new Error(`the store holds a claim of "${text}", which this hostless does not know: start the newer hostless`)
  return word
}
