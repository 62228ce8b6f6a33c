// The tables and lines that the lab ends with. Pure.

import Table from 'cli-table3'
import { STAGES } from './attempts.ts'
import { type Boot, stageSeconds, totalSeconds } from './boots.ts'

const BUILD_MINUTES = 4

/** A column a node, so that it fits a terminal: who it is, what it runs, where its seconds went. */
export function bootTable(boots: readonly Boot[]): string {
  const table = new Table({ style: { head: [], border: [], compact: true }, colAligns: ['left', ...boots.map(() => 'right' as const)] })
  const row = (title: string, cell: (boot: Boot) => string | undefined) => [title, ...boots.map((boot) => cell(boot) ?? '-')]
  const stages = STAGES.filter((stage) => boots.some((boot) => stageSeconds(boot, stage) !== undefined))
  table.push(
    row('host', (boot) => boot.name),
    row('address', (boot) => boot.attempt?.address ?? boot.address),
    row('image', (boot) => boot.attempt?.image),
    row('generation', (boot) => boot.attempt?.generation),
    row('Xen', (boot) => boot.attempt?.xen),
    row('kernel', (boot) => boot.attempt?.kernel),
    ...stages.map((stage) => row(`  ${stage}`, (boot) => seconds(stageSeconds(boot, stage)))),
    row('power-on to up', (boot) => seconds(totalSeconds(boot))),
  )
  return table.toString()
}

export function seconds(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${value.toFixed(1)} s`
}

/** What one can do with a rack that stays up. */
export function keepHelp(
  names: readonly string[],
  { page, user, password }: { readonly page: string; readonly user: string; readonly password: string },
): string {
  const name = names[0] ?? 'node1'
  return [
    'The rack stays up until Ctrl-C. From another terminal:',
    `  npm run lab -- --console ${name}            its live console (Ctrl-] detaches)`,
    `  npm run lab -- --ssh ${name} xl info        a command in its dom0; without a command: a shell`,
    `  npm run lab -- --power ${name} cycle        on, off, cycle, reset or status, by IPMI`,
    `  npm run lab -- --hostless host show ${name}   the command hostless, signed in at the lab's manager`,
    `The web page: ${page} (its certificate is of the rack's own authority); user ${user}, password ${password}`,
    `Nodes: ${names.join(', ')}`,
  ].join('\n')
}

/** One failed node: why, the last it said, where the rest is. */
export function failureText(name: string, diagnosis: string, consoleLines: readonly string[], consoleLog: string): string {
  const heard = consoleLines.length === 0 ? ['(its console is silent)'] : consoleLines
  return [`${name}: ${diagnosis}`, ...heard.map((line) => `    ${line}`), `  The whole console: ${consoleLog}`].join('\n')
}

/** The first thing the lab says: what will happen, and about how long it takes on two idle cores. */
export function openingText(
  options: { readonly nodes: number; readonly firmware: string; readonly suite: string; readonly root: string },
  build: boolean,
): string {
  const what = `Booting ${options.nodes} emulated server${options.nodes === 1 ? '' : 's'} (${options.firmware}) into a Xen dom0 (${options.suite}, root ${options.root})`
  const image = build ? `about ${BUILD_MINUTES} minutes to build the image first (kept for next time), then ` : ''
  return `${what} from a Hostless appliance, all in a network namespace: ${image}about ${15 * Math.max(options.nodes, 2) + 10} seconds.`
}
