#!/usr/bin/env node
import { fstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { type Level, pino } from 'pino'
import { packageRoot } from '../../appliance/package-root.ts'
import { addApplianceCommand } from './commands/appliance.ts'
import { addBootCommands } from './commands/boot/boot.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addBuildCommand } from './commands/image/build.ts'
import { hostsRunning } from './commands/image/hosts-running.ts'
import { addImageCommands } from './commands/image/image.ts'
import { addInstallCommands } from './commands/install.ts'
import { addManagerCommands } from './commands/manager.ts'
import { addPoolCommands } from './commands/pool-commands.ts'
import { addUpCommand } from './commands/up.ts'
import { runProgram } from './engine/failure.ts'
// The command `hostless`: puts its parts together and ends with the exit code of the one that was called.
import { openLog } from './engine/log.ts'
import { isJournal, journalLine, logLine } from './engine/log-lines.ts'
import { terminalOf } from './engine/output/output.ts'
import { promptOf } from './engine/prompt.ts'

const { version } = JSON.parse(readFileSync(join(packageRoot(import.meta.dirname, 2), 'package.json'), 'utf8')) as { version: string }
const out = terminalOf(process.stdout, process.env)
const err = terminalOf(process.stderr, process.env)
const level: Level | 'silent' =
  (['debug', 'info', 'warn', 'error', 'silent'] as const).find((each) => each === process.env.HOSTLESS_LOG) ?? 'info'

// `hostless … | head`: who reads has had enough, and that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

const program = new Command('hostless')
  .description('Plug a server into the rack: it PXE-boots into a Xen pool with nothing installed.')
  .version(version)
  .showSuggestionAfterError()
  .showHelpAfterError('(hostless --help, or hostless COMMAND --help, tells what there is)')
  .addHelpText(
    'after',
    '\nThe environment variable HOSTLESS_LOG (debug, info, warn, error, silent) sets how much the servers log on stdout.',
  )

addUpCommand(program)
const isService = isJournal(process.env.JOURNAL_STREAM, fstatSync(1))
const shown = process.stdout.isTTY ? logLine : isService ? journalLine : undefined
const lines = shown ? { write: (json: string) => out.write(`${shown(json)}\n`) } : pino.destination(1)
const log = openLog(level, lines)
addApplianceCommand(program, log)
addManagerCommands(program, out, log)
addDoctorCommand(program, out)
addInstallCommands(program, out)
// Commands answer on stdout and complain on stderr.
const deps = { out, err, log: openLog('warn', pino.destination(2)), hostsRunning }
addBuildCommand(addImageCommands(program, deps), deps)
addBootCommands(program, out)
addPoolCommands(program, { out, err, environment: process.env, prompt: promptOf(process.stdin, err.write), log: deps.log })

process.exitCode = await runProgram(program, process.argv.slice(2), (text) => err.write(text))
