// A command on many things: one line of result each, and an exit code that tells all from some from none.
import type { World } from './answer.ts'
import { ApiRefusal } from './api/client.ts'
import { inBatches } from './batches.ts'
import { id, text, words } from './columns.ts'
import { CommandFailure } from './failure.ts'
import { type OutputFormat, type Report, render } from './output/output.ts'
import type { Selected } from './selecting.ts'

export interface Outcome {
  readonly name: string
  /** `failed`: it was begun, and has come to no good end; `started`: nobody waits for its end. */
  readonly result: 'done' | 'started' | 'failed' | 'refused' | 'missing'
  /** What it is now, or why it was refused. */
  readonly detail: string
  /** That does it; where one does. */
  readonly automation?: string
}

/** Does it to each of the selected, whatever becomes of the others. Rejects unless all was done. */
export async function doToEach<Item>(
  { items, missing }: Selected<Item>,
  noun: string,
  nameOf: (item: Item) => string,
  act: (item: Item) => Promise<string>,
  { world, output }: { readonly world: Pick<World, 'out'>; readonly output: OutputFormat },
): Promise<void> {
  const outcomes = await tryEach(
    { items, missing },
    noun,
    nameOf,
    async (item): Promise<Outcome> => ({
      ...{ name: nameOf(item), result: 'done', detail: await act(item) },
    }),
  )
  tellOutcomes(outcomes, noun, { world, output })
}

/** What becomes of each: a refusal is one, too. */
export async function tryEach<Item>(
  { items, missing }: Selected<Item>,
  noun: string,
  nameOf: (item: Item) => string,
  act: (item: Item) => Promise<Outcome>,
): Promise<readonly Outcome[]> {
  if (items.length === 0 && missing.length === 0) throw new CommandFailure(`the selector leaves no ${noun}`, 4)
  const done = await inBatches(items, async (item): Promise<Outcome> => {
    try {
      return await act(item)
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.status === 401) throw error
      return { name: nameOf(item), result: 'refused', detail: error.message }
    }
  })
  return [...done, ...missing.map((name): Outcome => ({ name, result: 'missing', detail: `no ${noun} is called so` }))]
}

/** A line each. Throws unless all is well. */
export function tellOutcomes(
  outcomes: readonly Outcome[],
  noun: string,
  { world, output }: { readonly world: Pick<World, 'out'>; readonly output: OutputFormat },
): void {
  world.out.write(render(outcomesReport(outcomes, noun), output, world.out))
  const good = outcomes.filter(({ result }) => result === 'done' || result === 'started').length
  if (good === outcomes.length) return
  if (good > 0) throw new CommandFailure(`done for ${good} of ${outcomes.length}`, 3)
  if (outcomes.every(({ result }) => result === 'failed')) {
    throw new CommandFailure(outcomes.length === 1 ? 'it was begun, and failed' : `begun for ${outcomes.length}, and failed for each`)
  }
  throw new CommandFailure(outcomes.length === 1 ? 'nothing was done' : `nothing was done for any of ${outcomes.length}`)
}

function outcomesReport(outcomes: readonly Outcome[], noun: string): Report {
  const isAutomated = outcomes.some(({ automation }) => automation !== undefined)
  return {
    name: 'results',
    sections: [
      {
        name: 'results',
        item: 'result',
        title: 'Results',
        shape: 'list',
        columns: [
          text('name', noun.toUpperCase()),
          text('result', 'RESULT', { tone: (value) => (value === 'done' || value === 'started' ? 'good' : 'bad') }),
          words('detail', 'NOW'),
          ...(isAutomated ? [id('automation', 'AUTOMATION', { spare: 1 })] : []),
        ],
        rows: outcomes.map(({ name, result, detail, automation = null }) => ({
          name,
          result,
          detail,
          ...(isAutomated ? { automation } : {}),
        })),
        empty: '',
      },
    ],
  }
}

/** Of what cannot be taken back. Rejects unless somebody says yes, or has said so by --yes. */
export async function confirm(question: string, yes: true | undefined, { prompt }: Pick<World, 'prompt'>): Promise<void> {
  if (yes) return
  const answer = await prompt.ask(`${question} [yes/no] `)
  if (answer === undefined) throw new CommandFailure(`${question} Nobody is there to say so: add --yes`, 2)
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailure('nothing was done')
}
