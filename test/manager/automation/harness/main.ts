// `npm run seeds`: so many seeds over the product's recipes, by as many processes as there are CPUs, and some over the engine alone. Says what
// breaks, with the fewest faults that show it, and how long it took. `--replay JSON`: one run again. `--every NAME`: each fault by itself of
// this scenario.
import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import * as engine from './engine/explore.ts'
import { type Explored, everyFaultOf, explore, exploreSeeds, type Replay, replay, sayFound, shortest } from './product/explore.ts'

const OPTIONS = {
  seeds: { type: 'string', default: '10000' },
  from: { type: 'string', default: '1' },
  engine: { type: 'string', default: '500' },
  replay: { type: 'string' },
  every: { type: 'string' },
  /** Of so many processes this one. */
  part: { type: 'string' },
} as const

/** That are shown of what breaks. */
const SHOWN = 10

const part = z.object({
  said: z.array(z.string()),
  runs: z.number(),
  found: z.number(),
  states: z.array(z.tuple([z.string(), z.number()])),
})
type Part = z.output<typeof part>

const { values } = parseArgs({ options: OPTIONS })
const write = (line: string): void => void process.stdout.write(`${line}\n`)
if (values.replay !== undefined) await again(values.replay)
else if (values.every !== undefined) await every(values.every)
else if (values.part !== undefined) process.send?.(await work(values.part))
else await all()

async function again(json: string): Promise<void> {
  const given = JSON.parse(json) as Replay
  const { broken, states } = await replay(given)
  for (const line of broken) write(line)
  write(`${broken.length} broken; automations: ${states.join(', ')}`)
  if (broken.length > 0) process.exitCode = 1
}

async function every(name: string): Promise<void> {
  const started = performance.now()
  const { runs, found } = await explore(await everyFaultOf(name))
  for (const one of found.slice(0, SHOWN)) write(sayFound(one))
  write(`${name}: ${runs} faults by themselves, ${found.length} broken, ${since(started)}`)
  if (found.length > 0) process.exitCode = 1
}

async function all(): Promise<void> {
  const started = performance.now()
  const parts = await Promise.all(Array.from({ length: availableParallelism() }, (_, at) => partOf(`${at}/${availableParallelism()}`)))
  const [runs, found] = [parts.reduce((sum, one) => sum + one.runs, 0), parts.reduce((sum, one) => sum + one.found, 0)]
  for (const line of parts.flatMap(({ said }) => said).slice(0, SHOWN)) write(line)
  write(`recipes: ${runs} seeds from ${values.from} on, ${found} broken, ${since(started)}; automations: ${sayStates(parts)}`)
  const toys = performance.now()
  const singles = await engine.exploreFaults(engine.everyFault(await engine.measure()))
  const seeds = await engine.exploreSeeds(Number(values.from), Number(values.engine))
  const broken = [...singles.found, ...seeds.found]
  for (const one of broken.slice(0, SHOWN)) write(engine.sayFound(one))
  write(`engine: ${singles.runs + seeds.runs} runs, ${values.engine} of them seeds, ${broken.length} broken, ${since(toys)}`)
  if (found + broken.length > 0) process.exitCode = 1
}

function partOf(which: string): Promise<Part> {
  const child: ChildProcess = fork(import.meta.filename, ['--seeds', values.seeds, '--from', values.from, '--part', which])
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(part.parse(message)))
    child.once('exit', (code) => reject(new Error(`part ${which} has ended with ${code}`)))
  })
}

async function work(which: string): Promise<Part> {
  const [own = 0, parts = 1] = which.split('/').map(Number)
  const seeds = Array.from({ length: Number(values.seeds) }, (_, at) => Number(values.from) + at)
  const explored: Explored = await exploreSeeds(seeds.filter((_, at) => at % parts === own))
  const said: string[] = []
  for (const found of explored.found.slice(0, SHOWN)) said.push(sayFound(await shortest(found)))
  return { said, runs: explored.runs, found: explored.found.length, states: [...explored.states] }
}

function sayStates(parts: readonly Part[]): string {
  const all = new Map<string, number>()
  for (const [state, times] of parts.flatMap(({ states }) => states)) all.set(state, (all.get(state) ?? 0) + times)
  return [...all].map(([state, times]) => `${state} ${times}`).join(', ')
}

function since(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`
}
