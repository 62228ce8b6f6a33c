// Real programs, by two agents' books over one folder: what the second finds of what the first has begun.
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { LIMITS, machineBackend, machineClock } from '../../../../images/agent/exec.ts'
import { machineFiles } from '../../../../images/agent/files/exec.ts'
import { openJobBook } from '../../../../images/agent/jobs/book.ts'
import { machinePrograms } from '../../../../images/agent/jobs/exec.ts'
import type { Job } from '../../../../images/agent/jobs/job.ts'
import { type Lasting, LostProgram } from '../../../../images/agent/requests/task.ts'
import type { Progress } from '../../../../manager/protocol/requests/request.ts'
import { dataDirFor, until } from '../../../manager/site.ts'

const JOB: Job = { id: '../a job', asked: 'hash', request: { kind: 'scan-file-system', fileSystem: { kind: 'uuid', uuid: 'a' } } }
const LASTING: Lasting = { seconds: 60 }
const world = { backend: machineBackend(), files: machineFiles, clock: machineClock, programs: machinePrograms }
const unwatched = { signal: new AbortController().signal, tell: () => undefined }

/** `loose` in the folder ends what a test has started. */
async function folderFor(
  t: ExecutionContext,
): Promise<{ readonly folder: string; readonly script: (text: string) => [string, ...string[]] }> {
  const root = await dataDirFor(t)
  t.teardown(() => writeFile(join(root, 'loose'), ''))
  const loose = join(root, 'loose')
  return { folder: join(root, 'jobs'), script: (text) => ['sh', '-c', `loose=${loose}; ${text}`] }
}
const WAIT = 'until [ -e "$loose" ] || [ ! -d "$(dirname "$loose")" ]; do sleep 0.05; done'

test('a program says what it said and how it ended, and leaves nothing when its job has ended but the answer', async (t) => {
  const { folder, script } = await folderFor(t)
  const book = await openJobBook(world, folder)
  t.deepEqual(book.kept, [])
  const run = await book.begin(JOB, unwatched)
  t.deepEqual(await run('copy', script('echo out; echo err >&2; exit 3'), LASTING), {
    kind: 'ended',
    exitCode: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  })
  t.is((await run('no-program', ['hostless-no-such-program'], LASTING)).kind, 'missing')
  t.like(await run('killed', script('kill -KILL $$'), LASTING), { kind: 'stopped', reason: 'ended by signal 9' })
  await book.end(JOB.id, { kind: 'refused', cause: 'unable', reason: 'x' })
  const names = await readdir(folder)
  t.is(names.length, 1)
  t.is((await stat(join(folder, names[0] ?? ''))).mode & 0o777, 0o600)
  const next = await openJobBook(world, folder)
  t.deepEqual(next.kept, [{ ...JOB, answer: { kind: 'refused', cause: 'unable', reason: 'x' } }])
  await next.forget(JOB.id)
  t.deepEqual(await readdir(folder), [])
})

test('a program that ended well and said more than can be read was not heard to its end', async (t) => {
  const { folder, script } = await folderFor(t)
  const backend = machineBackend({ ...LIMITS, bytes: 100_000 })
  const run = await (await openJobBook({ ...world, backend }, folder)).begin(JOB, unwatched)
  t.like(await run('copy', script('head -c 200000 /dev/zero'), LASTING), {
    kind: 'stopped',
    reason: 'it ended with 0, and not all that it said was read: it has more than 100000 bytes',
  })
})

test('the next agent finds a program that runs, hears how far it is, and how it ended; it was started once', async (t) => {
  const { folder, script } = await folderFor(t)
  const command = script(`echo x >>"$loose.starts"; echo 5 of 10; ${WAIT}; echo 10 of 10; exit 4`)
  const progressOf = (text: string): Progress | undefined => {
    const done = text.match(/\d+(?= of)/g)?.at(-1)
    return done === undefined ? undefined : { phase: 'copying', done: Number(done), total: 10, unit: 'blocks' }
  }
  const run = await (await openJobBook(world, folder)).begin(JOB, unwatched)
  const first = run('copy', command, LASTING)
  await until('that it runs', async () => (await readFile(join(folder, '../loose.starts'), 'utf8').catch(() => '')) === 'x\n')

  const next = await openJobBook(world, folder)
  t.deepEqual(next.kept, [{ ...JOB, answer: undefined }])
  const told: Progress[] = []
  const again = await next.begin(JOB, { ...unwatched, tell: (progress) => told.push(progress) })
  const found = again('copy', command, { ...LASTING, progressOf })
  await until('its progress', () => told.at(-1)?.done === 5)
  await writeFile(join(folder, '../loose'), '')
  t.deepEqual(await found, { kind: 'ended', exitCode: 4, stdout: '5 of 10\n10 of 10\n', stderr: '' })
  t.deepEqual(await first, await found)
  t.deepEqual(await again('copy', command, LASTING), await found, 'and again, for an agent after that one')
  t.is(await readFile(join(folder, '../loose.starts'), 'utf8'), 'x\n')
})

