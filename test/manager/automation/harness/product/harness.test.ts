import test from 'ava'
import { type Explored, everyFaultOf, explore, exploreSeeds, replay, sayFound, shortest } from './explore.ts'
import { FOUND } from './found.ts'

/** `npm run seeds` has 10,000, and every fault by itself in all scenarios. */
const SEEDS = 400

const said = async ({ found }: Explored): Promise<string> =>
  (await Promise.all(found.slice(0, 3).map(async (one) => sayFound(await shortest(one))))).join('\n')

for (const { what, replay: given } of FOUND) {
  test.serial(`found before: ${what}`, async (t) => {
    t.deepEqual((await replay(given)).broken, [])
  })
}

for (const name of ['start', 'stop', 'reboot'] as const) {
  test.serial(
    `${name}: every request, command and commit failed, hung, repeated, late and lost, by itself: what must hold holds`,
    async (t) => {
      const explored = await explore(await everyFaultOf(name))
      t.true(explored.runs > 50)
      t.is(await said(explored), '')
      for (const state of ['done', 'failed']) t.true((explored.states.get(state) ?? 0) > 3, `${state} is seen`)
    },
  )
}

test.serial(`${SEEDS} seeds of several faults at once: what must hold holds`, async (t) => {
  const explored = await exploreSeeds(1, SEEDS)
  t.is(explored.runs, SEEDS)
  t.is(await said(explored), '')
  for (const state of ['done', 'failed', 'aborted']) t.true((explored.states.get(state) ?? 0) > 20, `${state} is seen`)
})
