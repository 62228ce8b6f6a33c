// A guest's course while it moves, by its own clock: when it wrote and verified blocks, and on which host. Pure.

export interface Course {
  /** Hosts in their order, each with what the guest's console said there. */
  readonly said: readonly { readonly host: string; readonly text: string }[]
  /** In characters of the drawing. */
  readonly columns: number
}

interface Tick {
  readonly host: number
  readonly block: number
  /** Seconds of the guest's uptime. */
  readonly at: number
}

const HEIGHTS = ['·', '▂', '▄', '▆', '█'] as const

/** In the order in which they were written, whichever host is named first. */
export function ticksOf({ said }: Pick<Course, 'said'>): readonly Tick[] {
  const all = said.flatMap(({ text }, host) =>
    Array.from(text.matchAll(/^tick (\d+) at ([\d.]+)/gm), ([, block, at]) => ({ host, block: Number(block), at: Number(at) })),
  )
  return all.toSorted((one, other) => one.at - other.at)
}

/** Seconds of its own clock, between two blocks. */
export function longestGap(ticks: readonly Tick[]): number {
  return ticks.reduce((most, { at }, index) => Math.max(most, at - (ticks[index - 1]?.at ?? at)), 0)
}

/** Lines: a row for each host, a column for so many seconds, as high as it wrote there; then its longest silence, and what was lost. */
export function movePicture(course: Course): string {
  const { said, columns } = course
  const ticks = ticksOf(course)
  const [from, to] = [ticks[0]?.at ?? 0, ticks.at(-1)?.at ?? 0]
  const step = Math.max(0.1, Math.ceil(((to - from) / columns) * 10) / 10)
  const counts = said.map((_, host) => {
    const row = new Array<number>(columns).fill(0)
    for (const tick of ticks) {
      const column = Math.min(columns - 1, Math.floor((tick.at - from) / step))
      if (tick.host === host) row[column] = (row[column] ?? 0) + 1
    }
    return row
  })
  const most = Math.max(1, ...counts.flat())
  const width = Math.max(...said.map(({ host }) => host.length))
  const rows = counts.map(
    (row, index) => `${(said[index]?.host ?? '').padEnd(width)} ${row.map((count) => heightOf(count, most)).join('')}`,
  )
  const longest = longestGap(ticks)
  const lost = missingIn(ticks)
  const wrong = said.reduce((sum, { text }) => sum + (text.match(/MISMATCH/g)?.length ?? 0), 0)
  return [
    ...rows,
    `${' '.repeat(width)} a column is ${step} s of the guest’s own clock, as high as it wrote blocks, each read back and found right`,
    `${' '.repeat(width)} longest time between two blocks ${longest.toFixed(1)} s; blocks ${ticks[0]?.block ?? 0} to ${ticks.at(-1)?.block ?? 0}, ${lost} missing, ${wrong} wrong`,
  ].join('\n')
}

function heightOf(count: number, most: number): string {
  return HEIGHTS[count === 0 ? 0 : Math.ceil((count / most) * (HEIGHTS.length - 1))] ?? ''
}

/** Numbers that were never told of, between the first and the last. */
export function missingIn(ticks: readonly Tick[]): number {
  const blocks = new Set(ticks.map(({ block }) => block))
  const [first, last] = [ticks[0]?.block ?? 0, ticks.at(-1)?.block ?? 0]
  return Math.max(0, last - first + 1 - blocks.size)
}
