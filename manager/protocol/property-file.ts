// The file of site properties, as an admin writes it: `[ram_free]`, then `command=`, `parameters=`, `return_type=`, `ticks=`. It is
// read the same way by the manager, which refuses a wrong one, and by the agents. Commands run as root on every host, by design.
import { PROPERTY_TYPES, propertyName } from './property.ts'

export interface PropertyDefinition {
  readonly name: string
  /** The program, by absolute path or by its name in the usual places, then its arguments; no shell. */
  readonly command: readonly [program: string, ...args: string[]]
  readonly type: (typeof PROPERTY_TYPES)[number]
  readonly seconds: number
}

export type ReadProperties =
  | { readonly kind: 'properties'; readonly definitions: readonly PropertyDefinition[] }
  /** All that is wrong, each with its line. */
  | { readonly kind: 'refused'; readonly faults: readonly string[] }

const KEYS = ['command', 'parameters', 'return_type', 'ticks'] as const
type Key = (typeof KEYS)[number]
const MOST_PROPERTIES = 128
const MOST_FAULTS = 20
const MOST_SECONDS = 86_400

interface Section {
  readonly name: string
  readonly line: number
  readonly values: Map<Key, { readonly text: string; readonly line: number }>
}

export function readProperties(text: string): ReadProperties {
  const faults: string[] = []
  const sections = sectionsOf(text, faults)
  if (sections.length > MOST_PROPERTIES) faults.push(`there are ${sections.length} properties; there may be ${MOST_PROPERTIES}`)
  const definitions = sections.slice(0, MOST_PROPERTIES).flatMap((section) => definitionOf(section, faults) ?? [])
  return faults.length === 0 ? { kind: 'properties', definitions } : { kind: 'refused', faults: faults.slice(0, MOST_FAULTS) }
}

function sectionsOf(text: string, faults: string[]): readonly Section[] {
  const sections: Section[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const [line, content] = [index + 1, raw.trim()]
    const fault = (what: string): number => faults.push(`line ${line}: ${what}`)
    if (content === '' || content.startsWith('#') || content.startsWith(';')) continue
    const [, name] = /^\[(.*)\]$/.exec(content) ?? []
    if (name !== undefined) {
      if (!propertyName.safeParse(name).success)
        fault('a property is named by 1 to 64 letters, digits or _ . -, and begins with a letter or _')
      else if (sections.some((section) => section.name === name)) fault(`there is a property ${name} already`)
      sections.push({ name, line, values: new Map() })
      continue
    }
    const at = content.indexOf('=')
    const key = KEYS.find((one) => one === content.slice(0, at).trim())
    const values = sections.at(-1)?.values
    if (at < 0 || key === undefined) fault(`expected [name] or one of ${KEYS.map((one) => `${one}=`).join(' ')}`)
    else if (!values) fault(`${key}= comes before the first [name]`)
    else if (values.has(key)) fault(`${key}= is there twice`)
    else values.set(key, { text: content.slice(at + 1).trim(), line })
  }
  return sections
}

function definitionOf({ name, line, values }: Section, faults: string[]): PropertyDefinition | undefined {
  const before = faults.length
  const { command, parameters, return_type: type, ticks } = Object.fromEntries(values)
  if (!command?.text) faults.push(`line ${command?.line ?? line}: ${name} has no command=`)
  const words = command ? wordsOf(command.text) : []
  if (!words) faults.push(`line ${command?.line}: the command has a quote without its other one`)
  const more = parameters ? wordsOf(parameters.text) : []
  if (!more) faults.push(`line ${parameters?.line}: the parameters have a quote without their other one`)
  const [program, ...args] = words ?? []
  if (program !== undefined && !/^(\/\S+|[A-Za-z0-9_.+-]+)$/.test(program))
    faults.push(`line ${command?.line}: a command is an absolute path, or a name without a slash`)
  const known = PROPERTY_TYPES.find((one) => one === type?.text)
  if (!known) faults.push(`line ${type?.line ?? line}: ${name} needs return_type= with one of ${PROPERTY_TYPES.join(' ')}`)
  const seconds = /^[1-9]\d{0,5}$/.test(ticks?.text ?? '') ? Number(ticks?.text) : 0
  if (seconds < 1 || seconds > MOST_SECONDS)
    faults.push(`line ${ticks?.line ?? line}: ${name} needs ticks= with the seconds between two runs, 1 to ${MOST_SECONDS}`)
  if (faults.length > before || program === undefined || !known || !more) return undefined
  return { name, command: [program, ...args, ...more], type: known, seconds }
}

/** Split at blanks; what is in '…' or "…" is one word, as it is. Undefined when a quote is not closed. */
function wordsOf(text: string): readonly string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (const letter of text) {
    if (quote !== undefined) {
      if (letter === quote) quote = undefined
      else word = (word ?? '') + letter
    } else if (letter === '"' || letter === "'") {
      quote = letter
      word ??= ''
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + letter
  }
  if (quote !== undefined) return undefined
  return word === undefined ? words : [...words, word]
}
