import test from 'ava'
import { Command } from 'commander'
import { addCommands, wantedOf } from '../../../../manager/cli/commands/commands.ts'
import { commandOf, treeOf } from '../../../../manager/cli/commands/completion/tree.ts'
import { completionOf } from '../../../../manager/cli/commands/completion/words.ts'
import type { CommandWorld, Wanted } from '../../../../manager/cli/commands/world.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'

async function programWith(wanted: Wanted): Promise<Command> {
  const terminal = { write: () => undefined, columns: undefined, colour: false }
  const prompt = { isTerminal: false, secret: async () => '', ask: async () => undefined }
  const log = async () => collectingLog().log
  const world: CommandWorld = { out: terminal, err: terminal, environment: {}, prompt, serverLog: log, log, now: Date.now }
  const program = new Command('hostless').version('0')
  await addCommands(program, world, wanted)
  return program
}

const saidBy = (program: Command) => program.commands.map((command) => [command.name(), command.description(), command.helpGroup()])

test('what is said of a command that is not loaded is what it says itself, in the same order', async (t) => {
  t.deepEqual(saidBy(await programWith([])), saidBy(await programWith('all')))
})

test('what is called is loaded, and no more', async (t) => {
  const program = await programWith(wantedOf(['hoststats', '--watch']))
  const loaded = program.commands.filter(({ options, commands }) => options.length > 0 || commands.length > 0).map((one) => one.name())
  t.deepEqual(loaded, ['hostlist', 'hoststats', 'vmlist'])
  t.deepEqual(wantedOf(['--version']), ['--version'])
  t.deepEqual(wantedOf(['help', 'vm']), ['vm'])
  for (const argv of [[], ['--help'], ['-h'], ['help']]) t.is(wantedOf(argv), 'all')
})

test('completion from the tree says of every command, option and operand what completion from the commands does', async (t) => {
  const program = await programWith('all')
  const kept = commandOf(JSON.parse(JSON.stringify(treeOf(program))))
  let asked = 0
  const compare = (command: Command, path: readonly string[]): void => {
    const values = command.options.flatMap(({ long }) => (long ? [[long, ''], [`${long}=`]] : []))
    for (const words of [[''], ['-'], ['a', ''], ['a', 'b', ''], ['a', 'b', 'c', ''], ...values]) {
      t.deepEqual(completionOf(kept, [...path, ...words]), completionOf(program, [...path, ...words]), [...path, ...words].join(' '))
      asked += 1
    }
    for (const inner of command.commands) compare(inner, [...path, inner.name()])
  }
  compare(program, [])
  t.true(asked > 1000)
})
