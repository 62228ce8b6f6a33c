// Of several things at once all are to be of the groups that who asks is limited to, or nothing is done: looked at before the first of them is
// asked for. The manager looks at each again.
import { type Grouped, isWithin, sayLimit } from '../../protocol/group-limit.ts'
import type { PoolApi } from './api/calls.ts'
import { CommandFailure } from './failure.ts'
import { oneLine } from './output/text.ts'
import type { Selected } from './selecting.ts'

/** Rejects with a CommandFailure that names those that are not. One alone is the manager's to refuse. */
export async function allWithin<Item extends Grouped & { readonly name: string }>(
  { access }: Pick<PoolApi, 'access'>,
  selected: Selected<Item>,
): Promise<Selected<Item>> {
  if (selected.items.length < 2) return selected
  const { groups } = await access.whoami()
  const others = selected.items.filter((item) => !isWithin(groups, item)).map(({ name }) => oneLine(name))
  if (others.length === 0) return selected
  const more = others.length > MOST_NAMED ? ` and ${others.length - MOST_NAMED} more` : ''
  throw new CommandFailure(
    `${others.slice(0, MOST_NAMED).join(', ')}${more}: outside your groups, you may act on ${sayLimit(groups)} alone; nothing was done`,
  )
}

const MOST_NAMED = 10
