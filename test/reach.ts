// Which tests a change can reach: by imports, the nearest first. Pure. Types alone reach nothing that tsc does not see.

export interface SourceFile {
  /** From the project's root. */
  readonly path: string
  readonly text: string
}

export interface Reached {
  readonly test: string
  /** Imports from the change to it; 0: the test itself has changed. */
  readonly distance: number
}

const TEST = /\.test\.ts$/
const STATEMENT = /^\s*(?:import|export)\s(?!type\s)[^'"]*?from\s+'(\.[^']+)'|\bimport\('(\.[^']+)'\)|^\s*import\s+'(\.[^']+)'/gm

/** `changed`: paths as git tells them, gone ones too. What is no source (a template, a script, a fixture) is reached by who names it. */
export function reached(sources: readonly SourceFile[], changed: readonly string[]): readonly Reached[] {
  const users = usersOf(sources)
  const distances = new Map<string, number>()
  let ring: readonly string[] = changed
  for (let distance = 0; ring.length > 0; distance += 1) {
    const fresh = [...new Set(ring)].filter((path) => !distances.has(path))
    for (const path of fresh) distances.set(path, distance)
    ring = fresh.flatMap((path) => users.get(path) ?? namersOf(sources, path))
  }
  const tests = [...distances].flatMap(([test, distance]) => (TEST.test(test) ? [{ test, distance }] : []))
  const there = new Set(sources.map(({ path }) => path))
  return tests.filter(({ test }) => there.has(test)).sort((a, b) => a.distance - b.distance || (a.test < b.test ? -1 : 1))
}

function usersOf(sources: readonly SourceFile[]): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>()
  for (const { path, text } of sources) {
    for (const [, named, late, bare] of text.matchAll(STATEMENT)) {
      const used = resolved(path, named ?? late ?? bare ?? '')
      users.set(used, [...(users.get(used) ?? []), path])
    }
  }
  return users
}

function namersOf(sources: readonly SourceFile[], path: string): readonly string[] {
  const name = path.split('/').at(-1) ?? path
  return /\.ts$/.test(name) ? [] : sources.filter(({ text }) => text.includes(name)).map((source) => source.path)
}

function resolved(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1)
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}
