// Placement: one guest and a set on a large pool that is in use, and a whole pool filled beside Ganeti's allocator, judged by the score of
// Ganeti's balancer.
import { access } from 'node:fs/promises'
import { readHostCpu } from '../../manager/cpu/host.ts'
import { type Picture, USUAL_RULES, type Want } from '../../manager/placement/picture.ts'
import { placeAll, rank } from '../../manager/placement/place.ts'
import { maskedEpyc, policyOf } from '../manager/cpu/cpus.ts'
import { HAIL, placeByHail, scoreOf, textData } from './htools.ts'
import { type Metric, mediansOf, metricTable } from './metric.ts'
import { type BenchOptions, inTurn, type Side } from './options.ts'
import { emptyPool, filledPool, guests, overCommitted, seeded } from './placement-pool.ts'
import { median, percentile } from './statistics.ts'

const LARGE = { hosts: 1000, guests: 20_000 }
const ASKED = 1000
const SMALL = { hosts: 100, guests: 2000 }
const PEER = 'hail'
const CPU = policyOf({ vendor: 'AuthenticAMD', xen: '4.20.1', rows: maskedEpyc.rows })
const RULES = { ...USUAL_RULES, vcpusPerThread: 4 }

export const PLACEMENT_TITLE = `Placement: ${LARGE.hosts} hosts with ${LARGE.guests} guests; ${SMALL.guests} guests on ${SMALL.hosts} empty hosts beside ganeti-htools`
export const PLACEMENT_NOTES = [
  'One placement: all hosts ranked, with every reason against those that are not fit. What it asks is a picture that is kept up to date.',
  'hail gets all guests in one request (multi-allocate), as ours gets them in one set.',
  'The score is hbal’s own, of the pool as each has filled it: the less, the more even.',
  'Aims: one placement below 10 ms for 99 of 100, a set of 1,000 below 2 s, nothing over-committed.',
]

export async function missingForPlacement(): Promise<string | undefined> {
  return access(HAIL).then(
    () => undefined,
    () => 'ganeti-htools is not installed: apt-get install ganeti-htools',
  )
}

export interface PlacementResult {
  readonly runs: readonly { readonly side: Side; readonly metrics: readonly Metric[] }[]
  readonly table: string
}

export async function runPlacement({ runs: count, sides }: BenchOptions): Promise<PlacementResult> {
  const runs: { side: Side; metrics: readonly Metric[] }[] = []
  for (let run = 1; run <= count; run += 1) {
    for (const side of inTurn(sides, run)) runs.push({ side, metrics: side === 'ours' ? await measureOurs() : await measurePeer() })
  }
  const medians = sides.map((side) => [side, mediansOf(runs.filter((run) => run.side === side).map(({ metrics }) => metrics))] as const)
  return { runs, table: metricTable(PEER, Object.fromEntries(medians)) }
}

async function measureOurs(): Promise<readonly Metric[]> {
  const wants = guests(SMALL.guests, seeded(1))
  const pool = emptyPool(SMALL.hosts, readHostCpu('any', CPU))
  const { result, seconds } = timed(() => placeAll(pool, wants, RULES))
  return [
    less(`${SMALL.guests} guests on ${SMALL.hosts} hosts`, 's', seconds),
    less('hbal’s score of that', '', await scored(pool, wants, result.placed)),
    less('guests without a place', '', result.refused.length),
    less('hosts over-committed', '', overCommitted(filledPool(pool, wants, result.placed), RULES.vcpusPerThread)),
    ...measureLarge(),
  ]
}

async function measurePeer(): Promise<readonly Metric[]> {
  const wants = guests(SMALL.guests, seeded(1))
  const pool = emptyPool(SMALL.hosts, readHostCpu('any', CPU))
  const { placed, refused, seconds } = await placeByHail(
    pool.hosts.map(({ id }) => id),
    wants,
    RULES.vcpusPerThread,
  )
  return [
    less(`${SMALL.guests} guests on ${SMALL.hosts} hosts`, 's', seconds),
    less('hbal’s score of that', '', await scored(pool, wants, placed)),
    less('guests without a place', '', refused),
    less('hosts over-committed', '', overCommitted(filledPool(pool, wants, placed), RULES.vcpusPerThread)),
  ]
}

function measureLarge(): readonly Metric[] {
  const empty = emptyPool(LARGE.hosts, readHostCpu('any', CPU))
  const there = guests(LARGE.guests, seeded(2))
  const before = placeAll(empty, there, RULES)
  const pool = filledPool(empty, there, before.placed)
  const asked = guests(ASKED, seeded(3))
  const times = asked.map(({ needs }) => timed(() => rank(pool, needs, RULES)).seconds * 1000)
  const { result, seconds } = timed(() => placeAll(pool, asked, RULES))
  const after = filledPool(empty, [...there, ...named(asked)], new Map([...before.placed, ...prefixed(result.placed)]))
  return [
    less('one placement, median', 'ms', median(times)),
    less('one placement, 99 of 100', 'ms', percentile(times, 0.99)),
    less(`a set of ${ASKED}`, 's', seconds),
    less('hosts over-committed by it', '', overCommitted(after, RULES.vcpusPerThread)),
  ]
}

/** Those that are there are called as they are. */
const PREFIX = 'new '
const named = (wants: readonly Want[]): readonly Want[] => wants.map(({ id, needs }) => ({ id: `${PREFIX}${id}`, needs }))
const prefixed = (placed: ReadonlyMap<string, string>) => [...placed].map(([id, host]) => [`${PREFIX}${id}`, host] as const)

function scored({ hosts }: Picture, wants: readonly Want[], placed: ReadonlyMap<string, string>): Promise<number> {
  return scoreOf(
    textData(
      hosts.map(({ id }) => id),
      wants,
      placed,
      RULES.vcpusPerThread,
    ),
  )
}

function timed<Value>(act: () => Value): { readonly result: Value; readonly seconds: number } {
  const started = performance.now()
  const result = act()
  return { result, seconds: (performance.now() - started) / 1000 }
}

function less(name: string, unit: string, value: number): Metric {
  return { name, unit, better: 'less', value }
}
