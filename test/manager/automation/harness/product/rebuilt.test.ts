import test from 'ava'
import { poolDatabase } from './database.ts'
import { beginning, everyFaultOf, sizeOf } from './explore.ts'
import { fromHostsAlone } from './rebuilt.ts'
import { SCENARIOS } from './scenarios.ts'
import { simulate } from './simulate.ts'

const SEED = 1
/** Of the faults of each scenario, every so many. */
const EACH = 9
/** Of a run, at which it is left. */
const MOMENTS = 40
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

const MOVES = [
  { name: 'move of what is stopped', of: 'stopped', first: 'a a 1', last: 'b b 2' },
  { name: 'move of what is stopped, its first disk on a LUN', of: 'stopped, first on a LUN', first: 'a a 1', last: 'b b 1,b 2' },
] as const

for (const { name, of, first, last } of MOVES)
  test.serial(
    `whenever a database is deleted, the guest is where its disks are whole, and in the end at its new place alone: ${name}`,
    async (t) => {
      const from = await beginning(of)
      const scenario = SCENARIOS.find((one) => one.name === name)
      if (!scenario) return t.fail()
      const { lasts } = await sizeOf(name)
      const database = await poolDatabase()
      const places: string[] = []
      for (let at = 0; at <= MOMENTS; at += 1) {
        const { end } = await simulate({ seed: SEED, scenario, faults: [], database, from, until: Math.ceil((lasts * at) / MOMENTS) })
        const { rebuilt, refused } = await fromHostsAlone(end)
        const [{ host, disks } = { host: 'none', disks: [] }] = rebuilt.guests
        t.deepEqual([rebuilt.guests.length, rebuilt.unknown, refused], [1, [], []], `${at}`)
        for (const disk of disks) t.is(disk.state, 'ready', `${at}`)
        places.push(`${host} ${[...new Set(disks.map(({ host: on, generation }) => `${on} ${generation}`))].join()}`)
      }
      t.deepEqual([places[0], places.at(-1)], [first, last])
      t.is(places.findIndex((one) => one !== places[0]) > 1, true, 'it was looked at in the middle of it, too')
      const run = await simulate({ seed: SEED, scenario, faults: [], database, from })
      const { snapshot, rebuilt, refused } = await fromHostsAlone(run.end)
      t.deepEqual([rebuilt.unknown, refused], [[], []])
      const kept = run.end.rows.filter(([table]) => /^(guests|guest_disks|claims|networks)$/.test(table))
      t.deepEqual(
        tablesOf(snapshot.rows).filter((line) => !/^automation/.test(line)),
        tablesOf(kept),
      )
    },
  )

for (const from of [...FROM, 'on a LUN', 'stopped on a LUN', 'on a LUN, and not', 'stopped, first on a LUN'] as const)
  test.serial(`a database that is deleted while guests are ${from} is as before, from the hosts alone`, async (t) => {
    const before = await beginning(from)
    const { snapshot, rebuilt, refused } = await fromHostsAlone(before)
    t.is(rebuilt.guests.length, 1)
    t.deepEqual([rebuilt.disagree, rebuilt.unknown, refused], [[], [], []])
    t.deepEqual(tablesOf(snapshot.rows), tablesOf(before.rows))
  })

for (const from of FROM)
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
