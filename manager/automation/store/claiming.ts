// Claims as automations take them: each holds its own, by its title, until it ends; what a guest is to keep is the guest's.
import type { Claim, Holder } from '../../claims/claim.ts'
import type { Need } from '../../claims/needs.ts'
import { need } from '../../claims/needs.ts'
import type { Claims as ClaimBook } from '../../claims/service.ts'
import { automationOf } from '../../store/tables/automations.ts'
import type { Tagged } from '../effect.ts'
import type { Claims } from './durable.ts'

export function automationClaims(book: Pick<ClaimBook, 'take' | 'release'>): Claims {
  return {
    async take(transaction, id, needs) {
      const read = readNeeds(needs)
      if (typeof read === 'string') return { kind: 'refused', reason: read }
      const row = await automationOf(transaction, id)
      const holder = holderOf(read, { kind: 'automation', id, name: `automation ${id} (${row?.title ?? 'unknown'})` })
      if (!holder) return { kind: 'refused', reason: "what is claimed at once is all one guest's, or all the automation's" }
      const taken = await book.take(transaction, holder, read)
      return taken.kind === 'taken' ? { kind: 'taken', given: givenOut(read, taken.claims) } : { kind: 'refused', reason: taken.reason }
    },
    release: (transaction, id) => book.release(transaction, { kind: 'automation', id }),
  }
}

/** What was not asked for by its number, by part. */
function givenOut(needs: readonly Need[], claims: readonly Claim[]): Readonly<Record<string, number>> {
  const parts = needs.flatMap(({ kind, part }) => (kind === 'minor' || kind === 'port' ? [part] : []))
  return Object.fromEntries(claims.flatMap(({ part, start }) => (parts.includes(part) ? [[part, start]] : [])))
}

/** All of it or nothing is taken, so that all of it is one holder's. */
function holderOf(needs: readonly Need[], automation: Holder): Holder | undefined {
  const [first] = needs
  if (needs.some(({ keep, guest }) => keep !== first?.keep || (keep !== undefined && guest !== first?.guest))) return undefined
  if (first?.keep === undefined) return automation
  return first.guest === undefined ? undefined : { kind: 'guest', id: first.guest, name: first.keep }
}

const list = need.array()

/** What a recipe has yielded is data until it was looked at. */
function readNeeds(needs: readonly Tagged[]): readonly Need[] | string {
  const read = list.safeParse(needs)
  if (read.success) return read.data
  const [issue] = read.error.issues
  return `this is nothing that can be claimed: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`
}
