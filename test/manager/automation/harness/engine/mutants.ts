// Bugs of the engine that its harness has to find.
import { type Mutant, plant } from '../plant.ts'

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a step is done before it is written down',
    file: 'manager/automation/live',
    from: /if \(batch && !\(await this\.#write\(batch\)\)\)/,
    to: 'this.#act(); if (batch && !(await this.#write(batch)))',
  },
  {
    name: 'each try of a request has an id of its own',
    file: 'manager/automation/acting/request',
    from: /ask\(effect\.host, this\.#id,/,
    to: 'ask(effect.host, this.#id + this.#pause,',
  },
  {
    name: 'an undo is written down after what it takes back',
    file: 'manager/automation/steps',
    from: /(const of = \(yield \{ kind: 'undo', \.\.\.undo \}\).*)\n\s*(const value = yield\* act;?)/,
    to: '$2\n$1',
  },
  { name: 'the oldest is undone first', file: 'manager/automation/undos', from: /\.findLast\(/, to: '.find(' },
  { name: 'an undo that fails is taken for done', file: 'manager/automation/steps', from: /if \(reason === undefined\)/, to: 'if (true)' },
  { name: 'a lock keeps nobody out', file: 'manager/automation/admission/locks', from: /key === other\.key/, to: 'key === undefined' },
  { name: 'a start that is repeated starts anew', file: 'manager/automation/admission/repeats', from: /if \(!known\)/, to: 'if (true)' },
  { name: 'what a claim writes down is not counted', file: 'manager/automation/live', from: / \+ recorded\.answers\.length/, to: '' },
  {
    name: 'what runs is left alone after a restart',
    file: 'manager/automation/runner',
    from: /await this\.#bring\(record\)/,
    to: 'await undefined',
  },
  { name: 'what has failed is not undone', file: 'manager/automation/steps', from: /if \(!isDone\)/, to: 'if (false)' },
  {
    name: 'losers of any keep what they have made',
    file: 'manager/automation/steps',
    from: /if \(!isKept\)(\s*)yield/,
    to: 'if (false)$1yield',
  },
  {
    name: 'an answer on the spot is not heard',
    file: 'manager/automation/live',
    from: /else if \(this\.#waiting\.length === 0\)/,
    to: 'else if (true)',
  },
  {
    name: 'a step that may be done is not undone',
    file: 'manager/automation/undos',
    from: /this\.#open\.set\(step,/,
    to: 'if (requests.length > 1) this.#open.set(step,',
  },
]

export type Harness = Pick<typeof import('./explore.ts'), 'everyFault' | 'exploreFaults' | 'exploreSeeds'>

export async function planted(mutant: Mutant): Promise<Harness> {
  return (await plant(mutant, 'engine/explore')) as Harness
}
