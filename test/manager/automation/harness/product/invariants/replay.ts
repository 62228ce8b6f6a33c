// An automation as its journal tells it.
import { Advance } from '../../../../../../manager/automation/advance.ts'
import { decodeEntries } from '../../../../../../manager/automation/journal.ts'
import type { Recipe } from '../../../../../../manager/automation/recipe.ts'

/** As a manager that begins comes to it. */
export function replay(
  { id, seed, args }: { readonly id: string; readonly seed: string; readonly args: string },
  recipe: Recipe,
  commits: readonly string[],
): Advance {
  const replayed = new Advance({ automation: id, seed, run: () => recipe.of(JSON.parse(args)).run() })
  for (const entry of commits.flatMap(decodeEntries)) replayed.feed(entry)
  return replayed
}
