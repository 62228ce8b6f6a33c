// One side of the benchmark of deltas, in a network namespace of its own, whose cables it pulls. Ours: the real agent on this machine,
// its connection, and a whole manager, until the pool has heard. The floor: the line of a bare `ip monitor`. Prints a JSON object.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { execa } from 'execa'
import { followProgram, machineBackend, machineClock } from '../../images/agent/exec.ts'
import { startAgent } from '../../images/agent/main.ts'
import { startManager } from '../../manager/main.ts'
import type { Inventory } from '../../manager/protocol/inventory.ts'
import { collectingLog } from '../appliance/wire/collecting-log.ts'
import { keysOf, macOf, pushBoot } from '../manager/site.ts'
import type { DeltaTimes } from './delta.ts'

const EVENTS = 10
/** Milliseconds: changes that follow each other closely are read together, and later. */
const REST = 2500
const PATIENCE = 30_000

interface Change {
  /** Arguments of `ip`; `number` counts from 1. */
  readonly argv: (number: number) => readonly string[]
  readonly isKnown: (inventory: Inventory, number: number) => boolean
  /** Of `ip -oneline monitor`. */
  readonly line: (number: number) => RegExp
}

const isPulled = (number: number): boolean => number % 2 === 1

const CHANGES: { readonly [Name in keyof DeltaTimes]: Change } = {
  cable: {
    argv: (number) => ['link', 'set', 'far0', isPulled(number) ? 'down' : 'up'],
    isKnown: ({ bridges }, number) => bridges.find(({ name }) => name === 'br0')?.ports[0]?.link === (isPulled(number) ? 'down' : 'up'),
    line: (number) => (isPulled(number) ? /near0.* state (DOWN|LOWERLAYERDOWN)/ : /near0.* state UP/),
  },
  address: {
    argv: (number) => ['address', 'add', `192.0.2.${number}/32`, 'dev', 'br0'],
    isKnown: ({ addresses }, number) => addresses.some(({ address }) => address === `192.0.2.${number}`),
    line: (number) => new RegExp(`192\\.0\\.2\\.${number}/32`),
  },
  bridge: {
    argv: (number) => ['link', 'add', `guests${number}`, 'type', 'bridge'],
    isKnown: ({ bridges }, number) => bridges.some(({ name }) => name === `guests${number}`),
    line: (number) => new RegExp(` guests${number}: `),
  },
}

/** Resolves at the moment when what was changed is known. */
type Heard = (change: Change, number: number) => Promise<void>

async function measure(heard: Heard): Promise<DeltaTimes> {
  const times: { [Name in keyof DeltaTimes]: number[] } = { cable: [], address: [], bridge: [] }
  for (let number = 1; number <= EVENTS; number += 1) {
    for (const [name, change] of Object.entries(CHANGES) as [keyof DeltaTimes, Change][]) {
      await delay(REST)
      const known = heard(change, number)
      const started = performance.now()
      await execa('ip', change.argv(number))
      await Promise.race([
        known,
        delay(PATIENCE).then(() => Promise.reject(new Error(`nobody has heard of ${change.argv(number).join(' ')}`))),
      ])
      times[name].push(performance.now() - started)
    }
  }
  return times
}

async function measureOurs(): Promise<DeltaTimes> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hl-delta-'))
  const { log } = collectingLog()
  const listen = { address: '127.0.0.1', port: 0 }
  const manager = await startManager({ dataDir, database: 'sqlite', listen, enrol: 'auto', names: new Map() }, log)
  const keys = await keysOf(dataDir, manager.gateway.port)
  const agent = await startAgent({
    host: { backend: machineBackend(), follow: followProgram, clock: machineClock },
    agent: 'bench',
    sampleSeconds: 5,
    boot: await pushBoot(keys, macOf(1)),
    findManager: async () => keys.address,
    log,
  })
  const { pool } = manager
  try {
    return await measure(async (change, number) => {
      let stop: () => void = () => undefined
      await new Promise<void>((resolve) => {
        stop = pool.subscribe(async (news) => {
          const inventory = news.kind === 'inventory' ? await pool.inventory(news.host) : undefined
          if (inventory && change.isKnown(inventory, number)) resolve()
        })
      })
      stop()
    })
  } finally {
    await agent.close()
    await manager.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function measureFloor(): Promise<DeltaTimes> {
  const monitor = spawn('ip', ['-oneline', 'monitor', 'link', 'address'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface(monitor.stdout)
  try {
    return await measure(
      (change, number) =>
        new Promise((resolve) => {
          const look = (line: string): void => {
            if (!change.line(number).test(line)) return
            lines.off('line', look)
            resolve()
          }
          lines.on('line', look)
        }),
    )
  } finally {
    monitor.kill()
    await once(monitor, 'exit')
  }
}

await execa('ip', ['-batch', '-'], {
  input: [
    'link set lo up',
    'link add br0 type bridge',
    'link add near0 type veth peer name far0',
    'link set near0 master br0 up',
    'link set far0 up',
    'link set br0 up',
  ].join('\n'),
})
process.stdout.write(JSON.stringify(process.argv[2] === 'ours' ? await measureOurs() : await measureFloor()))
process.exit(0)
