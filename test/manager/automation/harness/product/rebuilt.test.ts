import test from 'ava'
import { poolDatabase } from './database.ts'
import { beginning, everyFaultOf } from './explore.ts'
import { fromHostsAlone } from './rebuilt.ts'
import { SCENARIOS } from './scenarios.ts'
import { simulate } from './simulate.ts'

const SEED = 1
/** Of the faults of each scenario, every so many. */
const EACH = 9
const FROM = ['running', 'paused', 'stopped'] as const

/** But for what the hosts cannot tell. */
const OF_TIME = /"(since|created|created_by|spec|networks|image)":("(\\.|[^"\\])*"|\d+|null),?/g
const tablesOf = (rows: readonly (readonly [string, readonly object[]])[]): readonly string[] =>
  rows
    .filter(([table]) => table !== 'settings')
    .flatMap(([table, all]) =>
      all.map((row) => `${table} ${JSON.stringify(Object.fromEntries(Object.entries(row).sort())).replace(OF_TIME, '')}`),
    )
    .sort()

for (const from of FROM) {
  test.serial(`a database that is deleted while guests are ${from} is as before, from the hosts alone`, async (t) => {
    const before = await beginning(from)
    const { snapshot, rebuilt, refused } = await fromHostsAlone(before)
    t.is(rebuilt.guests.length, 1)
    t.deepEqual([rebuilt.disagree, rebuilt.unknown, refused], [[], [], []])
    t.deepEqual(tablesOf(snapshot.rows), tablesOf(before.rows))
  })

  test.serial(`whatever goes wrong with guests that are ${from} after that, what must hold holds`, async (t) => {
    const { snapshot } = await fromHostsAlone(await beginning(from))
    const database = await poolDatabase()
    const scenarios = SCENARIOS.filter((one) => one.from === from && one.pace === undefined)
    t.true(scenarios.length > 0)
    for (const scenario of scenarios) {
      const whole = await simulate({ seed: SEED, scenario, faults: [], database, from: snapshot })
      t.deepEqual([whole.broken, whole.states.includes(scenario.ends ?? 'done')], [[], true], scenario.name)
      const some = (await everyFaultOf(scenario.name)).filter((_, at) => at % EACH === 0)
      for (const { seed, faults } of some) {
        const { broken } = await simulate({ seed, scenario, faults, database, from: snapshot })
        t.deepEqual(broken, [], `${scenario.name} ${JSON.stringify(faults)}`)
      }
    }
  })
}
