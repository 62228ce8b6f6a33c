#!/usr/bin/env node
// The command `hostless`: loads the part that was called, and ends with its exit code.
import { fstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import type { Level } from 'pino'
import { packageRoot } from '../../appliance/package-root.ts'
import { addCommands, wantedOf } from './commands/commands.ts'
import { runProgram } from './engine/failure.ts'
import { isJournal, journalLine, logLine } from './engine/log-lines.ts'
import { terminalOf } from './engine/output/terminal.ts'
import { promptOf } from './engine/prompt.ts'

const { version } = JSON.parse(readFileSync(join(packageRoot(import.meta.dirname, 2), 'package.json'), 'utf8')) as { version: string }
const out = terminalOf(process.stdout, process.env)
const err = terminalOf(process.stderr, process.env)

// `hostless … | head`: who reads has had enough, and that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

async function serverLog() {
  const { openLog, pino } = await import('./engine/log.ts')
  const level: Level | 'silent' =
    (['debug', 'info', 'warn', 'error', 'silent'] as const).find((each) => each === process.env.HOSTLESS_LOG) ?? 'info'
  const shown = process.stdout.isTTY ? logLine : isJournal(process.env.JOURNAL_STREAM, fstatSync(1)) ? journalLine : undefined
  return openLog(level, shown ? { write: (json: string) => out.write(`${shown(json)}\n`) } : pino.destination(1))
}

/** Commands answer on stdout and complain on stderr. */
async function log() {
  const { openLog, pino } = await import('./engine/log.ts')
  return openLog('warn', pino.destination(2))
}

const program = new Command('hostless')
  .description('Plug a server into the rack: it PXE-boots into a Xen pool with nothing installed.')
  .version(version)
  .showSuggestionAfterError()
  .showHelpAfterError('(hostless --help, or hostless COMMAND --help, tells what there is)')
const argv = process.argv.slice(2)
await addCommands(
  program,
  { out, err, environment: process.env, prompt: promptOf(process.stdin, err.write), serverLog, log, now: Date.now },
  wantedOf(argv),
)
process.exitCode = await runProgram(program, argv, (text) => err.write(text))
