// `npm run lab`: image, rack, appliance, power, and the table of where the seconds went.

import { existsSync } from 'node:fs'
import { execa } from 'execa'
import { applianceConfig, startAppliance } from './appliance.ts'
import { attachConsole } from './attach.ts'
import { runIpmitool } from './bmc.ts'
import { type Boot, diagnosisOf, isUp } from './boots.ts'
import { lastLines } from './console.ts'
import { openDisplay } from './display.ts'
import { dataFolder, KEY_FILE } from './folders.ts'
import { BootsFailed, bootOf } from './follow.ts'
import { borrowImage, buildImage, needsBuild } from './image.ts'
import { askPower } from './node.ts'
import { type BootOptions, parseLabCommand } from './options.ts'
import { type Rack, rackData, startRack } from './rack.ts'
import { findSession, writeSession } from './session.ts'
import { ensureKey, sshArguments } from './ssh.ts'
import { bootTable, failureText, keepHelp, openingText } from './table.ts'

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

const say = (text: string) => process.stdout.write(`${text}\n`)

const stopping = new AbortController()
let rack: Rack | undefined

async function main(): Promise<number> {
  const command = parseLabCommand(process.argv.slice(2))
  if (command.kind === 'help') {
    say(command.text)
    return 0
  }
  if (command.kind === 'refused') throw new Error(command.reason)
  if (process.getuid?.() !== 0) {
    throw new Error('the lab needs root, for its network namespace, bridge and taps: sudo npm run lab')
  }
  switch (command.kind) {
    case 'boot':
      return bootRack(command.options)
    case 'console': {
      const { session, node } = await findSession(command.node)
      await attachConsole(node, () => existsSync(`/proc/${session.pid}`), say)
      return 0
    }
    case 'ssh': {
      const { session, node } = await findSession(command.node)
      const argv = ['netns', 'exec', session.namespace, ...sshArguments(session.keyFile, node.address, command.argv)]
      const { exitCode } = await execa('ip', argv, { stdio: 'inherit', reject: false })
      return exitCode ?? 1
    }
    case 'power': {
      const { session, node } = await findSession(command.node)
      if (command.action !== 'status') await runIpmitool(session, node.bmcAddress, ['chassis', 'power', command.action])
      say(`${node.name} is ${await askPower(session, node.bmcAddress)}`)
      return 0
    }
  }
}

async function bootRack(options: BootOptions): Promise<number> {
  await ensureKey(KEY_FILE)
  const build = options.image.kind === 'rebuild' || (options.image.kind === 'cached' && (await needsBuild(options.suite)))
  say(openingText(options, build))
  if (build) await buildImage(options.suite, stopping.signal)

  rack = await startRack({ nodes: options.nodes, firmware: options.firmware })
  const image = await borrowImage(options.image.kind === 'folder' ? options.image.folder : dataFolder(options.suite), rackData(rack.folder))
  const boot = { image: image.name, root: options.root, enrol: 'auto' }
  const appliance = await startAppliance(rack, applianceConfig(rack.nodes, image.dataDir, { boot }))
  await writeSession(rack)
  say(`The appliance is ready; its log: ${appliance.logFile}`)

  const names = rack.nodes.map((node) => node.name)
  await Promise.all(rack.nodes.map((node) => node.power('on')))
  say(`Powered on by IPMI: ${names.join(', ')}`)
  const boots = await watchBoots(appliance, rack)
  say(bootTable(boots))
  await explainFailures(boots, rack)
  if (options.keep) {
    say(keepHelp(names))
    await new Promise((_, reject) => stopping.signal.addEventListener('abort', reject))
  }
  await rack.close()
  return boots.every(isUp) ? 0 : 1
}

/** Emulated servers share the computer's cores, so each one more gives all of them more time. */
async function watchBoots(appliance: Awaited<ReturnType<typeof startAppliance>>, { nodes }: Rack): Promise<readonly Boot[]> {
  const display = openDisplay(nodes.map(bootOf), process.stdout)
  const names = nodes.map((node) => node.name)
  try {
    return await appliance.waitUp(names, (240 + 60 * names.length) * 1000, display.update)
  } catch (error) {
    if (error instanceof BootsFailed) return error.boots
    throw error
  } finally {
    display.close()
  }
}

async function explainFailures(boots: readonly Boot[], { node }: Rack): Promise<void> {
  for (const boot of boots.filter((candidate) => !isUp(candidate))) {
    const { plan, consoleText } = node(boot.name)
    say(failureText(boot.name, diagnosisOf(boot), lastLines(await consoleText(), 15), plan.consoleLog))
  }
}

/** A second signal does not wait: the rack's guard takes it down all the same. */
function endOn(signal: keyof typeof SIGNALS): void {
  process.once(signal, () => {
    if (rack) say('\nTaking the rack down …')
    stopping.abort()
    const done = () => process.exit(SIGNALS[signal])
    Promise.resolve(rack?.close()).then(done, done)
  })
}

for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) endOn(signal)
try {
  process.exitCode = await main()
} catch (error) {
  if (!stopping.signal.aborted) {
    process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
    await rack?.close()
  }
}
