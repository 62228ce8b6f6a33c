// The machine behind a BMC: one QEMU process while the power is on, none while it is off. What it was doing is lost with
// the power, its disks stay.

import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { copyFile, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { consoleSize, lastLines } from './console.ts'
import { startInNamespace } from './namespace.ts'
import type { NodePlan } from './plan.ts'
import { type BootDevice, OVMF_VARIABLES, QEMU, qemuArguments } from './qemu.ts'

/** What a running machine costs the computer that it runs on. */
export interface MachineStats {
  readonly pid: number
  readonly residentBytes: number
  /** Processor time since power-on, user and system. */
  readonly cpuSeconds: number
}

export interface Machine {
  /** The pid of QEMU; undefined while the power is off. */
  readonly pid: number | undefined
  /** Milliseconds since 1970 of the last power-on or reset. */
  readonly poweredOnAt: number | undefined
  /** Where in the console's log the last power-on or reset begins, in bytes. */
  readonly consoleStart: number
  /** All of these are safe to repeat: what is on stays on. They run one after the other. */
  powerOn(boot: BootDevice): Promise<void>
  powerOff(): Promise<void>
  /** Does nothing while the power is off, as IPMI says. */
  reset(boot: BootDevice): Promise<void>
  /** Says a command to QEMU's monitor and gives its answer: `set_link nic0 off`, `system_powerdown`, `info status`. */
  monitor(command: string): Promise<string>
  stats(): MachineStats | undefined
}

const START_MS = 20_000
const TICKS_PER_SECOND = 100

/** Makes the machine's disks and variables; the power is off. */
export async function buildMachine(plan: NodePlan, namespace: string): Promise<Machine> {
  for (const disk of plan.disks) {
    await writeFile(disk.file, '', { mode: 0o600 })
    await truncate(disk.file, disk.bytes)
  }
  if (plan.firmware !== 'bios') await copyFile(OVMF_VARIABLES, plan.variables)
  await writeFile(plan.consoleLog, '')

  let qemu: ChildProcess | undefined
  let poweredOnAt: number | undefined
  let consoleStart = 0
  let turn: Promise<unknown> = Promise.resolve()

  async function powerOn(boot: BootDevice): Promise<void> {
    if (qemu) return
    consoleStart = await consoleSize(plan.consoleLog)
    await rm(plan.monitorSocket, { force: true })
    poweredOnAt = Date.now()
    const child = startInNamespace(namespace, [QEMU, ...qemuArguments(plan, boot)], plan.qemuLog)
    child.once('exit', () => {
      if (qemu === child) qemu = undefined
    })
    qemu = child
    const until = Date.now() + START_MS
    while (!(await answers(plan.monitorSocket))) {
      if (qemu === child && Date.now() < until) await pause(20)
      else throw new Error(`${plan.name}: QEMU did not start:\n${lastLines(await readFile(plan.qemuLog, 'utf8'), 5).join('\n')}`)
    }
  }

  async function powerOff(): Promise<void> {
    const child = qemu
    if (!child) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  function inTurn(action: () => Promise<void>): Promise<void> {
    const done = turn.then(action)
    turn = done.catch(() => undefined)
    return done
  }

  return {
    get pid() {
      return qemu?.pid
    },
    get poweredOnAt() {
      return poweredOnAt
    },
    get consoleStart() {
      return consoleStart
    },
    powerOn: (boot) => inTurn(() => powerOn(boot)),
    powerOff: () => inTurn(powerOff),
    reset: (boot) =>
      inTurn(async () => {
        if (!qemu) return
        await powerOff()
        await powerOn(boot)
      }),
    monitor: (command) => askMonitor(plan.monitorSocket, command),
    stats: () => (qemu?.pid === undefined ? undefined : readStats(qemu.pid)),
  }
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(socket)
    client.once('connect', () => resolve(true)).once('error', () => resolve(false))
    client.once('connect', () => client.destroy())
  })
}

/** The monitor ends each answer with its prompt, and echoes what it is told. */
function askMonitor(socket: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = connect(socket)
    let text = ''
    client.setTimeout(5_000, () => client.destroy(new Error(`QEMU's monitor did not answer "${command}"`)))
    client.on('data', (bytes) => {
      text += bytes.toString('utf8')
      const prompts = text.split('(qemu) ').length - 1
      if (prompts === 1 && text.endsWith('(qemu) ')) client.write(`${command}\n`)
      else if (prompts > 1 && text.endsWith('(qemu) ')) client.end()
    })
    client.once('error', reject)
    client.once('close', () => {
      const answer = text.split('(qemu) ')[1] ?? ''
      resolve(answer.slice(answer.indexOf('\n') + 1).trimEnd())
    })
  })
}

function readStats(pid: number): MachineStats | undefined {
  try {
    const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    return { pid, residentBytes: Number(resident) * 1024, cpuSeconds: ticks / TICKS_PER_SECOND }
  } catch {
    return undefined
  }
}
