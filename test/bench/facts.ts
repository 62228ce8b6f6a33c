// The machine that a benchmark ran on: numbers mean nothing without it.

import { readdir } from 'node:fs/promises'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { execa } from 'execa'
import { QEMU } from '../lab/qemu.ts'

export interface MachineFacts {
  readonly cores: number
  readonly processor: string
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
  readonly qemu: string
  readonly peers: Readonly<Record<string, string>>
  /** Load of the last minute when the benchmark began. */
  readonly load: number
  /** Labs of others that ran when the benchmark began. */
  readonly otherLabs: number
}

const QUIET_LOAD = 0.5

const PEERS: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
  dnsmasq: ['dnsmasq', '--version'],
  'nfs-ganesha': ['ganesha.nfsd', '-v'],
  nginx: ['nginx', '-v'],
}

export async function machineFacts(): Promise<MachineFacts> {
  const [first] = cpus()
  const namespaces = await readdir('/run/netns').catch(() => [])
  const peers = Object.entries(PEERS).map(async ([name, argv]) => [name, await version(argv)] as const)
  return {
    cores: cpus().length,
    processor: first?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    qemu: await version([QEMU, '--version']),
    peers: Object.fromEntries(await Promise.all(peers)),
    load: loadavg()[0] ?? 0,
    otherLabs: namespaces.filter((name) => /^hl-lab-/.test(name)).length,
  }
}

export function describeFacts(facts: MachineFacts): string {
  const { cores, processor, memoryGiB, kernel, node, qemu, peers, load } = facts
  const versions = Object.entries({ QEMU: qemu, ...peers }).map(([name, text]) => `${name} ${text}`)
  return [
    `Machine: ${cores} cores (${processor}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, ${versions.join(', ')}; load ${load.toFixed(2)}.`,
    ...disturbances(facts),
  ].join('\n')
}

/** Why the numbers are not to be trusted. */
export function disturbances({ load, otherLabs }: Pick<MachineFacts, 'load' | 'otherLabs'>): readonly string[] {
  return [
    ...(otherLabs > 0 ? ['NOT TO BE TRUSTED: a lab runs on this machine at the same time.'] : []),
    ...(load > QUIET_LOAD ? [`NOT TO BE TRUSTED: the machine was busy when this began (load ${load.toFixed(2)}).`] : []),
  ]
}

/** The first thing in a program's own words that looks like a version. */
export function versionIn(text: string): string {
  return /\d+\.\d+(?:\.\d+)*/.exec(text)?.[0] ?? 'missing'
}

async function version([command, ...args]: readonly [command: string, ...args: string[]]): Promise<string> {
  const { stdout, stderr } = await execa(command, args, { reject: false })
  return versionIn(`${stdout}\n${stderr}`)
}
