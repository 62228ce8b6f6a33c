// The connectivity matrix as the page needs it: columns, and each host's cells as one ready piece of HTML. Kept between requests, as
// samples come every few seconds and cables are seldom moved; made anew when an inventory has changed and somebody looks.
import { createHash } from 'node:crypto'
import type { Thing } from '../../contract/things.ts'
import type { Reaches } from '../answers/matrix-answer.ts'
import type { PoolEvents } from '../events.ts'

export interface Cells {
  readonly columns: readonly Thing[]
  /** The same as long as the columns are: rows of one fit under the head of the other. */
  readonly version: string
  /** Of a host that has not reported: all unknown. */
  of(host: string): string
  /** Of a host of which nobody knows what it reaches now. */
  readonly unknown: string
  /** These columns alone, in this order, by their places. */
  picked(places: readonly number[]): Cells
}

const NETWORKS = ['vlan', 'segment'] as const
const REACHED = '<td class=y>✓'
/** It is one of those that are to be looked at: most hosts like it reach that. */
const ODD = '<td class=x>✗'
const NOT_REACHED = '<td class=q>·'
const UNKNOWN = '<td class=u>–'
/** All are as long: the cells of some columns are cut out of a row that is ready. */
const LENGTH = REACHED.length
/** Of the time, at most one part in this many goes into making it anew … */
const SHARE = 5
/** … unless somebody would wait longer than this for it, ms. */
const LONGEST_REST = 250

export const isNetwork = ({ kind }: Pick<Thing, 'kind'>): boolean => NETWORKS.some((network) => network === kind)

export function cellsOf({ hosts, rows }: Reaches): Cells {
  const ordered = [...rows.filter(isNetwork), ...rows.filter((row) => !isNetwork(row))]
  const byHost = new Map(
    hosts.map(
      (id) => [id, ordered.map(({ reachers, odd }) => (reachers.has(id) ? REACHED : odd.has(id) ? ODD : NOT_REACHED)).join('')] as const,
    ),
  )
  const unknown = UNKNOWN.repeat(ordered.length)
  const columns = ordered.map(({ reachers: _, odd: __, ...thing }) => thing)
  return keptCells(columns, (host) => byHost.get(host) ?? unknown)
}

/** `of`: the whole row of a host. */
function keptCells(columns: readonly Thing[], of: Cells['of']): Cells {
  return {
    columns,
    version: createHash('sha256')
      .update(JSON.stringify(columns.map(({ key, name }) => [key, name])))
      .digest('base64url')
      .slice(0, 12),
    of,
    unknown: UNKNOWN.repeat(columns.length),
    picked(places) {
      if (places.length === columns.length && places.every((place, at) => place === at)) return this
      const cut = (row: string): string => places.map((place) => row.slice(place * LENGTH, (place + 1) * LENGTH)).join('')
      return keptCells(
        places.flatMap((place) => columns[place] ?? []),
        (host) => cut(of(host)),
      )
    },
  }
}

export class MatrixCells {
  readonly #reaches: () => Promise<Reaches>
  readonly #elapsed: () => number
  #kept: Promise<Cells> | undefined
  /** When it may be made again. */
  #rested = 0
  readonly close: () => void

  constructor(reaches: () => Promise<Reaches>, events: PoolEvents, elapsed: () => number) {
    this.#reaches = reaches
    this.#elapsed = elapsed
    this.close = events.subscribe((event) => {
      // What a host reaches does not depend on its state, but for those that are rejected: they are left out.
      if (event.kind === 'inventory' || (event.kind === 'host' && event.state === 'rejected')) this.#kept = undefined
    })
  }

  /** As it is after every event so far; all who ask meanwhile wait for the same one. */
  now(): Promise<Cells> {
    if (this.#kept) return this.#kept
    const making = this.#make()
    this.#kept = making
    making.catch(() => {
      if (this.#kept === making) this.#kept = undefined
    })
    return making
  }

  async #make(): Promise<Cells> {
    const wait = this.#rested - this.#elapsed()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    const began = this.#elapsed()
    const cells = cellsOf(await this.#reaches())
    const ended = this.#elapsed()
    this.#rested = ended + Math.min(LONGEST_REST, (ended - began) * (SHARE - 1))
    return cells
  }
}
