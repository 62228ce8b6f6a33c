// `npm run bench`: measures the chosen benchmarks, prints their tables, and keeps the numbers in .lab/bench.jsonl.

import { BOOT_NOTES, runBoot } from './boot.ts'
import { describeFacts, type MachineFacts, machineFacts } from './facts.ts'
import { LEDGER, writeLedger } from './ledger.ts'
import { MANAGER_NOTES, MANAGER_PEER, missingDescriptors, runManager } from './manager.ts'
import { MICRO_BENCHES, runMicro } from './micro.ts'
import { type ApplianceBench, type BenchOptions, isOfAppliance, parseBenchCommand } from './options.ts'
import { PLAIN_BENCHES, type PlainBench } from './plain.ts'
import { stormBench } from './storm/storm.ts'
import { Teardown } from './teardown.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

const say = (text: string) => void process.stdout.write(`${text}\n`)

const stopping = new AbortController()
const teardown = new Teardown()

async function main(): Promise<void> {
  const command = parseBenchCommand(process.argv.slice(2))
  if (command.kind === 'help') return say(command.text)
  if (command.kind === 'refused') throw new Error(command.reason)
  const { options } = command
  const ofAppliance = options.benches.filter(isOfAppliance)
  const ofRoot = PLAIN_BENCHES.some(({ name, as }) => as === 'root' && options.benches.includes(name))
  if ((ofAppliance.length > 0 || ofRoot) && process.getuid?.() !== 0) {
    throw new Error('these benchmarks need root, for network namespaces and the peers: sudo npm run bench')
  }
  const facts = await machineFacts()
  say(describeFacts(facts))
  for (const bench of PLAIN_BENCHES) if (options.benches.includes(bench.name)) await runPlain(bench, options, facts)
  if (options.benches.includes('manager')) await benchManager(options, facts)
  if (ofAppliance.length > 0) {
    const work = await openWorkspace(options.image, { signal: stopping.signal, teardown, say })
    for (const name of ofAppliance) await runBench(name, options, facts, work)
  }
  say(`\nKept in ${LEDGER}`)
}

async function runPlain({ name, title, notes, missing, run }: PlainBench, options: BenchOptions, machine: MachineFacts): Promise<void> {
  const lacking = await missing?.()
  if (lacking !== undefined) return say(`\n${name}: skipped. ${lacking}`)
  say(`\n${title}${mediansText(options)}.`)
  const { runs, table } = await run(options, teardown, say)
  say(table)
  explain(notes, options)
  await writeLedger({ bench: name, machine, result: { runs } })
}

async function benchManager(options: BenchOptions, machine: MachineFacts): Promise<void> {
  const missing = missingDescriptors(options.hosts)
  if (missing !== undefined) return say(`\nmanager: skipped. ${missing}`)
  say(`\nThe manager, with SQLite, under its hosts${mediansText(options)}.`)
  const runs = await runManager(options, teardown, say)
  explain(MANAGER_NOTES, options)
  await writeLedger({ bench: 'manager', machine, generation: 'none', result: { peer: MANAGER_PEER, runs } })
}

function mediansText({ runs }: BenchOptions): string {
  return runs > 1 ? `, medians of ${runs} runs` : ''
}

async function runBench(name: ApplianceBench, options: BenchOptions, machine: MachineFacts, work: Workspace): Promise<void> {
  const medians = mediansText(options)
  if (name === 'boot') {
    say(`\nPower-on to dom0 up, seconds a stage${medians}. Generation ${work.generation}.`)
    const { runs, table } = await runBoot(work, options, teardown, say)
    say(table)
    explain(BOOT_NOTES, options)
    await writeLedger({ bench: name, machine, generation: work.generation, result: { runs } })
    return
  }
  const bench = name === 'storm' ? stormBench({ machines: options.machines, teardown, say }) : MICRO_BENCHES[name]
  const missing = await bench.missing()
  if (missing !== undefined) return say(`\n${name}: skipped. ${missing}`)
  say(`\n${bench.title}${medians}.`)
  const { runs, table } = await runMicro(bench, work, options, teardown)
  say(table)
  explain(bench.notes, options)
  await writeLedger({ bench: name, machine, generation: work.generation, result: { peer: bench.peer, runs } })
}

function explain(notes: readonly string[], { sides }: BenchOptions): void {
  const ratio = sides.length > 1 ? ['Ratio: above 1 ours does better.'] : []
  say([...ratio, ...notes].map((note) => `  ${note}`).join('\n'))
}

/** A second signal does not wait: the guards take everything down all the same. */
function endOn(signal: keyof typeof SIGNALS): void {
  process.once(signal, () => {
    say('\nTaking everything down …')
    stopping.abort()
    const done = () => process.exit(SIGNALS[signal])
    teardown.all().then(done, done)
  })
}

for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) endOn(signal)
try {
  await main()
} catch (error) {
  if (!stopping.signal.aborted) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
} finally {
  if (!stopping.signal.aborted) await teardown.all()
}
