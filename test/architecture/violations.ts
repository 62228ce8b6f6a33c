// The rules of architecture-rules.ts as a function from source files to violations.
import { ASKED_BY, LAYERS, ON_THE_MANAGERS_MACHINE, SERVERS, WORLDLY } from '../architecture-rules.ts'
import { effectFindings } from './effects.ts'
import { cycleFindings, importFindings, roomOf } from './imports.ts'
import { isAt, isIn, type ParsedFile, parse, type SourceText } from './parsed.ts'

const MAX_LINES = 300

/** All violations, `path:line: what`, in the order of the files. */
export function violations(sources: readonly SourceText[]): string[] {
  const files = sources.map(parse)
  return [...files.flatMap((file) => [...nameFindings(file), ...importFindings(file), ...effectFindings(file)]), ...cycleFindings(files)]
}

/** What the tables of the rules name and the project has not, and the rooms that have no place. */
export function staleRules(paths: readonly string[]): string[] {
  const isThere = (place: string): boolean => paths.some((path) => isAt(path, place))
  const named = [...LAYERS.flat().map((room) => `manager/${room}`), ...WORLDLY, ...SERVERS, ...ASKED_BY, ...ON_THE_MANAGERS_MACHINE]
  const rooms = new Set(paths.filter((path) => isIn(path, 'manager')).map(roomOf))
  return [
    ...named.filter((place) => !isThere(place)).map((place) => `${place}: a rule names it, and it is not there`),
    ...[...rooms].filter((room) => !LAYERS.flat().includes(room)).map((room) => `manager/${room}: has no place among the layers`),
  ]
}

function nameFindings({ path, text }: ParsedFile): string[] {
  const vague = path.split('/').find((part) => /^(utils?|helpers?|common|misc)(\.|$)/i.test(part))
  const lines = text.trimEnd().split('\n').length
  return [
    ...(vague ? [`${path}:1: is called ${vague}: name what it does`] : []),
    ...(lines > MAX_LINES ? [`${path}:1: has ${lines} lines, split by ${MAX_LINES}`] : []),
  ]
}
