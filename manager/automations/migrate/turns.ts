// What only so many moves do at a time: copies of disks, and streams of memory, to one host, from one, and in the pool. Pure.
import type { Use } from '../../automation/effect.ts'
import type { MigrateArgs } from './args.ts'

/** How many at a time; to and from are of one host. */
export interface MoveLimits {
  readonly copiesTo: number
  readonly copiesFrom: number
  readonly copies: number
  readonly streamsTo: number
  readonly streamsFrom: number
  readonly streams: number
}

export const MOVE_LIMITS: MoveLimits = { copiesTo: 2, copiesFrom: 2, copies: 8, streamsTo: 2, streamsFrom: 2, streams: 8 }

/** Of what is not among them there is no limit. */
export function mostOf(limits: MoveLimits): (what: string) => number {
  const known: ReadonlyMap<string, number> = new Map(Object.entries(limits))
  return (what) => known.get(what) ?? Number.POSITIVE_INFINITY
}

type Ends = Pick<MigrateArgs, 'from' | 'to'>

/** Of the disks of one guest, all together. */
export const copying = ({ from, to }: Ends): readonly Use[] => usesOf('copies', 'moves that copy disks', { from, to })

export const streaming = ({ from, to }: Ends): readonly Use[] => usesOf('streams', 'moves that send memory', { from, to })

function usesOf(what: 'copies' | 'streams', name: string, { from, to }: Ends): readonly Use[] {
  return [
    { what: `${what}To`, of: to.id, name: `${name} to ${to.name}` },
    { what: `${what}From`, of: from.id, name: `${name} from ${from.name}` },
    { what, of: 'pool', name },
  ]
}
