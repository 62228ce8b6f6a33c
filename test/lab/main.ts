// `npm run lab`: image, rack, appliance, power, and the table of where the seconds went.

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { execa } from 'execa'
import { applianceConfig, startAppliance } from './appliance.ts'
import { attachConsole } from './attach.ts'
import { runIpmitool } from './bmc.ts'
import { type Boot, diagnosisOf, isUp } from './boots.ts'
import { lastLines } from './console.ts'
import { openDisplay } from './display.ts'
import { openDoor } from './door.ts'
import { dataFolder, KEY_FILE, runtimeFolder } from './folders.ts'
import { BootsFailed, bootOf } from './follow.ts'
import { readySmallDisk } from './guest/disk.ts'
import { showGuests } from './guest/show.ts'
import { borrowImage, buildImage, needsBuild } from './image.ts'
import { type Laps, lapsText, newLaps } from './laps.ts'
import { askPower } from './node.ts'
import { commandLine, MANAGER, type Operator, signIn } from './operator.ts'
import { type BootOptions, parseLabCommand } from './options.ts'
import { bridgeSecondNic, waitConnected, waitReported, waitState } from './pool.ts'
import { type Rack, rackData, startRack } from './rack.ts'
import { findLab, findSession, writeSession } from './session.ts'
import { startFrom } from './snapshot/open.ts'
import { points } from './snapshot/points.ts'
import { ensureKey, quote, sshArguments } from './ssh.ts'
import { bootTable, failureText, keepHelp, openingText } from './table.ts'
import { startTarget, type Target } from './target.ts'

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

const MANAGER_MS = 60_000

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
    case 'resume':
      return resumeRack(command.keep)
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
    case 'hostless': {
      const { namespace } = await findLab()
      const argv = commandLine(runtimeFolder(namespace), command.argv, process.stdout.columns || 120)
      const { exitCode } = await execa('ip', ['netns', 'exec', namespace, ...argv], { stdio: 'inherit', reject: false })
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
  const laps = newLaps(Date.now())
  if (build) await buildImage(options.suite, stopping.signal)
  const disk = await readySmallDisk(stopping.signal)
  laps.done('image', Date.now())

  // Only the first has a second NIC: so the matrix has a network that not all hosts reach.
  const specs = Array.from({ length: options.nodes }, (_, index) => (index === 0 ? { nics: 2 } : {}))
  rack = await startRack({ nodes: specs, firmware: options.firmware, say })
  const image = await borrowImage(options.image.kind === 'folder' ? options.image.folder : dataFolder(options.suite), rackData(rack.folder))
  const boot = { image: image.name, root: options.root, enrol: 'approve' }
  const target = await startTarget(rack)
  const appliance = await startAppliance(rack, applianceConfig(rack.nodes, image.dataDir, { boot, manager: MANAGER }))
  await writeSession(rack)
  laps.done('rack and appliance', Date.now())
  say(`The appliance is ready; its log: ${appliance.logFile}`)
  const operator = await signIn(rack, image.dataDir, randomBytes(12).toString('base64url'), MANAGER_MS)
  say(`The manager is ready at ${operator.url}`)
  laps.done('manager', Date.now())

  const names = rack.nodes.map((node) => node.name)
  await Promise.all(rack.nodes.map((node) => node.power('on')))
  say(`Powered on by IPMI: ${names.join(', ')}`)
  const boots = await watchBoots(appliance, rack)
  laps.done('power-on to up', Date.now())
  say(bootTable(boots))
  await explainFailures(boots, rack)
  if (boots.every(isUp)) {
    await showPool(operator, target, rack, laps)
    await showGuests({ rack, operator, disk, laps, say, type: (...argv) => type(operator, ...argv) })
  }
  say(`\n${lapsText(laps.all)}`)
  if (options.keep) await stay(rack, operator)
  await rack.close()
  return boots.every(isUp) ? 0 : 1
}

async function resumeRack(keep: boolean): Promise<number> {
  const laps = newLaps(Date.now())
  const { bed, operator } = await startFrom(points.twoApproved, say)
  rack = bed.rack
  await writeSession(rack)
  laps.done('two approved hosts', Date.now())
  await type(operator, 'host', 'list')
  say(`\n${lapsText(laps.all)}`)
  if (keep) await stay(rack, operator)
  await rack.close()
  return 0
}

/** Rejects when it is told to end. */
async function stay(of: Rack, { user, password }: Operator): Promise<void> {
  const page = `https://127.0.0.1:${await openDoor(of)}`
  const names = of.nodes.map((node) => node.name)
  say(`\n${keepHelp(names, { page, user, password })}`)
  await new Promise((_, reject) => stopping.signal.addEventListener('abort', reject))
}

async function type(operator: Operator, ...argv: readonly string[]): Promise<void> {
  say(`\n$ hostless ${argv.map(quote).join(' ')}`)
  const { stdout, stderr, exitCode } = await operator.hostless(...argv)
  // As on a terminal: what is said on the way stands before the answer.
  say(
    [stderr, stdout]
      .map((text) => text.trimEnd())
      .filter(Boolean)
      .join('\n'),
  )
  if (exitCode !== 0) throw new Error(`hostless ${argv.join(' ')} ended with exit code ${exitCode}`)
}

/** What an operator types from here on, with what it answers. */
async function showPool(operator: Operator, target: Target, { nodes }: Rack, laps: Laps): Promise<void> {
  const names = nodes.map((node) => node.name)
  await waitReported(operator, names)
  laps.done('first reports', Date.now())
  await type(operator, 'host', 'list')
  await type(operator, 'host', 'approve', '*')
  await waitState(operator, names, 'up')
  laps.done('approved', Date.now())
  await Promise.all(nodes.filter(({ plan }) => plan.nics.length > 1).map(bridgeSecondNic))
  await type(operator, 'storage', 'connect', 'iscsi', target.portal)
  await waitConnected(operator, names, target)
  laps.done('one LUN on all', Date.now())
  await type(operator, 'hostlist')
  await type(operator, 'matrix')
  laps.done('shown', Date.now())
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
