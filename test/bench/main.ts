// `npm run bench`: measures the chosen benchmarks, prints their tables, and keeps the numbers in .lab/bench.jsonl.

import { AUTOMATION_NOTES, AUTOMATION_TITLE, runAutomation } from './automation.ts'
import { BOOT_NOTES, runBoot } from './boot.ts'
import { DELTA_NOTES, DELTA_TITLE, runDelta } from './delta.ts'
import { DEPLOY_NOTES, DEPLOY_TITLE, runDeploy } from './deploy.ts'
import { describeFacts, type MachineFacts, machineFacts } from './facts.ts'
import { LEDGER, writeLedger } from './ledger.ts'
import { MANAGER_NOTES, MANAGER_PEER, missingDescriptors, runManager } from './manager.ts'
import { MICRO_BENCHES, runMicro } from './micro.ts'
import { type ApplianceBench, type BenchOptions, isOfAppliance, parseBenchCommand } from './options.ts'
import { missingForPage, PAGE_NOTES, PAGE_TITLE, runPage } from './page.ts'
import { missingForPlacement, PLACEMENT_NOTES, PLACEMENT_TITLE, runPlacement } from './placement.ts'
import { RELAY_NOTES, RELAY_TITLE, runRelayBench } from './relay.ts'
import { Teardown } from './teardown.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

const say = (text: string) => void process.stdout.write(`${text}\n`)

const NEED_ROOT = ['delta', 'deploy'] as const

const stopping = new AbortController()
const teardown = new Teardown()

async function main(): Promise<void> {
  const command = parseBenchCommand(process.argv.slice(2))
  if (command.kind === 'help') return say(command.text)
  if (command.kind === 'refused') throw new Error(command.reason)
  const { options } = command
  const ofAppliance = options.benches.filter(isOfAppliance)
  if ((ofAppliance.length > 0 || NEED_ROOT.some((name) => options.benches.includes(name))) && process.getuid?.() !== 0) {
    throw new Error('these benchmarks need root, for network namespaces and the peers: sudo npm run bench')
  }
  const facts = await machineFacts()
  say(describeFacts(facts))
  if (options.benches.includes('delta')) await benchDelta(options, facts)
  if (options.benches.includes('page')) await benchPage(options, facts)
  if (options.benches.includes('placement')) await benchPlacement(options, facts)
  if (options.benches.includes('automation')) await benchAutomation(options, facts)
  if (options.benches.includes('relay')) await benchRelay(options, facts)
  if (options.benches.includes('manager')) await benchManager(options, facts)
  if (options.benches.includes('deploy')) await benchDeploy(options, facts)
  if (ofAppliance.length > 0) {
    const work = await openWorkspace(options.image, { signal: stopping.signal, teardown, say })
    for (const name of ofAppliance) await runBench(name, options, facts, work)
  }
  say(`\nKept in ${LEDGER}`)
}

async function benchDelta(options: BenchOptions, machine: MachineFacts): Promise<void> {
  say(`\n${DELTA_TITLE}${mediansText(options)}.`)
  const { runs, table } = await runDelta(options)
  say(table)
  explain(DELTA_NOTES, options)
  await writeLedger({ bench: 'delta', machine, result: { runs } })
}

async function benchPage(options: BenchOptions, machine: MachineFacts): Promise<void> {
  const missing = await missingForPage()
  if (missing !== undefined) return say(`\npage: skipped. ${missing}`)
  say(`\n${PAGE_TITLE}${mediansText(options)}.`)
  const { runs, table } = await runPage(options)
  say(table)
  explain(PAGE_NOTES, options)
  await writeLedger({ bench: 'page', machine, result: { runs } })
}

async function benchPlacement(options: BenchOptions, machine: MachineFacts): Promise<void> {
  const missing = await missingForPlacement()
  if (missing !== undefined) return say(`\nplacement: skipped. ${missing}`)
  say(`\n${PLACEMENT_TITLE}${mediansText(options)}.`)
  const { runs, table } = await runPlacement(options)
  say(table)
  explain(PLACEMENT_NOTES, options)
  await writeLedger({ bench: 'placement', machine, result: { runs } })
}

async function benchAutomation(options: BenchOptions, machine: MachineFacts): Promise<void> {
  say(`\n${AUTOMATION_TITLE}${mediansText(options)}.`)
  const { runs, table } = await runAutomation(options)
  say(table)
  explain(AUTOMATION_NOTES, options)
  await writeLedger({ bench: 'automation', machine, result: { runs } })
}

async function benchRelay(options: BenchOptions, machine: MachineFacts): Promise<void> {
  say(`\n${RELAY_TITLE}${mediansText(options)}.`)
  const { runs, table } = await runRelayBench(options)
  say(table)
  explain(RELAY_NOTES, options)
  await writeLedger({ bench: 'relay', machine, result: { runs } })
}

async function benchDeploy(options: BenchOptions, machine: MachineFacts): Promise<void> {
  say(`\n${DEPLOY_TITLE}${mediansText(options)}.`)
  const { runs, table } = await runDeploy(options, teardown, say)
  say(table)
  explain(DEPLOY_NOTES, options)
  await writeLedger({ bench: 'deploy', machine, result: { runs } })
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
  const bench = MICRO_BENCHES[name]
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
