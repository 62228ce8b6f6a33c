// What `npm run bench -- …` is asked to do. Pure: the command line in, one value out.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { MOST_NODES } from '../lab/plan.ts'

/** Of the servers, with an image. */
const OF_APPLIANCE = ['boot', 'nfs', 'dhcp', 'tftp', 'http', 'storm'] as const
/** They serve no image of their own, and so need none. */
const OF_MANAGER = [
  ...(['manager', 'page', 'cli', 'delta', 'placement', 'automation', 'relay'] as const),
  ...(['deploy', 'migrate', 'evacuation', 'pause'] as const),
] as const

export const BENCHES = [...OF_APPLIANCE, ...OF_MANAGER] as const
export type BenchName = (typeof BENCHES)[number]
export type ApplianceBench = (typeof OF_APPLIANCE)[number]

export function isOfAppliance(name: BenchName): name is ApplianceBench {
  return OF_APPLIANCE.some((one) => one === name)
}

export const SIDES = ['ours', 'peer'] as const
export type Side = (typeof SIDES)[number]

export interface BenchOptions {
  readonly benches: readonly BenchName[]
  /** How often each side is measured; medians are shown. */
  readonly runs: number
  readonly sides: readonly Side[]
  /** Numbers of servers that are powered on at once, one after the other. */
  readonly nodes: readonly number[]
  /** Numbers of simulated machines that are switched on at once, one after the other. */
  readonly machines: readonly number[]
  /** Numbers of hosts under one manager, one after the other. */
  readonly hosts: readonly number[]
  /** A dataDir with a published dom0, or one generation; undefined: the lab's. */
  readonly image: string | undefined
}

export type BenchCommand =
  | { readonly kind: 'run'; readonly options: BenchOptions }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'refused'; readonly reason: string }

interface Parsed {
  readonly runs: number
  readonly only?: Side
  readonly nodes: readonly number[]
  readonly machines: readonly number[]
  readonly hosts: readonly number[]
  readonly image?: string
}

const MOST_RUNS = 100
const MOST_HOSTS = 100_000
/** Of the pool of addresses. */
const MOST_MACHINES = 2000
const DESCRIPTION = `Measures the appliance beside what it replaces, on this machine and in one run, and prints ratios: above 1 ours does better.
  boot   power-on to dom0 up, stage by stage, beside dnsmasq + nfs-ganesha (the default; 1 to 5 minutes a run)
  nfs    calls a second and megabytes a second, beside nfs-ganesha
  dhcp   DISCOVER-to-ACK exchanges a second, beside dnsmasq
  tftp   megabytes a second, beside dnsmasq
  http   megabytes a second, beside nginx
  storm  up to 1,000 simulated machines switched on at one moment, beside dnsmasq + nginx + nfs-ganesha (20 minutes a run)
  manager  the manager under 300 to 10,000 hosts, beside a bare WebSocket server (3 minutes a size; needs no image)
  page   the admin's page with 1,000 hosts in Chromium, beside the same rows as a plain table
  cli    CPU of hostless --version and of completion, beside a bare node (needs npm run build; seconds)
  delta  from a kernel event on a host to the manager's pool, with the real agent, beside a bare ip monitor
  placement  guests on a large pool, and a pool filled beside ganeti-htools, by their score (5 minutes, most of it theirs)
  automation  durable steps of automations a second, beside a bare SQLite loop of inserts and commits
  relay  megabytes a second of a live migration's stream, beside openssl s_client and s_server
  deploy  one guest of the lab from its image to its userland, beside lvcreate, dd and xl create typed by hand (5 minutes a run)
  migrate  a guest that moves live between local disks, beside xl migrate on a shared disk, by the guest's own clock (10 minutes a run)
  evacuation  a host of the lab with four guests that is emptied, beside the same guests moved one by one (10 minutes a run)
  pause  a guest of the lab that rewrites most of its memory, and may stand still for two seconds: kept, or not moved (3 minutes a run)
Numbers are no test: a benchmark fails only when something does not work. Needs root, and a machine that does nothing else.`

export function parseBenchCommand(argv: readonly string[]): BenchCommand {
  let printed = ''
  const write = (text: string) => {
    printed += text
  }
  const command = describeCommand().exitOverride().configureOutput({ writeOut: write, writeErr: write })
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'help', text: printed.trimEnd() }
    return { kind: 'refused', reason: printed.trim().replace(/^error: /, '') }
  }
  const { runs, only, nodes, machines, hosts, image } = command.opts<Parsed>()
  const benches = BENCHES.filter((name) => (command.args.length > 0 ? command.args.includes(name) : name === 'boot'))
  const unknown = command.args.find((word) => !BENCHES.some((name) => name === word))
  if (unknown !== undefined) return { kind: 'refused', reason: `there is no benchmark "${unknown}"; there are ${BENCHES.join(', ')}` }
  return { kind: 'run', options: { benches, runs, sides: only ? [only] : SIDES, nodes, machines, hosts, image } }
}

/** Sides change places from run to run: whoever is measured second finds a warmer machine. `run` counts from 1. */
export function inTurn(sides: readonly Side[], run: number): readonly Side[] {
  return run % 2 === 1 ? sides : sides.toReversed()
}

function describeCommand(): Command {
  return new Command('npm run bench --')
    .description(DESCRIPTION)
    .usage('[options] [boot|nfs|dhcp|tftp|http|manager …]')
    .argument('[benchmark...]')
    .addOption(new Option('--runs <count>', 'measure each side so many times, show medians').default(1).argParser(parseRuns))
    .addOption(new Option('--only <side>', 'measure one side alone, without a ratio').choices(SIDES))
    .addOption(new Option('--nodes <counts>', 'boot: servers powered on at once').default([1, 2], '1,2').argParser(parseNodes))
    .addOption(
      new Option('--machines <counts>', 'storm: machines switched on at once')
        .default([1, 10, 100, 1000], '1,10,100,1000')
        .argParser(parseMachines),
    )
    .addOption(
      new Option('--hosts <counts>', 'manager: hosts under it')
        .default([300, 1000, 3000, 10_000], '300,1000,3000,10000')
        .argParser(parseHosts),
    )
    .addOption(new Option('--image <folder>', "a dataDir with a published dom0, or one generation in it; default: the lab's image"))
    .helpOption('--help', 'show this')
}

function parseRuns(text: string): number {
  return wholeNumber(text, MOST_RUNS) ?? refuse(`1 to ${MOST_RUNS} runs.`)
}

function parseNodes(text: string): readonly number[] {
  return text.split(',').map((part) => wholeNumber(part, MOST_NODES) ?? refuse(`Numbers of servers, each from 1 to ${MOST_NODES}: 1,2`))
}

function parseMachines(text: string): readonly number[] {
  return text
    .split(',')
    .map((part) => wholeNumber(part, MOST_MACHINES) ?? refuse(`Numbers of machines, each from 1 to ${MOST_MACHINES}: 1,100`))
}

function parseHosts(text: string): readonly number[] {
  return text.split(',').map((part) => wholeNumber(part, MOST_HOSTS) ?? refuse(`Numbers of hosts, each from 1 to ${MOST_HOSTS}: 300,1000`))
}

function wholeNumber(text: string, most: number): number | undefined {
  return /^[1-9]\d{0,5}$/.test(text) && Number(text) <= most ? Number(text) : undefined
}

function refuse(reason: string): never {
  throw new InvalidArgumentError(reason)
}
