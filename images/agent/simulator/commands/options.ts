// Arguments as getopt reads them: options that take a value, those that take none, and the rest. An option that is not listed is a gap.
import { type Context, gap } from './command.ts'

export interface Parsed {
  /** The last value that was given. */
  value(name: string): string | undefined
  values(name: string): readonly string[]
  has(name: string): boolean
  readonly rest: readonly string[]
}

/**
 * Names as they are written, `-o|--options`: the last is what they are asked for by. `flags` take no value, `valued` one, either behind it
 * or after an equals sign; `optional` one after an equals sign or none.
 */
export function parseOptions(
  context: Context,
  args: readonly string[],
  {
    flags = [],
    valued = [],
    optional = [],
  }: { readonly flags?: readonly string[]; readonly valued?: readonly string[]; readonly optional?: readonly string[] },
): Parsed {
  const given: { readonly name: string; readonly value: string }[] = []
  const rest: string[] = []
  const named = (names: readonly string[], spelt: string): string | undefined =>
    names
      .map((one) => one.split('|'))
      .find((all) => all.includes(spelt))
      ?.at(-1)
  const words = args.flatMap((word) => splitCluster(word, flags))
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (word === '--') {
      rest.push(...words.slice(at + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      rest.push(word)
      continue
    }
    const equals = word.startsWith('--') ? word.indexOf('=') : -1
    const spelt = equals > 0 ? word.slice(0, equals) : word
    const flag = named([...flags, ...optional], spelt)
    const needing = named(valued, spelt)
    if (equals > 0 && (needing ?? named(optional, spelt)) !== undefined)
      given.push({ name: needing ?? named(optional, spelt) ?? spelt, value: word.slice(equals + 1) })
    else if (flag !== undefined && equals < 0) given.push({ name: flag, value: '' })
    else if (needing !== undefined) {
      at += 1
      const value = words[at]
      if (value === undefined) gap(context, `${word} without its value`)
      given.push({ name: needing, value })
    } else {
      const short = /^-\w/.test(word) ? named(valued, word.slice(0, 2)) : undefined
      if (short === undefined) gap(context, `the option ${spelt}`)
      given.push({ name: short, value: word.slice(2) })
    }
  }
  return {
    value: (name) => given.findLast((one) => one.name === name)?.value,
    values: (name) => given.filter((one) => one.name === name).map(({ value }) => value),
    has: (name) => given.some((one) => one.name === name),
    rest,
  }
}

/** `-aP` is `-a -P` where both are flags. */
function splitCluster(word: string, flags: readonly string[]): readonly string[] {
  const letters = /^-(\w{2,})$/.exec(word)?.[1]
  const known = (letter: string): boolean => flags.some((one) => one.split('|').includes(`-${letter}`))
  if (letters === undefined || flags.some((one) => one.split('|').includes(word)) || ![...letters].every(known)) return [word]
  return [...letters].map((letter) => `-${letter}`)
}

/** Bytes of `64m`, `1G`, `4096s`, `100%FREE` left out; without a unit what `unit` says. Powers of 1024. */
export function sectorsFrom(text: string, unit: string): number | undefined {
  const [, number, suffix = unit] = /^(\d+(?:\.\d+)?)([a-zA-Z])?(?:[iI]?[bB])?$/.exec(text) ?? []
  if (number === undefined) return undefined
  const bytes: { readonly [unit: string]: number } = {
    b: 1,
    s: 512,
    k: 2 ** 10,
    m: 2 ** 20,
    g: 2 ** 30,
    t: 2 ** 40,
    p: 2 ** 50,
  }
  const factor = bytes[suffix.toLowerCase()]
  return factor === undefined ? undefined : (Number(number) * factor) / 512
}
