// `node{01..37}`: names for machines that have none of their own yet, in the order in which they are chosen. As a shell's braces; digits
// of the first number say how wide all are. Pure.
import { HOST_NAME } from './host.ts'

export type NamesMade =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string }

/** Characters of a pattern. */
export const LONGEST_PATTERN = 4096

const RANGE = /^([^{}]*)\{(\d{1,6})\.\.(\d{1,6})?\}([^{}]*)$/

/** Exactly `count` names: `{01..}` counts on as far as is needed; what is said several times is joined by commas. */
export function namesMade(pattern: string, count: number): NamesMade {
  const parts = pattern.split(',').map((part) => part.trim())
  const names: string[] = []
  for (const [at, part] of parts.entries()) {
    const made = partNames(part, count - names.length, at === parts.length - 1)
    if (made.kind === 'refused') return made
    names.push(...made.names)
  }
  const strange = names.find((name) => !HOST_NAME.test(name))
  if (strange !== undefined) return refused(`${JSON.stringify(strange.slice(0, 80))} is no host name: 1 to 63 of a-z 0-9 -`)
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined) return refused(`the pattern ${pattern} names ${twice} twice`)
  if (names.length === count) return { kind: 'names', names }
  return refused(
    `the pattern ${pattern} makes ${names.length} ${names.length === 1 ? 'name' : 'names'}, and ${count} ${count === 1 ? 'is' : 'are'} wanted`,
  )
}

function partNames(part: string, wanted: number, isLast: boolean): NamesMade {
  const [, before = '', from, to, after = ''] = RANGE.exec(part) ?? []
  if (from === undefined) {
    return /[{}]/.test(part) ? refused(`${part} is no pattern: say node{01..37}, or node{01..} for as many as are wanted`) : names([part])
  }
  if (to === undefined && !isLast) return refused(`${part} counts on without an end: only the last part may`)
  const [first, last] = [Number(from), to === undefined ? Number(from) + Math.max(0, wanted) - 1 : Number(to)]
  if (to !== undefined && last < first) return refused(`${part} counts backwards: say {${to}..${from}}`)
  // Of more than are wanted one is enough to say so.
  const length = Math.min(last - first + 1, Math.max(0, wanted) + 1)
  return names(Array.from({ length }, (_, at) => `${before}${String(first + at).padStart(from.length, '0')}${after}`))
}

const names = (all: readonly string[]): NamesMade => ({ kind: 'names', names: all })
const refused = (reason: string): NamesMade => ({ kind: 'refused', reason })
