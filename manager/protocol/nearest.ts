// What the user may have meant: the known name that is nearest to a wrong one.

/** Names with more letters, or more names than this, are not compared to the end. */
const MOST = { letters: 64, names: 20_000 } as const

/** Undefined when none is near: more than two letters in five would have to change. */
export function nearestTo(text: string, known: readonly string[]): string | undefined {
  let nearest: { readonly name: string; readonly edits: number } | undefined
  for (const name of known.slice(0, MOST.names)) {
    const bound = Math.min(nearest ? nearest.edits - 1 : Number.POSITIVE_INFINITY, Math.max(1, Math.floor(name.length * 0.4)))
    if (Math.abs(name.length - text.length) > bound) continue
    const edits = editDistance(text.slice(0, MOST.letters).toLowerCase(), name.slice(0, MOST.letters).toLowerCase())
    if (edits <= bound) nearest = { name, edits }
  }
  return nearest?.name
}

/** Letters added, removed, replaced, or swapped with their neighbour (Damerau's distance, each place edited once). */
function editDistance(from: string, to: string): number {
  let before: readonly number[] = []
  let row: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] ? (before[j - 2] ?? 0) + 1 : replaced
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    before = row
    row = next
  }
  return row[to.length] ?? 0
}
