// What the command line costs before it asks anybody: CPU of `hostless --version`, of a word that is completed, of a list's help. Beside
// it the floor: Node.js that does nothing.
import { access } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { type Metric, mediansOf, metricTable } from './metric.ts'
import { type BenchOptions, inTurn, type Side } from './options.ts'
import { median } from './statistics.ts'

const PEER = 'bare node'
/** Of each command in a run; the median counts. */
const TIMES = 9
const MAIN = fileURLToPath(new URL('../../dist/manager/cli/main.js', import.meta.url))
const COMMANDS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['--version', ['--version']],
  ['complete a command', ['completion', 'words', '--', 'hos']],
  ['complete an option', ['completion', 'words', '--', 'host', 'list', '--out']],
  ['host list --help', ['host', 'list', '--help']],
]

export const CLI_TITLE = 'Command line: CPU (user and system) of one call'
export const CLI_NOTES = [`The peer is the floor: node -e 0. Median of ${TIMES} calls.`, 'Aim: below 0.3 s.']

export async function missingForCli(): Promise<string | undefined> {
  return access(MAIN).then(
    () => undefined,
    () => 'there is no dist/: npm run build',
  )
}

export interface CliResult {
  readonly runs: readonly { readonly side: Side; readonly metrics: readonly Metric[] }[]
  readonly table: string
}

export async function runCli({ runs: count, sides }: BenchOptions): Promise<CliResult> {
  const runs: { side: Side; metrics: readonly Metric[] }[] = []
  for (let run = 1; run <= count; run += 1) {
    for (const side of inTurn(sides, run)) {
      const metrics: Metric[] = []
      for (const [name, args] of COMMANDS) {
        const value = await cpuOf(side === 'ours' ? [MAIN, ...args] : ['-e', '0'])
        metrics.push({ name, unit: 's', better: 'less', value })
      }
      runs.push({ side, metrics })
    }
  }
  const medians = sides.map((side) => [side, mediansOf(runs.filter((run) => run.side === side).map(({ metrics }) => metrics))] as const)
  return { runs, table: metricTable(PEER, Object.fromEntries(medians)) }
}

/** Seconds, by the shell that waits for it. */
async function cpuOf(args: readonly string[]): Promise<number> {
  const times: number[] = []
  for (let call = 0; call < TIMES; call += 1) {
    const timed = ['-c', 'TIMEFORMAT="%3U %3S"; time "$@" >/dev/null', 'bash', process.execPath, ...args]
    const { stderr } = await execa('bash', timed)
    const [, user, system] = /^(\d+\.\d+) (\d+\.\d+)$/m.exec(stderr) ?? []
    if (user === undefined || system === undefined) throw new Error(`bash says no times: ${stderr}`)
    times.push(Number(user) + Number(system))
  }
  return median(times)
}
