// What is on a medium, as far as somebody has to know: which write a sector holds. Sectors that nobody has written, or that were discarded,
// read as zero. Runs are sorted and disjoint, and never changed in place: a snapshot is the same array. Pure.

export interface Run {
  /** First sector, and the first behind it. */
  readonly at: number
  readonly end: number
  /** Which write it was: who wrote, and which version. */
  readonly stamp: string
}

export type Content = readonly Run[]

export const ZEROES: Content = []

/** `stamp` undefined: zeros. */
export function overwrite(content: Content, at: number, end: number, stamp: string | undefined): Content {
  if (end <= at) return content
  const before: Run[] = []
  const after: Run[] = []
  for (const run of content) {
    if (run.end <= at) before.push(run)
    else if (run.at >= end) after.push(run)
    else {
      if (run.at < at) before.push({ ...run, end: at })
      if (run.end > end) after.push({ ...run, at: end })
    }
  }
  if (stamp === undefined) return [...before, ...after]
  const last = before.at(-1)
  const next = after[0]
  const joinsLast = last !== undefined && last.end === at && last.stamp === stamp
  const joinsNext = next !== undefined && next.at === end && next.stamp === stamp
  const made = { at: joinsLast ? last.at : at, end: joinsNext ? next.end : end, stamp }
  return [...(joinsLast ? before.slice(0, -1) : before), made, ...(joinsNext ? after.slice(1) : after)]
}

/** What lies in a range, with the sectors counted from its beginning. */
export function cutOut(content: Content, at: number, end: number): Content {
  return content
    .filter((run) => run.end > at && run.at < end)
    .map((run) => ({ at: Math.max(run.at, at) - at, end: Math.min(run.end, end) - at, stamp: run.stamp }))
}

/** Puts what `cutOut` gave at another place; zeros too. */
export function paste(content: Content, at: number, sectors: number, piece: Content): Content {
  const cleared = overwrite(content, at, at + sectors, undefined)
  return piece
    .filter((run) => run.at < sectors)
    .reduce((all, run) => overwrite(all, at + run.at, at + Math.min(run.end, sectors), run.stamp), cleared)
}

export function sectorsIn(content: Content): number {
  return content.reduce((sum, { at, end }) => sum + end - at, 0)
}

export function isSame(one: Content, other: Content): boolean {
  return (
    one.length === other.length &&
    one.every((run, index) => {
      const twin = other[index]
      return twin !== undefined && run.at === twin.at && run.end === twin.end && run.stamp === twin.stamp
    })
  )
}

/** Sectors in which the two differ: runs between the edges of either. */
export function differences(one: Content, other: Content): readonly { readonly at: number; readonly end: number }[] {
  const edges = [...new Set([...one, ...other].flatMap(({ at, end }) => [at, end]))].sort((a, b) => a - b)
  return edges.flatMap((at, index) => {
    const end = edges[index + 1]
    return end === undefined || stampAt(one, at) === stampAt(other, at) ? [] : [{ at, end }]
  })
}

function stampAt(content: Content, sector: number): string | undefined {
  return content.find(({ at, end }) => at <= sector && sector < end)?.stamp
}

/** A stamp that says the bytes themselves, of each sector of its run. */
const TEXT = 'text:'
const SECTOR_BYTES = 512
/** What dd shows of a sector of which only is known who wrote it. */
const UNKNOWN = '\x01'.repeat(SECTOR_BYTES)

/** Of single-byte characters. */
export function contentOf(text: string): Content {
  let content: Content = ZEROES
  for (let at = 0; at * SECTOR_BYTES < text.length; at += 1) {
    const bytes = text.slice(at * SECTOR_BYTES, (at + 1) * SECTOR_BYTES).padEnd(SECTOR_BYTES, '\0')
    if (/[^\0]/.test(bytes)) content = overwrite(content, at, at + 1, `${TEXT}${bytes}`)
  }
  return content
}

export function textOf(content: Content, sectors: number): string {
  if (content.length === 0) return zeros(sectors)
  const parts: string[] = []
  let at = 0
  for (const { at: from, end, stamp } of content) {
    parts.push(zeros(from - at), (stamp.startsWith(TEXT) ? stamp.slice(TEXT.length) : UNKNOWN).repeat(end - from))
    at = end
  }
  return `${parts.join('')}${zeros(sectors - at)}`
}

const KNOWN_ZEROS = new Map<number, string>()

/** Most of what is read is this, megabytes at a time: made once. */
function zeros(sectors: number): string {
  const known = KNOWN_ZEROS.get(sectors) ?? '\0'.repeat(sectors * SECTOR_BYTES)
  KNOWN_ZEROS.set(sectors, known)
  return known
}
