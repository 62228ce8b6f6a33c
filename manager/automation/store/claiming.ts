// Claims as automations take them: each holds its own, by its title, until it ends.
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
      const taken = await book.take(transaction, { kind: 'automation', id, name: `automation ${id} (${row?.title ?? 'unknown'})` }, read)
      return taken.kind === 'taken' ? { kind: 'taken' } : { kind: 'refused', reason: taken.reason }
    },
    release: (transaction, id) => book.release(transaction, { kind: 'automation', id }),
  }
}

/** What a recipe has yielded is data until it was looked at. */
function readNeeds(needs: readonly Tagged[]): readonly Need[] | string {
  const read = need.array().safeParse(needs)
  if (read.success) return read.data
  const [issue] = read.error.issues
  return `this is nothing that can be claimed: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`
}
