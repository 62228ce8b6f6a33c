// `hostless boot list|show|forget|watch`: what the appliance of this machine saw of each host's boots.
import type { Command } from 'commander'
import type { AttemptView } from '../../../../appliance/timeline/timeline.ts'
import { textOf } from '../../engine/answer.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { addShapeOptions, type ShapeOptions, shapeOf } from '../../engine/output/options.ts'
import type { Terminal } from '../../engine/output/output.ts'
import { forgetHost, readAttempts, watchAttempts } from '../control.ts'
import { addDataDirOptions, type DataDirOptions, dataDirOf } from '../image/options.ts'
import { attemptReport, attemptsReport, describeProgress } from './report.ts'

/** Those that ask the manager are capture.ts's to add. */
export function addBootCommands(program: Command, out: Terminal): Command {
  const boot = program
    .command('boot')
    .description('boot attempts: how far each host came, how long each stage took, what is wrong, and what was on the wire')

  const list = boot.command('list').description('the newest attempt of each host').option('--all', 'older attempts too')
  addShapeOptions(addDataDirOptions(list), () => attemptsReport([])).action(
    async (options: DataDirOptions & ShapeOptions & { readonly all?: true }) => {
      const attempts = await readAttempts(await dataDirOf(options))
      const report = attemptsReport(options.all ? attempts : newestOfEach(attempts))
      out.write(textOf({ report }, options.output, out, shapeOf(options)))
    },
  )

  const show = boot
    .command('show')
    .description('every stage of one attempt')
    .argument('<host>', 'name or MAC of a host, or the id of an attempt')
  addShapeOptions(addDataDirOptions(show)).action(async (host: string, options: DataDirOptions & ShapeOptions) => {
    const found = findAttempt(await readAttempts(await dataDirOf(options)), host)
    out.write(textOf({ report: attemptReport(found) }, options.output, out, shapeOf(options)))
  })

  const forget = boot
    .command('forget')
    .description('a host that is gone for good: its address may be lent again, the generation it ran may be removed')
    .argument('<host>', 'name or MAC')
  addDataDirOptions(forget).action(async (host: string, options: DataDirOptions) => {
    const dataDir = await dataDirOf(options)
    const { mac, host: name } = findAttempt(await readAttempts(dataDir), host)
    const leases = await forgetHost(dataDir, mac)
    out.write(
      `Forgot ${name}: its boot attempts, and ${leases === 1 ? '1 lease' : `${leases} leases`}. If it still runs, reset it: its address may go to another.\n`,
    )
  })

  const watch = boot.command('watch').description('boots as they happen, until Ctrl-C')
  addDataDirOptions(watch).action(async (options: DataDirOptions) => {
    for await (const attempt of watchAttempts(await dataDirOf(options))) out.write(`${describeProgress(attempt)}\n`)
  })
  return boot
}

function findAttempt(attempts: readonly AttemptView[], host: string): AttemptView {
  const found = attempts.find(({ id, host: name, mac }) => [id, name, mac].includes(host.toLowerCase()))
  if (found) return found
  const names = [...new Set(attempts.map((each) => each.host))]
  throw new CommandFailure(`no boot attempt of ${host}; there are: ${names.join(', ') || 'none'}`)
}

function newestOfEach(attempts: readonly AttemptView[]): readonly AttemptView[] {
  return attempts.filter((attempt, index) => attempts.findIndex(({ host }) => host === attempt.host) === index)
}
