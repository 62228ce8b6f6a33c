// Steps of automations a second, each written down before it is done and with its answer, beside the floor: a loop that inserts a row into
// a bare SQLite database and commits, with the same wait for the disk.

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import Database from 'better-sqlite3'
import { after } from '../../appliance/wire/timers.ts'
import { recipe } from '../../manager/automation/recipe.ts'
import { type Automations, openAutomations } from '../../manager/automation/service.ts'
import { ask, type Steps } from '../../manager/automation/steps.ts'
import type { Store } from '../../manager/store/database.ts'
import { openData } from '../../manager/store/open.ts'
import { newHostId } from '../../manager/store/tables/hosts.ts'
import { nextEpoch } from '../../manager/store/tables/settings.ts'
import { collectingLog } from '../appliance/wire/collecting-log.ts'
import { LAB } from '../lab/folders.ts'
import { type Metric, mediansOf, metricTable } from './metric.ts'
import { type BenchOptions, inTurn, type Side } from './options.ts'

const PEER = 'bare SQLite'
const STEPS = 1000
const AT_ONCE = 100
const STEPS_EACH = 50

export const AUTOMATION_TITLE = 'Durable steps of automations'
export const AUTOMATION_NOTES = [
  `The peer inserts a row of a step's size and commits, one after the other, into a database of the same settings (WAL, synchronous FULL).`,
  'A step is a request: its answer and the start of the next one are one commit; hosts answer at once.',
  `At least 0.5 for one automation, and 3 for ${AT_ONCE} at once, which share commits.`,
]

export interface AutomationResult {
  readonly runs: readonly { readonly side: Side; readonly metrics: readonly Metric[] }[]
  readonly table: string
}

/** The databases lie where the lab has its files: on a disk, and not in RAM. */
export async function runAutomation({ runs: count, sides }: Pick<BenchOptions, 'runs' | 'sides'>): Promise<AutomationResult> {
  await mkdir(LAB, { recursive: true, mode: 0o700 })
  const runs: { side: Side; metrics: readonly Metric[] }[] = []
  for (let run = 1; run <= count; run += 1) {
    for (const side of inTurn(sides, run)) {
      const place = await mkdtemp(join(LAB, 'hl-automation-'))
      try {
        runs.push({ side, metrics: side === 'ours' ? await measureOurs(place) : measurePeer(place) })
      } finally {
        await rm(place, { recursive: true, force: true })
      }
    }
  }
  const medians = sides.map((side) => [side, mediansOf(runs.filter((run) => run.side === side).map(({ metrics }) => metrics))] as const)
  return { runs, table: metricTable(PEER, Object.fromEntries(medians)) }
}

async function measureOurs(dataDir: string): Promise<readonly Metric[]> {
  const store = await openData({ dataDir, database: 'sqlite' }, collectingLog().log)
  const automations = await engineOn(store)
  try {
    await playAll(automations, 1, 100)
    const one = await playAll(automations, 1, STEPS)
    const many = await playAll(automations, AT_ONCE, STEPS_EACH)
    return metricsOf(one, many)
  } finally {
    automations.close()
    await store.close()
  }
}

function measurePeer(folder: string): readonly Metric[] {
  const database = new Database(join(folder, 'bare.db'))
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.exec('CREATE TABLE steps (automation TEXT NOT NULL, seq INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (automation, seq))')
  const insert = database.prepare('INSERT INTO steps VALUES (?, ?, ?)')
  const json = 'x'.repeat(300)
  const rate = (steps: number, name: string): number => {
    const started = performance.now()
    for (let step = 0; step < steps; step += 1) insert.run(name, step, json)
    return (steps / (performance.now() - started)) * 1000
  }
  rate(100, 'warm')
  const [one, many] = [rate(STEPS, 'one'), rate(AT_ONCE * STEPS_EACH, 'many')]
  database.close()
  return metricsOf(one, many)
}

function metricsOf(one: number, many: number): readonly Metric[] {
  return [
    { name: 'steps, one automation', unit: '/s', better: 'more', value: one },
    { name: `steps, ${AT_ONCE} automations at once`, unit: '/s', better: 'more', value: many },
  ]
}

async function engineOn(store: Store): Promise<Automations> {
  const epoch = await store.write((transaction) => nextEpoch(transaction))
  return openAutomations({
    ...{ store, epoch, newId: newHostId, log: collectingLog().log },
    recipes: [
      recipe({
        ...{ name: 'steps', version: 1, phases: [], parse: Number, title: String, locks: () => [] },
        *run(count): Steps {
          for (let step = 0; step < count; step += 1) yield* ask('h', { kind: 'bench', step })
        },
      }),
    ],
    claims: { take: async () => ({ kind: 'taken', given: {} }), release: async () => undefined },
    clock: { now: Date.now, after },
    broker: {
      subscribe: () => () => undefined,
      ask: (_host, id) => ({
        id,
        ended: Promise.resolve({ kind: 'answered', answer: { kind: 'collected', revision: 1, problems: [] } }),
        progress: () => undefined,
        watch: () => () => undefined,
        cancel: () => undefined,
      }),
    },
    feed: { current: () => undefined, subscribe: () => () => undefined },
    hooks: { run: () => ({ ended: Promise.resolve({ kind: 'value', value: {} }), kill: () => undefined }) },
  })
}

/** Steps a second. */
async function playAll(automations: Automations, count: number, steps: number): Promise<number> {
  const started = performance.now()
  const ended = Array.from({ length: count }, async () => {
    const start = await automations.start({ recipe: 'steps', args: steps, who: 'bench' })
    if (start.kind !== 'done') throw new Error(start.reason)
    await automations.ended(start.value.id)
  })
  await Promise.all(ended)
  return ((count * steps) / (performance.now() - started)) * 1000
}
