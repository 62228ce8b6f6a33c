import test from 'ava'
import { everyFault, exploreFaults, exploreSeeds, measure, sayFound } from './explore.ts'
import { MUTANTS, planted } from './mutants.ts'

/** `npm run seeds` has 10,000. */
const SEEDS = 300

const said = (explored: Awaited<ReturnType<typeof exploreSeeds>>): string => explored.found.slice(0, 5).map(sayFound).join('\n')

test.serial(
  'every step failed, hung, repeated, answered late and never, its manager killed, followed and its host lost: what must hold holds',
  async (t) => {
    const explored = await exploreFaults(everyFault(await measure()))
    t.true(explored.runs > 400)
    t.is(said(explored), '')
    for (const state of ['done', 'failed', 'aborted']) t.true((explored.states.get(state) ?? 0) > 5, `${state} is seen`)
  },
)

test.serial(`${SEEDS} seeds of several faults at once: what must hold holds`, async (t) => {
  const explored = await exploreSeeds(1, SEEDS)
  t.is(explored.runs, SEEDS)
  t.is(said(explored), '')
})

for (const mutant of MUTANTS) {
  test.serial(`planted and found: ${mutant.name}`, async (t) => {
    const { everyFault: every, exploreFaults: singles, exploreSeeds: seeds } = await planted(mutant)
    const size = { requests: 22, commits: 38 }
    const single = await singles([[], ...every(size)], 1)
    const found = single.found.length > 0 ? single : await seeds(1, SEEDS, 1)
    t.is(found.found.length, 1, 'no run shows it')
    t.log(found.found.map(sayFound).join('\n'))
  })
}
