// The engine with a bug planted in it: a copy beside which everything else is as it is, with the harness that is to find it.
import { cpSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export interface Mutant {
  /** What is wrong. */
  readonly name: string
  /** Below manager/automation, without its ending. */
  readonly file: string
  readonly from: RegExp
  readonly to: string
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a step is done before it is written down',
    file: 'live',
    from: /if \(batch && !\(await this\.#write\(batch\)\)\)/,
    to: 'this.#act(); if (batch && !(await this.#write(batch)))',
  },
  {
    name: 'each try of a request has an id of its own',
    file: 'acting/request',
    from: /ask\(effect\.host, this\.#id,/,
    to: 'ask(effect.host, this.#id + this.#pause,',
  },
  {
    name: 'an undo is written down after what it takes back',
    file: 'steps',
    from: /(const of = \(yield \{ kind: 'undo', \.\.\.undo \}\).*)\n\s*(const value = yield\* act;?)/,
    to: '$2\n$1',
  },
  { name: 'the oldest is undone first', file: 'advance', from: /\.findLast\(/, to: '.find(' },
  { name: 'an undo that fails is taken for done', file: 'steps', from: /if \(reason === undefined\)/, to: 'if (true)' },
  { name: 'a lock keeps nobody out', file: 'admission/locks', from: /key === other\.key/, to: 'key === undefined' },
  { name: 'a start that is repeated starts anew', file: 'admission/repeats', from: /if \(!known\)/, to: 'if (true)' },
  { name: 'what a claim writes down is not counted', file: 'live', from: / \+ recorded\.answers\.length/, to: '' },
  { name: 'what runs is left alone after a restart', file: 'runner', from: /await this\.#bring\(record\)/, to: 'await undefined' },
  { name: 'what has failed is not undone', file: 'steps', from: /if \(!isDone\)/, to: 'if (false)' },
  { name: 'losers of any keep what they have made', file: 'steps', from: /if \(!isKept\)(\s*)yield/, to: 'if (false)$1yield' },
  { name: 'an answer on the spot is not heard', file: 'live', from: /else if \(this\.#waiting\.length === 0\)/, to: 'else if (true)' },
  {
    name: 'a step that may be done is not undone',
    file: 'advance',
    from: /this\.#undos\.set\(step,/,
    to: 'if (requests.length > 1) this.#undos.set(step,',
  },
]

export type Harness = Pick<typeof import('./explore.ts'), 'everyFault' | 'exploreFaults' | 'exploreSeeds'>

const ENDING = import.meta.filename.endsWith('.js') ? '.js' : '.ts'
const ROOT = join(import.meta.dirname, '../../../../..')

/** Throws where there is nothing to plant it in. */
export async function plant({ name, file, from, to }: Mutant): Promise<Harness> {
  const folder = mkdtempSync(join(tmpdir(), 'hl-mutant-'))
  const [engine, harness] = ['manager/automation', 'test/manager/automation/harness']
  for (const copied of [engine, harness]) cpSync(join(ROOT, copied), join(folder, copied), { recursive: true, dereference: true })
  for (const other of readdirSync(join(ROOT, 'manager'))) {
    if (other !== 'automation') symlinkSync(join(ROOT, 'manager', other), join(folder, 'manager', other))
  }
  symlinkSync(join(ROOT, 'appliance'), join(folder, 'appliance'))
  const zod = createRequire(import.meta.url).resolve('zod')
  symlinkSync(zod.slice(0, zod.lastIndexOf('/node_modules/') + '/node_modules'.length), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  const path = join(folder, engine, file + ENDING)
  const before = readFileSync(path, 'utf8')
  const after = before.replace(from, to)
  if (after === before) throw new Error(`"${name}" cannot be planted: nothing in ${file} is like ${from}`)
  writeFileSync(path, after)
  return (await import(pathToFileURL(join(folder, harness, 'engine', `explore${ENDING}`)).href)) as Harness
}