test('what ended while no agent was there has left its end; what was killed then has not, and that is said', async (t) => {
  const { folder, script } = await folderFor(t)
  const book = await openJobBook(world, folder)
  const run = await book.begin(JOB, unwatched)
  void run('good', script(`echo $$ >"$loose.pid"; ${WAIT}; echo done`), LASTING)
  await until('that it runs', async () => Number(await readFile(join(folder, '../loose.pid'), 'utf8').catch(() => '')))
  await writeFile(join(folder, '../loose'), '')
  await until('its end', async () => (await readdir(folder)).some((name) => name.endsWith('good.status')))
  t.like(await (await (await openJobBook(world, folder)).begin(JOB, unwatched))('good', ['never'], LASTING), {
    kind: 'ended',
    stdout: 'done\n',
  })

  const lost = run('lost', ['sleep', '3600'], LASTING)
  const record = await until('its record', async () => {
    const text = await readFile(join(folder, (await readdir(folder)).find((name) => name.endsWith('.json')) ?? ''), 'utf8')
    return /"lost":\{"pid":(\d+)/.exec(text)?.[1]
  })
  process.kill(-Number(record), 'SIGKILL')
  await t.throwsAsync(lost, { instanceOf: LostProgram, message: /sleep has ended, and nobody was there to see how/ })
  const later = await (await openJobBook(world, folder)).begin(JOB, unwatched)
  await t.throwsAsync(later('lost', ['sleep', '3600'], LASTING), { instanceOf: LostProgram })
})

test('a process that has the number of one that is gone is not taken for it, nor killed', async (t) => {
  const { folder } = await folderFor(t)
  const book = await openJobBook(world, folder)
  const run = await book.begin(JOB, unwatched)
  await run('copy', ['true'], LASTING)
  const [name = ''] = (await readdir(folder)).filter((one) => one.endsWith('.json'))
  const text = await readFile(join(folder, name), 'utf8')
  await writeFile(join(folder, name), text.replace(/"pid":\d+/, `"pid":${process.pid}`))
  const control = new AbortController()
  control.abort()
  const next = await (await openJobBook(world, folder)).begin(JOB, { ...unwatched, signal: control.signal })
  await machineFiles.remove(join(folder, `${name.slice(0, 32)}.copy.status`))
  await t.throwsAsync(next('copy', ['true'], LASTING), { instanceOf: LostProgram })
})

test('one that is not wanted any more ends politely, or else at once, with all that it has started', async (t) => {
  const { folder, script } = await folderFor(t)
  const book = await openJobBook(world, folder)
  for (const [step, text, said] of [
    ['polite', `trap 'echo tidied; exit 1' TERM; echo up >"$loose.polite"; ${WAIT}`, 'tidied\n'],
    ['deaf', `trap '' TERM; echo up >"$loose.deaf"; ${WAIT} & wait; wait`, ''],
  ] as const) {
    const control = new AbortController()
    const run = await book.begin(JOB, { ...unwatched, signal: control.signal })
    const running = run(step, script(text), LASTING)
    await until('that it runs', async () => (await readFile(join(folder, `../loose.${step}`), 'utf8').catch(() => '')) === 'up\n')
    control.abort()
    t.deepEqual(await running, { kind: 'stopped', stdout: said, reason: 'stopped before its end' })
    const left = await machineBackend().run(['pgrep', '-f', `loose.${step}`])
    t.like(left, { kind: 'ended', stdout: '' }, step)
  }
})

test('its time is its own, whichever agent looks', async (t) => {
  const { folder } = await folderFor(t)
  const book = await openJobBook(world, folder)
  const run = await book.begin(JOB, unwatched)
  const first = run('copy', ['sleep', '3600'], { seconds: 1 })
  t.like(await first, { kind: 'stopped', reason: 'stopped after 1 s' })
})

test('a job that an agent of another version has begun is unknown, not begun a second time, and its files stay', async (t) => {
  const { folder } = await folderFor(t)
  await (await openJobBook(world, folder)).begin(JOB, unwatched)
  const [name = ''] = await readdir(folder)
  const text = (await readFile(join(folder, name), 'utf8')).replace('scan-file-system', 'brew-coffee')
  await writeFile(join(folder, name), text)
  await writeFile(join(folder, `${name.slice(0, 32)}.copy.out`), 'x')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `${'0'.repeat(32)}.copy.out`), 'of no job')
  const next = await openJobBook(world, folder)
  t.deepEqual(next.kept, [])
  await t.throwsAsync(next.begin(JOB, unwatched), { instanceOf: LostProgram })
  t.deepEqual((await readdir(folder)).sort(), [`${name.slice(0, 32)}.copy.out`, name].sort())
  t.is(await readFile(join(folder, name), 'utf8'), text)
})
