// A command on many things: one line of result each, and an exit code that tells all from some from none.
import type { World } from './answer.ts'
import { ApiRefusal } from './api/client.ts'
import { inBatches } from './batches.ts'
import { text, words } from './columns.ts'
import { CommandFailure } from './failure.ts'
import { type OutputFormat, type Report, render } from './output/output.ts'
import type { Selected } from './selecting.ts'

export interface Outcome {
  readonly name: string
  readonly result: 'done' | 'refused' | 'missing'
  /** What it is now, or why it was refused. */
  readonly detail: string
}

/** Does it to each of the selected, whatever becomes of the others. Rejects unless all was done. */
export async function doToEach<Item>(
  { items, missing }: Selected<Item>,
  noun: string,
  nameOf: (item: Item) => string,
  act: (item: Item) => Promise<string>,
  { world, output }: { readonly world: Pick<World, 'out'>; readonly output: OutputFormat },
): Promise<void> {
  if (items.length === 0 && missing.length === 0) throw new CommandFailure(`the selector leaves no ${noun}`, 4)
  const done = await inBatches(items, async (item): Promise<Outcome> => {
    try {
      return { name: nameOf(item), result: 'done', detail: await act(item) }
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.status === 401) throw error
      return { name: nameOf(item), result: 'refused', detail: error.message }
    }
  })
  const outcomes = [...done, ...missing.map((name): Outcome => ({ name, result: 'missing', detail: `no ${noun} is called so` }))]
  world.out.write(render(outcomesReport(outcomes, noun), output, world.out))
  const good = outcomes.filter(({ result }) => result === 'done').length
  if (good === outcomes.length) return
  if (good > 0) throw new CommandFailure(`done for ${good} of ${outcomes.length}`, 3)
  throw new CommandFailure(outcomes.length === 1 ? 'nothing was done' : `nothing was done for any of ${outcomes.length}`)
}

function outcomesReport(outcomes: readonly Outcome[], noun: string): Report {
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
          text('result', 'RESULT', { tone: (value) => (value === 'done' ? 'good' : 'bad') }),
          words('detail', 'NOW'),
        ],
        rows: outcomes.map(({ name, result, detail }) => ({ name, result, detail })),
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
