// The hosts or guests that a selector means. What is left out stays out, wherever it stands; a term that means nothing is an error,
// above all one that was to leave something out.

import { nearestTo } from '../../../protocol/nearest.ts'
import { matches, namesOf } from './match.ts'
import {
  describePattern,
  describeTerm,
  type Pattern,
  refuseAt,
  type Selector,
  type SelectorRefusal,
  type Term,
  type What,
} from './syntax.ts'

export interface SelectableHost {
  readonly name: string
  readonly groups: readonly string[]
}

export interface SelectableGuest {
  readonly name: string
  /** Name of the host that it runs on, if it runs. */
  readonly host?: string
}

export type Selection<Item> =
  | {
      readonly kind: 'selected'
      /** In the order in which they were given. */
      readonly items: readonly Item[]
      /** Names that ranges to be taken stand for, and nobody has. */
      readonly missing: readonly string[]
    }
  | SelectorRefusal

/** `noun`: what they are called in a refusal, when they are not hosts. */
export function selectHosts<Host extends SelectableHost>(selector: Selector, hosts: readonly Host[], noun = 'host'): Selection<Host> {
  return select(selector, hosts, (term) => {
    if (term.what.kind === 'guests') {
      return refuseAt(term.at, `${describeTerm(term)} names guests, and ${noun}s are asked for`)
    }
    return hostsOf(term.what, term.at, hosts, noun)
  })
}

export function selectGuests<Guest extends SelectableGuest>(
  selector: Selector,
  hosts: readonly SelectableHost[],
  guests: readonly Guest[],
): Selection<Guest> {
  return select(selector, guests, ({ what, at }) => {
    if (what.kind === 'named') return guestsNamed(what.name, at, hosts, guests)
    const on = hostsOf(what.kind === 'guests' ? what.on : what, at, hosts)
    if (on.kind === 'refused') return on
    const names = new Set(on.items.map(({ name }) => name))
    const there = guests.filter(({ host }) => host !== undefined && names.has(host))
    return what.kind === 'guests'
      ? named('guest', what.guest, at, there, `on ${describeTerm({ kind: 'take', what: what.on, at })}`)
      : found(there)
  })
}

function select<Item>(selector: Selector, all: readonly Item[], find: (term: Term) => Selection<Item>): Selection<Item> {
  const [taken, left] = [new Set<Item>(), new Set<Item>()]
  const missing: string[] = []
  for (const term of selector.terms) {
    const means = find(term)
    if (means.kind === 'refused') return means
    for (const item of means.items) (term.kind === 'take' ? taken : left).add(item)
    if (term.kind === 'take') missing.push(...means.missing)
  }
  return { kind: 'selected', items: all.filter((item) => taken.has(item) && !left.has(item)), missing: [...new Set(missing)] }
}

function hostsOf<Host extends SelectableHost>(
  what: Exclude<What, { readonly kind: 'guests' }>,
  at: number,
  hosts: readonly Host[],
  noun = 'host',
): Selection<Host> {
  if (what.kind === 'named') return named(noun, what.name, at, hosts)
  const groups = [...new Set(hosts.flatMap((host) => host.groups))]
  const meant = new Set(groups.filter((group) => matches(what.group, group)))
  if (meant.size === 0) return refuseAt(at, nothing('group', what.group, groups))
  return found(hosts.filter((host) => host.groups.some((group) => meant.has(group))))
}

function guestsNamed<Guest extends SelectableGuest>(
  name: Pattern,
  at: number,
  hosts: readonly SelectableHost[],
  guests: readonly Guest[],
): Selection<Guest> {
  const result = named('guest', name, at, guests)
  if (result.kind === 'selected' || !hosts.some((host) => matches(name, host.name))) return result
  const text = describePattern(name)
  return refuseAt(at, `no guest is called ${text}; for the guests on host ${text} say ${text}/*`)
}

function named<Item extends { readonly name: string }>(
  kind: string,
  pattern: Pattern,
  at: number,
  items: readonly Item[],
  where = '',
): Selection<Item> {
  const meant = items.filter(({ name }) => matches(pattern, name))
  if (meant.length > 0) return found(meant, missingOf(pattern, meant))
  const known = items.map(({ name }) => name)
  return refuseAt(at, nothing(kind, pattern, known, where))
}

function found<Item>(items: readonly Item[], missing: readonly string[] = []): Selection<Item> {
  return { kind: 'selected', items, missing }
}

function missingOf(pattern: Pattern, meant: readonly { readonly name: string }[]): readonly string[] {
  const names = new Set(meant.map(({ name }) => name))
  return (namesOf(pattern) ?? []).filter((name) => !names.has(name))
}

/** Why a pattern means nothing: `no host is called nod03; did you mean node03?`. */
function nothing(kind: string, pattern: Pattern, known: readonly string[], where = ''): string {
  const said = `no ${kind}${where && ` ${where}`} is called ${describePattern(pattern)}`
  if (known.length === 0) return `${said}: there are none${where && ' there'}`
  const near = nearestTo(namesOf(pattern)?.[0] ?? lettersOf(pattern), known)
  if (near !== undefined) return `${said}; did you mean ${near}?`
  return `${said}; there ${known.length === 1 ? 'is' : 'are'} ${known.slice(0, 5).join(', ')}${known.length > 5 ? ' and others' : ''}`
}

function lettersOf(pattern: Pattern): string {
  return pattern.map((piece) => (piece.kind === 'text' ? piece.text : '')).join('')
}
