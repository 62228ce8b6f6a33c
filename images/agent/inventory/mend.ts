// A value that a schema refuses, without the parts of it that are to blame: generic, by what the schema itself complains of. Pure.
import type { z } from 'zod'
import { LACKS, type Lacks } from '../../../manager/protocol/inventory.ts'

export interface Mended<Value> {
  /** Undefined when nothing that may be left out makes it right. */
  readonly value: Value | undefined
  /** What was wrong, in the order in which it was found. */
  readonly faults: readonly string[]
  /** Of the value, when the faults are left out of it. */
  readonly lacks: Lacks
}

type Path = readonly PropertyKey[]
type Issue = z.core.$ZodIssue

/** Each round takes out what is wrong, or what holds it: records are not nested deeper. */
const ROUNDS = 12

export function mend<Schema extends z.ZodType>(schema: Schema, given: unknown): Mended<z.output<Schema>> {
  const faults: string[] = []
  let lacks: Lacks = 'detail'
  let value = given
  for (let round = 0; round < ROUNDS; round += 1) {
    const parsed = schema.safeParse(value)
    if (parsed.success) return { value: parsed.data, faults, lacks }
    for (const issue of parsed.error.issues) if (round === 0 && !isLong(issue)) faults.push(sayFault(issue))
    const cuts = outermost(parsed.error.issues.map((issue) => cutFor(issue, value)))
    for (const { path, length } of cuts) if (length !== undefined) faults.push(sayLength(path, length, value))
    if (cuts.some(({ path, length }) => path.length === 0 && length === undefined)) break
    for (const cut of cuts) lacks = worse(lacks, lacksAfter(cut, value))
    value = without(value, cuts)
  }
  return { value: undefined, faults, lacks: 'items' }
}

export function worse(a: Lacks, b: Lacks): Lacks {
  return LACKS.indexOf(a) > LACKS.indexOf(b) ? a : b
}

/** What is to go: the value at a path, or of the list there what is behind so many items. */
interface Cut {
  readonly path: Path
  readonly length?: number
}

/** What is wrong itself, where it is there; where it is missing, what it is missing in. */
function cutFor(issue: Issue, value: unknown): Cut {
  if (isLong(issue)) return { path: issue.path, length: Number(issue.maximum) }
  return { path: at(value, issue.path) === undefined ? issue.path.slice(0, -1) : issue.path }
}

function isLong(issue: Issue): issue is Extract<Issue, { readonly code: 'too_big' }> {
  return issue.code === 'too_big' && issue.origin === 'array'
}

function sayFault({ path, message }: Issue): string {
  return `${path.map(String).join('.') || 'all of it'} ${message}`
}

function sayLength(path: Path, length: number, value: unknown): string {
  const list = at(value, path)
  return `${path.map(String).join('.') || 'all of it'}: only the first ${length} of ${Array.isArray(list) ? list.length : 'more'} are taken`
}

/** Those that are not within what another one takes out anyway, each once. */
function outermost(cuts: readonly Cut[]): readonly Cut[] {
  const whole = new Set(cuts.filter(({ length }) => length === undefined).map(({ path }) => keyOf(path)))
  const isWithin = ({ path }: Cut): boolean => path.some((_, depth) => whole.has(keyOf(path.slice(0, depth))))
  return [...new Map(cuts.filter((cut) => !isWithin(cut)).map((cut) => [keyOf(cut.path), cut])).values()]
}

/** A member of a record is a detail, unless it holds a list of what belongs to it. */
function lacksAfter({ path, length }: Cut, value: unknown): Lacks {
  if (path.length === 0 || (path.length === 1 && Array.isArray(value))) return 'items'
  return length !== undefined || typeof path.at(-1) === 'number' || Array.isArray(at(value, path)) ? 'parts' : 'detail'
}

function without(value: unknown, cuts: readonly Cut[]): unknown {
  const here = cuts.find(({ path }) => path.length === 0)
  const cut = here?.length !== undefined && Array.isArray(value) ? value.slice(0, here.length) : value
  const below = groupedByHead(cuts)
  if (below.size === 0) return cut
  const isGone = (key: PropertyKey): boolean =>
    below.get(key)?.some(({ path, length }) => path.length === 0 && length === undefined) === true
  const inner = (key: PropertyKey, member: unknown): unknown => (below.has(key) ? without(member, below.get(key) ?? []) : member)
  if (Array.isArray(cut)) return cut.flatMap((item: unknown, index) => (isGone(index) ? [] : [inner(index, item)]))
  if (typeof cut !== 'object' || cut === null) return cut
  return Object.fromEntries(Object.entries(cut).flatMap(([key, member]) => (isGone(key) ? [] : [[key, inner(key, member)]])))
}

function groupedByHead(cuts: readonly Cut[]): ReadonlyMap<PropertyKey, readonly Cut[]> {
  const groups = new Map<PropertyKey, Cut[]>()
  for (const { path, ...rest } of cuts) {
    const [head, ...tail] = path
    if (head === undefined) continue
    const group = groups.get(head) ?? []
    groups.set(head, group)
    group.push({ ...rest, path: tail })
  }
  return groups
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Readonly<Record<PropertyKey, unknown>>)[key] : undefined),
    value,
  )
}

function keyOf(path: Path): string {
  return JSON.stringify(path)
}
