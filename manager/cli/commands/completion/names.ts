// Names that the manager knows, as words for a shell. Whoever names a host must not get to run what the shell makes of it: a name with
// any character that means something to a shell is left out. Pure.
import type { Candidate } from './words.ts'

/** `[`, `*` and `?` are of selectors, and never of names. */
const HARMLESS = /^[\w.:@+,/=-]+$/
/** Shells take long to show more. */
const MOST = 2000

export interface Names {
  readonly names: readonly Candidate[]
  readonly groups: readonly string[]
  /** Guests by the name of their host. */
  readonly guests: ReadonlyMap<string, readonly string[]>
}

/** What the last term of a selector may become: `node01,-no`, `@ra`, `node01/web`. */
export function namesFor(word: string, { names, groups, guests }: Names): readonly Candidate[] {
  const [, before = '', term = ''] = /^(.*,-?|)(.*)$/s.exec(word) ?? []
  const [host, guest] = term.split('/')
  const inHost = guest === undefined || host === undefined ? undefined : guests.get(host)
  const all = inHost
    ? inHost.map((name) => ({ value: `${host}/${name}`, description: '' }))
    : [...names, ...groups.map((name) => ({ value: `@${name}`, description: 'group' }))]
  return harmless(all.filter(({ value }) => value.startsWith(term)).map((one) => ({ ...one, value: before + one.value })))
}

export function groupChangesFor(word: string, groups: readonly string[]): readonly Candidate[] {
  const signs = word === '' ? ['+', '-'] : [word.charAt(0)]
  const all = signs.flatMap((sign) => groups.map((group) => ({ value: `${sign}${group}`, description: '' })))
  return harmless(all.filter(({ value }) => value.startsWith(word)))
}

function harmless(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.filter(({ value }) => HARMLESS.test(value)).slice(0, MOST)
}
