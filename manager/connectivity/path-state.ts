// Which paths of a multipath map carry nothing now (multipath-tools: libmultipath/checkers.h, structs.h).
import type { Multipath } from '../protocol/storage.ts'

export type MapPath = Multipath['paths'][number]

/** The checker's words for a path that takes I/O, or will when its array fails over. */
const FIT: ReadonlySet<string> = new Set(['ready', 'ghost'])
/** The checker has been asked, and has not answered yet. */
const ASKED: ReadonlySet<string> = new Set(['i/o pending', 'pending'])

/** False where nothing is known of it: an agent that tells no checker's word. */
export function isLost({ state, check }: MapPath): boolean {
  const word = check?.trim().toLowerCase()
  if (state === 'failed') return true
  if (word === undefined || ASKED.has(word)) return false
  // The kernel has no state of a path that its map does not use, whatever the checker says of it.
  return state === 'unknown' || !FIT.has(word)
}
