import test from 'ava'
import { Command } from 'commander'
import { CommandFailure, runProgram } from '../../../../manager/cli/engine/failure.ts'

async function run(action: () => void, argv: readonly string[] = ['do']): Promise<{ code: number; said: string }> {
  const said: string[] = []
  const say = (text: string): void => void said.push(text)
  const program = new Command('hostless').configureOutput({ writeErr: say, writeOut: say })
  program.command('do').configureOutput({ writeErr: say }).action(action)
  return { code: await runProgram(program, argv, say), said: said.join('') }
}

test('runProgram exits with 0 when a command is done, and for help', async (t) => {
  t.is((await run(() => undefined)).code, 0)
  t.is((await run(() => undefined, ['--help'])).code, 0)
})

test('runProgram exits as a CommandFailure says', async (t) => {
  const fail = (code?: 1 | 2) => () => {
    throw new CommandFailure('the disk is full', code)
  }
  t.deepEqual(await run(fail()), { code: 1, said: 'error: the disk is full\n' })
  t.deepEqual(await run(fail(2)), { code: 2, said: 'error: the disk is full\n' })
})

test('runProgram exits with 2 for what commander refuses', async (t) => {
  t.is((await run(() => undefined, ['do', '--nonsense'])).code, 2)
  t.is((await run(() => undefined, ['dont'])).code, 2)
})

test('runProgram shows causes, and no control characters of foreign messages', async (t) => {
  const { code, said } = await run(() => {
    throw new Error('could not mount', { cause: new Error('EIO\u001b[2J') })
  })
  t.is(code, 1)
  t.is(said, 'error: could not mount\n  because: EIO\\x1b[2J\n')
})
