// Runs of the product's recipes: every fault at every step by itself, then seeds with some of them together. What breaks is told with what
// shows it again, and with the fewest faults that do.
import { Random } from '../random.ts'
import { poolDatabase } from './database.ts'
import { everyFault, type Fault, type Size, someFaults } from './faults.ts'
import { type Beginning, COME_TO, SCENARIOS, type Scenario } from './scenarios.ts'
import { type Run, simulate } from './simulate.ts'
import { emptySite, type Snapshot } from './world.ts'

/** All that shows a run again. */
export interface Replay {
  readonly seed: number
  /** Of the scenario. */
  readonly name: string
  readonly faults: readonly Fault[]
}

export interface Found {
  readonly replay: Replay
  readonly broken: readonly string[]
}

export interface Explored {
  readonly runs: number
  readonly found: readonly Found[]
  /** How often automations have ended so. */
  readonly states: ReadonlyMap<string, number>
}

const SEED = 1
const OFTEN = SCENARIOS.flatMap((one) => (one.pace === undefined ? [one, one, one] : [one]))
const beginnings = new Map<Beginning, Promise<Snapshot>>()
const sizes = new Map<string, Promise<Size>>()
let single: Promise<readonly Replay[]> | undefined

export async function replay({ seed, name, faults }: Replay): Promise<Run> {
  const scenario = scenarioOf(name)
  return simulate({ seed, scenario, faults, database: await poolDatabase(), from: await beginning(scenario.from) })
}

/** How far this scenario goes without a fault. */
export function sizeOf(name: string): Promise<Size> {
  const known = sizes.get(name) ?? replay({ seed: SEED, name, faults: [] }).then((run) => well(scenarioOf(name), run))
  sizes.set(name, known)
  return known
}

export async function everyFaultOf(name: string): Promise<readonly Replay[]> {
  return everyFault(await sizeOf(name)).map((faults) => ({ seed: SEED, name, faults }))
}

/** What the first fault shows that breaks this scenario, beside these; without one, where it breaks without. Undefined: none does. */
export async function firstOf(name: string, beside: readonly Fault[] = []): Promise<string | undefined> {
  const { broken } = await replay({ seed: SEED, name, faults: [] })
  const bare = { replay: { seed: SEED, name, faults: [] }, broken }
  if (broken.length > 0) return sayFound(bare)
  const every = (await everyFaultOf(name)).map((one) => ({ ...one, faults: [...beside, ...one.faults] }))
  const seeded = [SEED, SEED + 1, SEED + 2].flatMap((seed) => every.map((one) => ({ ...one, seed })))
  const [found] = (await explore(seeded, 1)).found
  return found && sayFound(found)
}

/** What goes wrong by this seed: the first ones are each fault by itself in each scenario of one step, the others some together. */
export async function replayOf(seed: number): Promise<Replay> {
  single ??= everySingle()
  const alone = (await single)[seed - 1]
  if (alone) return { ...alone, seed }
  const random = new Random(seed ^ 0x5eed)
  const { name } = random.of(OFTEN)
  return { seed, name, faults: someFaults(random, await sizeOf(name)) }
}

/** One after the other: they share a database. What has several steps is made of others, and has its turn among the mixes. */
async function everySingle(): Promise<readonly Replay[]> {
  const all: Replay[] = []
  for (const { name, steps, pace } of SCENARIOS) {
    const own = steps.length === 1 ? await everyFaultOf(name) : []
    all.push(...own.filter((_, at) => pace !== 'longest' || at % OF_LONGEST === 0))
  }
  return all
}

/** Prime to how many faults there are of each kind: all kinds have their turn. */
const OF_LONGEST = 13

export async function exploreSeeds(seeds: readonly number[]): Promise<Explored> {
  const replays: Replay[] = []
  for (const seed of seeds) replays.push(await replayOf(seed))
  return explore(replays)
}

/** Until `most` are found: left out, all of them. */
export async function explore(replays: readonly Replay[], most = Number.POSITIVE_INFINITY): Promise<Explored> {
  const found: Found[] = []
  const states = new Map<string, number>()
  let runs = 0
  for (const one of replays) {
    if (found.length >= most) break
    runs += 1
    const run = await replay(one)
    for (const state of run.states) states.set(state, (states.get(state) ?? 0) + 1)
    if (run.broken.length > 0) found.push({ replay: one, broken: run.broken })
  }
  return { runs, found, states }
}

/** Without the faults that it breaks without, too. */
export async function shortest({ replay: given, broken }: Found): Promise<Found> {
  for (const without of given.faults.keys()) {
    const fewer = { ...given, faults: given.faults.filter((_, at) => at !== without) }
    const run = await replay(fewer)
    if (run.broken.length > 0) return shortest({ replay: fewer, broken: run.broken })
  }
  return { replay: given, broken }
}

export function sayFound({ replay: one, broken }: Found): string {
  return [`npm run seeds -- --replay '${JSON.stringify(one)}'`, ...broken.slice(0, 4).map((line) => `  ${line}`)].join('\n')
}

export async function beginning(from: Beginning): Promise<Snapshot> {
  const known = beginnings.get(from) ?? comeTo(from)
  beginnings.set(from, known)
  return known
}

async function comeTo(to: Beginning): Promise<Snapshot> {
  const database = await poolDatabase()
  if (to === 'empty') {
    database.putBack([])
    const bare: Snapshot = { site: await emptySite(), reports: new Map(), rows: [] }
    const first = await simulate({ seed: SEED, scenario: NOTHING, faults: [], database, from: bare })
    return first.end
  }
  const scenario = COME_TO[to]
  const run = await simulate({ seed: SEED, scenario, faults: [], database, from: await beginning(scenario.from) })
  well(scenario, run)
  return run.end
}

const NOTHING: Scenario = { name: 'nothing', from: 'empty', steps: [] }

function well({ name, ends }: Scenario, run: Run): Run {
  const { broken, states } = run
  if (broken.length > 0) throw new Error(`${name} breaks without a fault: ${broken.join('; ')}`)
  if (!states.includes(ends ?? 'done') && states.length > 0) throw new Error(`${name} ends without a fault as ${states.join(', ')}`)
  return run
}

function scenarioOf(name: string): Scenario {
  const found = SCENARIOS.find((one) => one.name === name)
  if (!found) throw new Error(`there is no scenario ${name}: there are ${SCENARIOS.map((one) => one.name).join(', ')}`)
  return found
}
