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
import { type BootDevice, incomingArguments, migrateCommand, OVMF_VARIABLES, QEMU, qemuArguments } from './qemu.ts'

/** What a running machine costs the computer that it runs on. */
export interface MachineStats {
  readonly pid: number
  readonly residentBytes: number
  /** Processor time since power-on, user and system. */
  readonly cpuSeconds: number
}

/** What goes on where another machine was stopped. */
export interface SavedMachine {
  readonly memory: string
  readonly poweredOnAt: number
  readonly consoleStart: number
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
  /** Stands still until `proceed`: its clock, too. */
  pause(): Promise<void>
  proceed(): Promise<void>
  /** Its memory and devices into a file, while it stands still. */
  save(file: string): Promise<void>
  /** In the place of a power-on: what `save` wrote, standing still. Its disks and its console's log must be back before. */
  restore(saved: SavedMachine): Promise<void>
  /** Says a command to QEMU's monitor and gives its answer: `set_link nic0 off`, `system_powerdown`, `info status`. */
  monitor(command: string): Promise<string>
  stats(): MachineStats | undefined
}

const START_MS = 20_000
/** For a few hundred megabytes through a pipe. */
const MOVE_MS = 120_000
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
    poweredOnAt = Date.now()
    await start(qemuArguments(plan, boot))
  }

  async function restore(saved: SavedMachine): Promise<void> {
    if (qemu) throw new Error(`${plan.name} runs already`)
    consoleStart = saved.consoleStart
    poweredOnAt = saved.poweredOnAt
    await start([...qemuArguments(plan, 'network'), ...incomingArguments(saved.memory)])
    await waitUntil('its memory is back', 'info status', (text) => text.includes('paused') && !text.includes('inmigrate'))
  }

  async function save(file: string): Promise<void> {
    await askMonitor(plan.monitorSocket, 'migrate_set_parameter max-bandwidth 8G')
    await askMonitor(plan.monitorSocket, migrateCommand(file))
    await waitUntil('its memory is saved', 'info migrate', (text) => {
      if (/Migration status: failed/.test(text)) throw new Error(`${plan.name}: ${text}`)
      return /Migration status: completed/.test(text)
    })
  }

  /** Asks the monitor until it is so; rejects with its last answer when QEMU ends, or after MOVE_MS. */
  async function waitUntil(what: string, command: string, condition: (text: string) => boolean): Promise<void> {
    const until = Date.now() + MOVE_MS
    for (;;) {
      const text = await askMonitor(plan.monitorSocket, command)
      if (condition(text)) return
      if (!qemu || Date.now() > until) throw new Error(`${plan.name}: not so far that ${what}: ${text}`)
      await pause(50)
    }
  }

  async function start(argv: readonly string[]): Promise<void> {
    await rm(plan.monitorSocket, { force: true })
    const child = startInNamespace(namespace, [QEMU, ...argv], plan.qemuLog)
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
    pause: () => inTurn(() => askMonitor(plan.monitorSocket, 'stop').then(() => undefined)),
    proceed: () => inTurn(() => askMonitor(plan.monitorSocket, 'cont').then(() => undefined)),
    save: (file) => inTurn(() => save(file)),
    restore: (saved) => inTurn(() => restore(saved)),
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
