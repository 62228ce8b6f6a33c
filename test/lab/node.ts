// A node of the rack as a test or an operator handles it: its power by IPMI, its console, SSH into its dom0.

import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type BmcAccess, POWER_ACTIONS, type PowerAction, powerState, runIpmitool } from './bmc.ts'
import { readConsole, waitForText } from './console.ts'
import { runtimeFolder } from './folders.ts'
import type { Machine, MachineStats } from './machine.ts'
import type { Ran } from './namespace.ts'
import type { Pace } from './patience.ts'
import type { NodePlan } from './plan.ts'
import { runSsh, type SshAccess } from './ssh.ts'
import { SshLine } from './ssh-line.ts'

const CYCLE_MS = 30_000

export interface RackNode {
  readonly name: string
  readonly address: string
  readonly mac: string
  readonly plan: NodePlan
  /** The pid of its QEMU; undefined while the power is off. */
  readonly pid: number | undefined
  /** Milliseconds since 1970 of the last power-on or reset. */
  readonly poweredOnAt: number | undefined
  /** By IPMI over LAN. Gives the power state afterwards; `cycle` is off, a second, on. */
  power(action: PowerAction): Promise<'on' | 'off'>
  /** Any other command of ipmitool: `['chassis', 'bootdev', 'pxe']`. Gives what it prints, rejects when the BMC refuses. */
  ipmitool(command: readonly string[]): Promise<string>
  /** What the console has shown since the last power-on or reset, without escape sequences. */
  consoleText(): Promise<string>
  /** Gives the console's text once `pattern` is in it; rejects with its last lines after `deadlineMs`. */
  waitForConsole(pattern: RegExp | string, deadlineMs: number): Promise<string>
  /** As root, retried until there is a connection or `deadlineMs` (default 60,000) is over. A non-zero exit is a result. */
  ssh(argv: readonly string[], options?: { readonly deadlineMs?: number; readonly input?: string }): Promise<Ran>
  /** A command to QEMU's monitor: `set_link nic0 off` pulls the cable of the boot NIC. */
  monitor(command: string): Promise<string>
  stats(): MachineStats | undefined
  /** To save it, and to go on from what was saved. */
  readonly machine: Machine
}

export function createNode(plan: NodePlan, machine: Machine, bmc: BmcAccess, ssh: SshAccess, pace: Pace): RackNode {
  const line = new SshLine(ssh, plan.address, join(runtimeFolder(ssh.namespace), `${plan.name}.ssh`))
  const consoleText = () => readConsole(plan.consoleLog, machine.consoleStart)
  return {
    name: plan.name,
    address: plan.address,
    mac: plan.mac,
    plan,
    get pid() {
      return machine.pid
    },
    get poweredOnAt() {
      return machine.poweredOnAt
    },
    async power(action) {
      const before = machine.poweredOnAt
      if (action !== 'status' && action !== 'on') line.drop()
      if (action !== 'status') await runIpmitool(bmc, plan.bmcAddress, ['chassis', 'power', action])
      if (action === 'cycle') await waitForPowerOn(plan.name, machine, before)
      return askPower(bmc, plan.bmcAddress)
    },
    ipmitool: (command) => runIpmitool(bmc, plan.bmcAddress, command),
    consoleText,
    waitForConsole: (pattern, deadlineMs) => waitForText(consoleText, pattern, pace.allow(deadlineMs), `${plan.name}'s console`),
    ssh: (argv, { deadlineMs = 60_000, ...options } = {}) =>
      runSsh(ssh, plan.address, argv, { ...options, line, deadlineMs: pace.allow(deadlineMs) }),
    monitor: (command) => machine.monitor(command),
    stats: () => machine.stats(),
    machine,
  }
}

/** The BMC answers a power cycle at once and switches on again a second later. */
async function waitForPowerOn(name: string, machine: Machine, before: number | undefined): Promise<void> {
  const until = Date.now() + CYCLE_MS
  while (machine.poweredOnAt === before || machine.pid === undefined) {
    if (Date.now() > until) throw new Error(`${name} did not come on again after a power cycle`)
    await pause(50)
  }
}

/** undefined when the word names no power action. */
export function parsePowerAction(word: string | undefined): PowerAction | undefined {
  return POWER_ACTIONS.find((action) => action === word)
}

export async function askPower(bmc: BmcAccess, bmcAddress: string): Promise<'on' | 'off'> {
  const text = await runIpmitool(bmc, bmcAddress, ['chassis', 'power', 'status'])
  const state = powerState(text)
  if (!state) throw new Error(`the BMC at ${bmcAddress} says no power state: ${text.trim()}`)
  return state
}
