// Groups as they are given on the command line: `rack3 rack4`, `rack3,rack4`, `@rack3`.

/** Each once, without what is empty. */
export function groupsIn(words: readonly string[]): string[] {
  const all = words.flatMap((word) => word.split(',')).map((word) => word.trim().replace(/^@/, ''))
  return [...new Set(all.filter((word) => word !== ''))]
}
