import test from 'ava'
import { type Explored, exploreSeeds, replay, replayOf, sayFound, shortest } from './explore.ts'
import { FOUND } from './found.ts'

/** `npm run seeds` has all of them. */
const SEEDS = 10_000
const EACH = 25

const said = async ({ found }: Explored): Promise<string> => {
  const lines: string[] = []
  for (const one of found.slice(0, 3)) lines.push(sayFound(await shortest(one)))
  return lines.join('\n')
}

for (const { what, replay: given } of FOUND) {
  test.serial(`found before: ${what}`, async (t) => {
    t.deepEqual((await replay(given)).broken, [])
  })
}

test.serial(`each ${EACH}th of ${SEEDS} seeds: what must hold holds, whatever goes wrong`, async (t) => {
  const explored = await exploreSeeds(Array.from({ length: SEEDS / EACH }, (_, at) => 1 + at * EACH))
  t.is(explored.runs, SEEDS / EACH)
  t.is(await said(explored), '')
  for (const state of ['done', 'failed', 'aborted']) t.true((explored.states.get(state) ?? 0) > 20, `${state} is seen`)
})

test.serial('the same seed gives the same run', async (t) => {
  const given = await replayOf(9001)
  const [one, other] = [await replay(given), await replay(given)]
  t.deepEqual([one.commits, one.commands, one.requests, one.lasts], [other.commits, other.commands, other.requests, other.lasts])
  t.deepEqual(one.end.rows, other.end.rows)
})
