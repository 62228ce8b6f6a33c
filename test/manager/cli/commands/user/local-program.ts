// `user add NAME --local` as a program of its own, as main.ts runs it.
import { Command } from 'commander'
import { addDataDirOptions } from '../../../../../manager/cli/commands/image/options.ts'
import { type LocalUserOptions, localUserAdd } from '../../../../../manager/cli/commands/user/local.ts'
import { runProgram } from '../../../../../manager/cli/engine/failure.ts'
import { promptOf } from '../../../../../manager/cli/engine/prompt.ts'
import { collectingLog } from '../../../../appliance/wire/collecting-log.ts'

const { log } = collectingLog()
const out = { write: (text: string) => void process.stdout.write(text), columns: undefined, colour: false }
const prompt = promptOf(process.stdin, (text) => void process.stderr.write(text))
const program = new Command('hostless')
addDataDirOptions(program.command('add'))
  .argument('<name>')
  .option('--role <role>')
  .action((name: string, options: LocalUserOptions) => localUserAdd(name, options, { out, log, prompt }))
process.exitCode = await runProgram(program, process.argv.slice(2), (text) => process.stderr.write(text))
