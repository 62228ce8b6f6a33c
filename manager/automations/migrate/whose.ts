// Whose a guest is when nobody has seen the end of its stream: by what both hosts say of it. Never a guess: what cannot be known is said to
// be unknown, and looked at again. Pure.
import type { AnswerOf } from '../../protocol/requests.ts'

export type Seen = AnswerOf<'look-stream'>

export interface Looked {
  /** Undefined: the host could not be asked, or could not tell. */
  readonly target: Seen | undefined
  readonly source: Seen | undefined
}

export type Whose = { readonly kind: 'moved' } | { readonly kind: 'not moved' } | { readonly kind: 'unknown'; readonly reason: string }

const runs = ({ domains }: Seen): boolean => domains.some(({ name, state }) => state === 'running' && !name.includes('--'))

export function judge({ target, source }: Looked): Whose {
  if (target && runs(target) && source && runs(source)) return { kind: 'unknown', reason: 'both hosts say that they run it' }
  if (target && runs(target)) return { kind: 'moved' }
  if (source && runs(source)) return { kind: 'not moved' }
  // Its target has given it up for good: no word was passed on, or it came to nothing there.
  if (target?.phase === 'dropped' && target.domains.length === 0) return { kind: 'not moved' }
  // The source has given it up after the word, and the target has lost it since: its disks there are the ones that count.
  const isGiven = source !== undefined && (source.phase === 'gone' || source.phase === 'handing') && source.domains.length === 0
  if (isGiven && target && target.domains.length === 0) return { kind: 'moved' }
  // The source has given it up, and the target was reset since: whether it went on there nobody can tell, and what it wrote then is there alone.
  // All that it wrote before is there too.
  const isAway = source?.domains.some(({ name }) => name.endsWith('--migratedaway'))
  if (isAway && target?.relay === 'none' && target.domains.length === 0) return { kind: 'moved' }
  return { kind: 'unknown', reason: `the target ${say(target)}, the source ${say(source)}` }
}

function say(seen: Seen | undefined): string {
  if (!seen) return 'cannot be asked'
  const domains = seen.domains.map(({ name, state }) => `${name} ${state}`).join(', ')
  return `has ${domains || 'no domain of it'}${seen.phase === undefined ? '' : ` (stream ${seen.phase})`}`
}
