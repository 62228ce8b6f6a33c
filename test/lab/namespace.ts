// The rack's network namespace: a bridge with the appliance's address, a tap a NIC, an address a BMC; no way out of it.
// A guard process (guard.sh) takes it down when the lab ends in whatever way.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { type NodePlan, RACK_ADDRESS, RACK_INTERFACE, RACK_PREFIX } from './plan.ts'

export interface Ran {
  readonly stdout: string
  readonly stderr: string
  /** The exit code; 128 + the signal's number when a signal ended the process. */
  readonly exitCode: number
}

export interface RunOptions {
  readonly input?: string
  /** Milliseconds after which the process is killed. */
  readonly timeoutMs?: number
}

const NAME = /^hl-lab-(\d+)-\d+$/
let made = 0

export function namespaceName(pid: number): string {
  made += 1
  return `hl-lab-${pid}-${made}`
}

/** What `ip -batch` makes inside the namespace. The veth pair gives the bridge a carrier, and so IPv6, while all nodes are off; it must not answer ARP. */
export function namespaceBatch(nodes: readonly NodePlan[]): string {
  const lines = [
    'link set lo up',
    `link add ${RACK_INTERFACE} address 52:54:00:77:ff:01 type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `address add ${RACK_ADDRESS}/${RACK_PREFIX} dev ${RACK_INTERFACE}`,
    `link set ${RACK_INTERFACE} up`,
    'link add carrier0 type veth peer name carrier1',
    `link set dev carrier0 addrgenmode none master ${RACK_INTERFACE} up`,
    'link set dev carrier1 addrgenmode none arp off up',
    ...nodes.map((node) => `address add ${node.bmcAddress}/32 dev lo`),
    ...nodes
      .flatMap((node) => node.nics)
      .flatMap(({ tap }) => [`tuntap add dev ${tap} mode tap`, `link set dev ${tap} master ${RACK_INTERFACE} up`]),
  ]
  return `${lines.join('\n')}\n`
}

/** Forwarding is copied from the machine that the lab runs on, so it is switched off rather than trusted to be off. */
export async function makeNamespace(name: string, nodes: readonly NodePlan[]): Promise<void> {
  await execa('ip', ['netns', 'add', name])
  const settings = '/proc/sys/net'
  const off = [
    join(settings, 'ipv4/ip_forward'),
    join(settings, 'ipv6/conf/all/forwarding'),
    join(settings, 'ipv6/conf/default/accept_dad'),
  ]
  await execa('ip', ['netns', 'exec', name, 'tee', ...off.filter((file) => existsSync(file))], { input: '0' })
  await execa('ip', ['-n', name, '-batch', '-'], { input: namespaceBatch(nodes) })
}

/** Runs to the end; a non-zero exit is a result, not an error. */
export async function runInNamespace(name: string, argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { stdout, stderr, exitCode, signal } = await execa('ip', ['netns', 'exec', name, ...argv], {
    reject: false,
    input: options.input ?? '',
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
  })
  return { stdout, stderr: signal ? `${stderr}\nended by ${signal}` : stderr, exitCode: exitCode ?? 128 }
}

/**
 * Starts a process that goes on, in a session of its own: Ctrl-C at the lab's terminal reaches the lab alone, which then
 * takes its processes down in order. `ip netns exec` becomes the program, so the pid is the program's.
 */
export function startInNamespace(name: string, argv: readonly string[], logFile: string, cwd = '/'): ChildProcess {
  const log = openSync(logFile, 'a')
  return spawn('ip', ['netns', 'exec', name, ...argv], { cwd, detached: true, stdio: ['ignore', log, log] })
}

/** Pids of everything that runs in the namespace. */
export async function processesIn(name: string): Promise<readonly number[]> {
  const { stdout } = await execa('ip', ['netns', 'pids', name], { reject: false })
  return stdout.split(/\s+/).filter(Boolean).map(Number)
}

export interface Guard {
  /** Takes the rack down and waits for it; rejects when something is left. */
  release(): Promise<void>
}

/** `leftovers` are removed together with the namespace. */
export function startGuard(name: string, leftovers: readonly string[]): Guard {
  const script = join(import.meta.dirname, 'guard.sh')
  const child = spawn('/bin/sh', [script, name, ...leftovers], { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  child.unref()
  return {
    async release() {
      child.ref()
      child.stdin.end()
      if ((await ended) !== 0) throw new Error(`the namespace ${name} could not be taken down: see "ip netns pids ${name}"`)
    },
  }
}

/** Takes down what a lab left whose guard was killed too. Returns the names. */
export async function sweepNamespaces(runtimeFolder: (name: string) => string): Promise<readonly string[]> {
  const names = existsSync('/run/netns') ? readdirSync('/run/netns') : []
  const dead = names.filter((name) => {
    const pid = NAME.exec(name)?.[1]
    return pid !== undefined && !existsSync(`/proc/${pid}`)
  })
  await Promise.all(dead.map((name) => startGuard(name, [runtimeFolder(name)]).release()))
  return dead
}
