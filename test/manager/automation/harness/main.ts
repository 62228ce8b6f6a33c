// `npm run seeds`: so many seeds of the harness, from one on. Says what breaks, and how long it took.
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { everyFault, exploreFaults, exploreSeeds, measure, sayFound } from './engine/explore.ts'

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '10000' }, from: { type: 'string', default: '1' } } })
const started = performance.now()
const faults = await exploreFaults(everyFault(await measure()))
const seeds = await exploreSeeds(Number(values.from), Number(values.seeds))
for (const found of [...faults.found, ...seeds.found].slice(0, 10)) process.stdout.write(`${sayFound(found)}\n`)
const states = [...seeds.states].map(([state, times]) => `${state} ${times}`).join(', ')
const seconds = ((performance.now() - started) / 1000).toFixed(1)
process.stdout.write(
  `${faults.runs} single faults, ${seeds.runs} seeds from ${values.from} on, ${faults.found.length + seeds.found.length} broken, ${seconds} s; automations: ${states}\n`,
)
if (faults.found.length + seeds.found.length > 0) process.exitCode = 1
