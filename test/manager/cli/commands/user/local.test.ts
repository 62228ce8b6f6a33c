import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { localUserAdd } from '../../../../../manager/cli/commands/user/local.ts'
import { CommandFailure } from '../../../../../manager/cli/engine/failure.ts'
import { type DataPlace, openData } from '../../../../../manager/store/open.ts'
import { addHistory, historyOf } from '../../../../../manager/store/tables/history.ts'
import { collectingLog } from '../../../../appliance/wire/collecting-log.ts'
import { commandFor } from '../../../../program.ts'
import { accessAt, PASSWORD, sessionOf, value } from '../../../access/site.ts'
import { dataDirFor } from '../../../site.ts'
import { onEach } from '../../../store/dialects.ts'

const PROGRAM = commandFor(new URL('local-program.ts', import.meta.url), 'add')

interface Ran {
  readonly code: number | null
  readonly text: string
}

/** `answers`: what is typed, or piped, each when the text before it has been said. */
function run(t: ExecutionContext, command: readonly string[], answers: readonly (readonly [after: string, text: string])[]): Promise<Ran> {
  const [file = '', ...args] = command
  const child = spawn(file, args, { stdio: 'pipe' })
  t.teardown(() => child.kill('SIGKILL'))
  const waiting = [...answers]
  let text = ''
  const answer = () => {
    const [next] = waiting
    if (!next || !text.includes(next[0])) return
    waiting.shift()
    child.stdin.write(next[1])
    if (waiting.length === 0) child.stdin.end()
  }
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8')
      answer()
    })
  }
  child.stdin.on('error', () => undefined) // it may end without reading
  answer()
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })))
}

async function configOf(t: ExecutionContext, { dataDir, database }: DataPlace): Promise<string> {
  const file = join(await dataDirFor(t), 'hostless.yaml')
  await writeFile(file, `dataDir: ${dataDir}\nmanager: { listen: "127.0.0.1:8443", database: ${JSON.stringify(database)} }\n`)
  return file
}

const add = (t: ExecutionContext, args: readonly string[], input: string) => run(t, [...PROGRAM, ...args], [['', input]])

onEach('the first admin is added before a manager has run, with a password from a pipe', async (t, place) => {
  const config = await configOf(t, place)
  t.deepEqual(await add(t, ['alice', '--role', 'admin', '--config', config], `${PASSWORD}\n`), { code: 0, text: 'added alice (admin)\n' })
  const { access } = await accessAt(t, place)
  t.like((await access.users())[0], { name: 'alice', role: 'admin' })
  t.truthy(await access.bySession(await sessionOf(access, 'alice')))
  t.like((await access.auditTrail(1)).entries[0], { who: 'local', what: 'added alice (admin)' })
  t.is(await access.firstAdminCode(), undefined)
})

onEach('a lost password is replaced while the manager runs and writes; what the old one let in has ended', async (t, place) => {
  const config = await configOf(t, place)
  const { access, store, pass } = await accessAt(t, place)
  value(await access.addUser('alice', PASSWORD, 'admin'))
  const session = await sessionOf(access, 'alice')
  t.truthy(await access.bySession(session))
  let written = 0
  const ran = add(t, ['alice', '--config', config], 'another long password\n')
  let running = true
  void ran.finally(() => {
    running = false
  })
  while (running) {
    await store.write((transaction) => addHistory(transaction, 'a', { at: 1, who: 'x', what: 'y' }))
    written += 1
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.deepEqual(await ran, { code: 0, text: 'gave alice (admin) a new password: what the old one let in has ended\n' })
  t.is((await historyOf(store.db, 'a', 1e6)).length, written)
  pass(1000)
  t.is(await access.bySession(session), undefined)
  t.like(await access.signIn('alice', PASSWORD, ''), { status: 401 })
  t.truthy(await access.bySession(await sessionOf(access, 'alice', 'another long password')))
  t.true((await access.auditTrail(1)).intact)
})

test('at a terminal the password is asked for twice, and not shown', async (t) => {
  const dataDir = await dataDirFor(t)
  const command = ['script', '-qec', [...PROGRAM, 'alice', '--role', 'admin', '--data-dir', dataDir].join(' '), '/dev/null']
  const typed = (second: string) =>
    [
      ['New password of alice: ', `${PASSWORD}\r`],
      ['The same again: ', `${second}\r`],
    ] as const
  const differing = await run(t, command, typed('something else'))
  t.regex(differing.text, /these were two passwords: nothing was changed/)
  t.is(differing.code, 1)
  const { code, text } = await run(t, command, typed(PASSWORD))
  t.is(code, 0)
  t.regex(text, /added alice \(admin\)/)
  for (const said of [text, differing.text]) t.false(said.includes('horse') || said.includes('something'))
  const store = await openData({ dataDir, database: 'sqlite' }, collectingLog().log)
  await store.close()
})

test('what cannot be is refused in words, without the password', async (t) => {
  const dataDir = await dataDirFor(t)
  const refusal = async (name: string, role: string | undefined, input: string) => {
    const prompt = { isTerminal: false, secret: async () => input, ask: async () => undefined }
    const out = { write: () => undefined, columns: undefined, colour: false }
    const asked = localUserAdd(name, { dataDir, ...(role === undefined ? {} : { role }) }, { out, log: collectingLog().log, prompt })
    const error = await t.throwsAsync(asked, { instanceOf: CommandFailure })
    t.notRegex(error.message, /horse/)
    return [error.exitCode, error.message] as const
  }
  const line = PASSWORD
  const cases: readonly (readonly [args: Parameters<typeof refusal>, code: 1 | 2, message: RegExp])[] = [
    [['Alice', 'admin', line], 2, /is no user name/],
    [['alice\0', 'admin', line], 2, /is no user name/],
    [['alice', 'king', line], 2, /viewer/],
    [['alice', 'admin', 'short'], 2, /^the password is shorter than 12 characters/],
    [['alice', 'admin', ''], 2, /^the password is shorter/],
    [['alice', 'admin', 'x'.repeat(100_000)], 2, /is longer than 256 characters/],
    [['alice', undefined, line], 2, /there is no user alice: to add one, say --role/],
  ]
  for (const [args, code, message] of cases) {
    const [exitCode, said] = await refusal(...args)
    t.is(exitCode, code)
    t.regex(said, message)
  }
})
