// The real appliance in a rack: `hostless up` (or `hostless appliance` alone) on the rack's bridge, watched and controlled by
// its socket.

import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { stringify } from 'yaml'
import { type AttemptView, readAttempts, watchAttempts } from './attempts.ts'
import { type Boot, totalSeconds } from './boots.ts'
import { lastLines } from './console.ts'
import { PROJECT } from './folders.ts'
import { bootOf, followBoots } from './follow.ts'
import { startInNamespace } from './namespace.ts'
import type { RackNode } from './node.ts'
import { RACK_ADDRESS, RACK_INTERFACE, RACK_PREFIX } from './plan.ts'
import { compileInto, hostlessIn } from './program.ts'
import type { Rack } from './rack.ts'

/** A config file of Hostless as a value; sections are replaced as a whole by `applianceConfig`'s `more`. */
export type ApplianceConfig = { readonly dataDir: string } & Readonly<Record<string, unknown>>

/** `up` supervises an appliance process; `appliance` is that process, with nothing else of Hostless running. */
export type ServeCommand = 'up' | 'appliance'

export interface Appliance {
  /** Of the command that was started; undefined while it is stopped. */
  readonly pid: number | undefined
  readonly configFile: string
  readonly logFile: string
  /** Newest first, of earlier runs too when the dataDir is kept. */
  attempts(): Promise<readonly AttemptView[]>
  watch(signal: AbortSignal): AsyncGenerator<AttemptView, void>
  /**
   * Resolves with the boots once all `names` are up since they were last powered on. `changed` is called at each change.
   * Rejects with each one's diagnosis when one has failed, or after `deadlineMs`. Goes on over a restart of the appliance.
   */
  waitUp(names: readonly string[], deadlineMs: number, changed?: (boots: readonly Boot[]) => void): Promise<readonly Boot[]>
  logText(): Promise<string>
  /** As a crash would: nothing is closed, nothing is said. */
  kill9(): Promise<void>
  /** SIGTERM, and waits for the end; SIGKILL after ten seconds, and then rejects. */
  stop(): Promise<void>
  /** Stops it if it runs, starts it with the config as it is in `configFile` now, and waits until it is ready. */
  restart(): Promise<void>
}

const READY_MS = 60_000
const STOP_MS = 10_000

/** The rack's own network, each node with its reservation; `more` replaces or adds sections. */
export function applianceConfig(
  nodes: readonly Pick<RackNode, 'name' | 'mac' | 'address'>[],
  dataDir: string,
  more: Readonly<Record<string, unknown>> = {},
): ApplianceConfig {
  return {
    dataDir,
    network: { interface: RACK_INTERFACE, address: `${RACK_ADDRESS}/${RACK_PREFIX}` },
    dhcp: { mode: 'authoritative', pool: '10.77.0.100-10.77.0.199' },
    boot: { image: 'dom0', root: 'nfs', enrol: 'auto' },
    hosts: nodes.map(({ name, mac, address }) => ({ name, mac, address })),
    ...more,
  }
}

/** Ready when it resolves: the control socket answers. Rejects with the end of its log when it is not ready in time. */
export async function startAppliance(rack: Rack, config: ApplianceConfig, command: ServeCommand = 'up'): Promise<Appliance> {
  const configFile = join(rack.folder, 'rack.yaml')
  const logFile = join(rack.folder, 'appliance.log')
  const socket = join(config.dataDir, 'appliance.sock')
  await writeFile(configFile, stringify(config), { mode: 0o600 })
  await compileInto(rack.runtime)
  let running: ChildProcess | undefined
  const logText = () => readFile(logFile, 'utf8').catch(() => '')

  async function start(): Promise<void> {
    const program = [...hostlessIn(rack.runtime), command, '--config', configFile]
    const child = startInNamespace(rack.namespace, program, logFile, PROJECT)
    running = child
    child.once('exit', () => {
      if (running === child) running = undefined
    })
    const until = Date.now() + READY_MS
    while (
      !(
        existsSync(socket) &&
        (await readAttempts(socket).then(
          () => true,
          () => false,
        ))
      )
    ) {
      if (running !== child || Date.now() > until) {
        const what = running === child ? `is not ready after ${READY_MS / 1000} s` : `ended with exit code ${child.exitCode}`
        throw new Error(`the appliance ${what}; the end of ${logFile}:\n${lastLines(await logText(), 20).join('\n')}`)
      }
      await pause(50)
    }
  }

  /** The whole process group: the appliance and whatever it has started. */
  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
    const child = running
    if (child?.pid === undefined) return true
    const gone = new Promise<true>((resolve) => child.once('exit', () => resolve(true)))
    process.kill(signal === 'SIGKILL' ? -child.pid : child.pid, signal)
    return await Promise.race([gone, pause(STOP_MS, false, { ref: false })])
  }

  async function stop(): Promise<void> {
    if (await end('SIGTERM')) return
    await end('SIGKILL')
    throw new Error(`the appliance did not end within ${STOP_MS / 1000} s of SIGTERM`)
  }

  await start()
  return {
    get pid() {
      return running?.pid
    },
    configFile,
    logFile,
    attempts: () => readAttempts(socket),
    watch: (signal) => watchAttempts(socket, signal),
    async waitUp(names, deadlineMs, changed = () => undefined) {
      const begun = names.map((name) => bootOf(rack.node(name)))
      const boots = await followBoots(begun, socket, rack.pace.allow(deadlineMs), changed)
      rack.pace.booted(Math.max(...boots.map((boot) => totalSeconds(boot) ?? 0)) * 1000)
      return boots
    },
    logText,
    async kill9() {
      await end('SIGKILL')
    },
    stop,
    async restart() {
      await stop()
      await start()
    },
  }
}
