// DRBD's resources as a kernel has them, and what it keeps in the metadata beside the data: that outlives the host.

export interface Resource {
  readonly name: string
  readonly role: 'Primary' | 'Secondary'
  readonly devices: readonly DrbdDevice[]
  readonly connection?: Connection
}

export interface DrbdDevice {
  readonly volume: number
  readonly minor: number
  readonly options: ReadonlyMap<string, string>
  readonly attached?: Attached
  readonly frozen: boolean
}

export interface Attached {
  /** Kernel names. */
  readonly backing: string
  readonly meta: string
  readonly sectors: number
  readonly label: DrbdLabel
}

export type DiskState = 'Inconsistent' | 'Outdated' | 'Consistent' | 'UpToDate'

/** What is in the metadata. Generations as DRBD calls them: current, bitmap, two of the history. */
export interface DrbdLabel {
  readonly sectors: number
  readonly current: string
  readonly bitmap: string
  readonly history: readonly [string, string]
  readonly disk: DiskState
  /** The activity log is not applied: it was attached, and nobody has looked since. */
  readonly unclean: boolean
  /** Ranges that the peer lacks. */
  readonly outOfSync: readonly Range[]
}

export interface Range {
  readonly at: number
  readonly end: number
}

export interface Connection {
  readonly local: string
  readonly peer: string
  readonly state: 'StandAlone' | 'Connecting' | 'Connected'
  readonly options: ReadonlyMap<string, string>
  /** While it is connected: which way it is synchronised, if any. */
  readonly sync: 'none' | 'source' | 'target'
  /** Sectors that have gone over since the two met. */
  readonly sent?: number
  /** Sectors that were compared, where this end has begun a comparison. */
  readonly verified?: number
  /** It stands still, as 8.4 sometimes does, until it is connected again. */
  readonly stalled?: true
  /** A host that is not in this site: it is always there, and has everything. */
  readonly elsewhere: boolean
}

export const NO_GENERATION = '0000000000000000'
/** DRBD's UUID_JUST_CREATED. */
export const JUST_CREATED = '0000000000000004'

export function newLabel(sectors: number): DrbdLabel {
  return {
    sectors,
    current: JUST_CREATED,
    bitmap: NO_GENERATION,
    history: [NO_GENERATION, NO_GENERATION],
    disk: 'Inconsistent',
    unclean: false,
    outOfSync: [],
  }
}

export function addRange(ranges: readonly Range[], added: Range): readonly Range[] {
  const apart = ranges.filter(({ at, end }) => end < added.at || at > added.end)
  const joined = ranges.filter((range) => !apart.includes(range))
  const at = Math.min(added.at, ...joined.map((one) => one.at))
  const end = Math.max(added.end, ...joined.map((one) => one.end))
  return [...apart, { at, end }].sort((a, b) => a.at - b.at)
}

export function withoutRange(ranges: readonly Range[], gone: Range): readonly Range[] {
  return ranges.flatMap(({ at, end }) =>
    [
      { at, end: Math.min(end, gone.at) },
      { at: Math.max(at, gone.end), end },
    ].filter((one) => one.end > one.at),
  )
}

export function sizeOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { at, end }) => sum + end - at, 0)
}

/** A bit of the bitmap is 4 KiB. */
export function toBits({ at, end }: Range): Range {
  return { at: Math.floor(at / 8) * 8, end: Math.ceil(end / 8) * 8 }
}
