// `hostless doctor`: looks whether this machine can serve a rack, says what it saw and how to mend what is wrong, and ends as monitoring
// plugins do.
import { type Command, Option } from 'commander'
import { allChecks } from '../../doctor/all.ts'
import { examine } from '../../doctor/doctor.ts'
import { exitCodeOf, type Finding, sayCounts } from '../../doctor/finding.ts'
import { readConfig } from '../../doctor/readers/config.ts'
import { textOf } from '../engine/answer.ts'
import { CommandFailure } from '../engine/failure.ts'
import { listReport } from '../engine/list-report.ts'
import { addShapeOptions, type ShapeOptions, shapeOf } from '../engine/output/options.ts'
import type { Column, Report, Terminal } from '../engine/output/output.ts'
import { DEFAULT_CONFIG, DEFAULT_DATA_DIR } from './image/options.ts'

interface DoctorOptions extends ShapeOptions {
  readonly config: string
  readonly only?: readonly string[]
  readonly skip?: readonly string[]
  readonly troubles?: true
}

const NONE = { kind: 'read', value: { problems: undefined } } as const
const CHECKS = allChecks({ reading: NONE }, 0)
const NAMES = CHECKS.map(({ name }) => name)

export function addDoctorCommand(program: Command, out: Terminal): void {
  const width = Math.max(...NAMES.map((name) => name.length))
  const command = program
    .command('doctor')
    .description('look whether this machine can serve a rack, and say how to mend what is wrong; best as root')
    .option('--config <file>', 'the YAML config file', DEFAULT_CONFIG)
    .addOption(namesOption('--only <checks>', 'these checks alone, by commas'))
    .addOption(namesOption('--skip <checks>', 'all checks but these, by commas').conflicts('only'))
    .option('--troubles', 'leave out what is ok')
    .addHelpText(
      'after',
      `
Checks:
${CHECKS.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join('\n')}

Exit codes, as those of monitoring plugins (Nagios, Icinga):
  0  all ok        1  warnings        2  something failed (or used wrongly)        3  something could not be looked at: unknown
Nothing is changed. A DISCOVER is sent by the configured interface, from a MAC that is locally administered and always the same, and what
is offered is never asked for: --skip dhcp-servers sends nothing. Monitoring that asks often: --skip images,dhcp-servers.`,
    )
  addShapeOptions(command, () => doctorReport([])).action(async (options: DoctorOptions) => {
    const read = await readConfig(options.config)
    const site = {
      configFile: options.config,
      config: read.config,
      dataDir: read.dataDir ?? DEFAULT_DATA_DIR,
      isRoot: process.getuid?.() === 0,
    }
    const checks = allChecks(read, Date.now()).filter(({ name }) => (options.only ?? NAMES).includes(name) && !options.skip?.includes(name))
    const findings = await examine(site, checks)
    const report = doctorReport(options.troubles ? findings.filter(({ result }) => result !== 'ok') : findings)
    out.write(textOf({ report }, options.output, out, shapeOf(options)))
    const code = exitCodeOf(findings)
    if (code !== 0) throw new CommandFailure(sayCounts(findings), code)
  })
}

function namesOption(flags: string, description: string): Option {
  return new Option(flags, `${description}: ${NAMES.join(', ')}`).argParser((text: string) => {
    const names = text.split(',').map((name) => name.trim())
    const strange = names.find((name) => !NAMES.includes(name))
    if (strange !== undefined) throw new CommandFailure(`there is no check ${strange}: ${NAMES.join(', ')}`, 2)
    return names
  })
}

const toneOf = (result: unknown) => (result === 'ok' ? 'good' : result === 'failed' ? 'bad' : 'plain')

const COLUMNS: readonly Column[] = [
  { key: 'check', title: 'CHECK' },
  { key: 'result', title: 'RESULT', tone: toneOf },
  { key: 'subject', title: 'WHAT', cut: 'middle' },
  { key: 'seen', title: 'SEEN', cut: 'wrap' },
  { key: 'mend', title: 'HOW TO MEND IT', cut: 'wrap' },
]

function doctorReport(findings: readonly Finding[]): Report {
  const rows = findings.map(({ check, result, subject, seen, mend = null }) => ({ check, result, subject, seen, mend }))
  return listReport('doctor', 'finding', COLUMNS, rows, 'Nothing is wrong.')
}
