// `hostless task`: what it lists, follows and ends, over a manager that is made up.
import test, { type ExecutionContext } from 'ava'
import type { Task } from '../../../../../manager/tasks/task.ts'
import { BEGUN, runningAutomation } from '../../../fake-automations.ts'
import { runningTask } from '../../../fake-tasks.ts'
import { until } from '../../../site.ts'
import { startFakeManager } from '../../fake-manager.ts'
import { run, settingFor } from '../../operator.ts'
import { poolData } from '../../pool-data.ts'
import { commandIn, startCli, startOnTerminal } from '../../started.ts'

async function start(t: ExecutionContext) {
  t.timeout(120_000)
  const pool = poolData()
  const manager = await startFakeManager(t, pool)
  const setting = await settingFor(t, manager)
  const become = (id: string, changed: Partial<Task>) => {
    const at = pool.tasks.findIndex((one) => one.id === id)
    const [was] = pool.tasks.slice(at)
    if (!was) throw new Error(`there is no task ${id}`)
    const { progress: _progress, ...rest } = was
    pool.tasks[at] = { ...(changed.ended === undefined ? was : rest), ...changed }
    manager.tell({ kind: 'task', task: id })
  }
  return { manager, pool, setting, become, hostless: (line: string) => run(setting, ...line.split(' ')) }
}

const ENDED = { ended: BEGUN + 21_000, mayCancel: false, notCancelled: 'it has ended' } as const

test('list and show say of every kind what it is, how far, and whether it may be cancelled', async (t) => {
  const { pool, hostless, setting } = await start(t)
  pool.tasks.push(
    runningTask('k3tqaaaa'),
    runningTask('k3zzbbbb', { kind: 'scan', what: 'look at fs:1', state: 'failed', reason: 'bad', ...ENDED }),
  )
  pool.automations.push(runningAutomation('auto1', { created: BEGUN + 9 }))
  const { out } = await run({ ...setting, columns: 80 }, 'task', 'list')
  const flat = out.replaceAll(/\s+/g, ' ')
  t.regex(out, /auto1 +running +make VG data/)
  t.regex(flat, /k3tqaaaa running add image debian13 import 40 %/)
  t.true(
    out.split('\n').every((line) => line.length <= 80),
    out,
  )
  const ids = async (line: string) => JSON.parse((await hostless(`${line} --output json`)).out).map(({ id }: { id: string }) => id)
  t.deepEqual(await ids('task list'), ['auto1', 'k3zzbbbb', 'k3tqaaaa'])
  t.deepEqual(await ids('task list --open'), ['auto1', 'k3tqaaaa'])
  t.deepEqual(await ids('task list --kind scan'), ['k3zzbbbb'])
  t.is((await hostless('task list --kind nothing')).code, 2)
  const shown = JSON.parse((await hostless('task show k3t --output json')).out)
  t.like(shown.task ?? shown, { id: 'k3tqaaaa', phase: 'import', done: 400 << 20, secondsLeft: 12, mayCancel: 'yes' })
  t.regex((await hostless('task show k3')).err, /2 tasks have an id that begins with k3/)
  t.is((await hostless('task show nothing')).code, 4)
})

test('watch says each phase and the end in a pipe, and fails with what it watches', async (t) => {
  const { manager, pool, setting, become } = await start(t)
  pool.tasks.push(runningTask('aa'), runningTask('bb'))
  const [good, bad] = ['aa', 'bb'].map((id) => startCli(t, setting.environment, 'task', 'watch', id))
  if (!good || !bad) return t.fail()
  for (const cli of [good, bad]) await cli.says(/running/)
  await until('two listeners', () => manager.listeners() === 2)
  become('aa', { state: 'done', ...ENDED })
  become('bb', { state: 'failed', reason: 'it is no disk', ...ENDED })
  t.is(await good.ended, 0)
  t.regex(good.out(), /^add image debian13: running, import 40 %.* 50(\.0)? MiB\/s, 12(\.0)? s left\nadd image debian13: done \(21 s\)\n$/)
  t.is(await bad.ended, 1)
  t.regex(bad.out(), /add image debian13: failed, it is no disk \(21 s\)\n/)
  t.regex(bad.err(), /it has failed: it is no disk/)
})

test('watch of an automation has its steps', async (t) => {
  const { pool, hostless } = await start(t)
  const steps = [{ step: '1', what: 'make-vg on node01', state: 'done' as const, started: BEGUN, ended: BEGUN + 10 }]
  pool.automations.push(runningAutomation('auto1', { state: 'done', ended: BEGUN + 3000, mayAbort: 'no: it has ended', steps }))
  t.regex((await hostless('task watch auto1')).out, /auto1: 1 make-vg on node01: done/)
})

test('on a terminal one line is drawn in place, with the time that it takes at its end', async (t) => {
  const { manager, pool, setting, become } = await start(t)
  pool.tasks.push(runningTask('aa'))
  const cli = startOnTerminal(t, setting.environment, `${await commandIn(setting.home)}/hostless task watch aa`)
  await cli.says(/import 40 %/)
  await until('a listener', () => manager.listeners() === 1)
  become('aa', { state: 'done', ...ENDED })
  t.is(await cli.ended, 0)
  const frames = cli.out().split(`${String.fromCharCode(27)}[1A`)
  t.true(frames.length > 1, 'the second frame is drawn over the first')
  t.regex(frames.at(-1) ?? '', /add image debian13: done +21 s/)
})

test('cancel ends one in the name of who asks, and several when that is meant; what cannot be cancelled is refused with its reason', async (t) => {
  const { manager, pool, hostless } = await start(t)
  pool.tasks.push(runningTask('aa'), runningTask('bb'), runningTask('cc', { mayCancel: false, notCancelled: 'node01 looks at it' }))
  pool.automations.push(runningAutomation('auto1'))
  t.regex((await hostless('task cancel aa')).out, /aa +done +cancelled/)
  t.deepEqual(manager.asked.at(-1), { id: 'tasks.cancel', input: { id: 'aa' } })
  t.is((await hostless('task cancel bb auto1')).code, 2, 'nobody is there to say yes')
  t.is(pool.tasks[1]?.state, 'running')
  t.is((await hostless('task cancel bb auto1 --yes')).code, 0)
  t.is(pool.automations[0]?.state, 'aborted')
  const refused = await hostless('task cancel cc')
  t.is(refused.code, 1)
  t.regex(refused.out.replaceAll(/\s+/g, ' '), /cc refused task cc \(add image debian13\) cannot be cancelled: node01 looks at it/)
})

test('--help of each has an example', async (t) => {
  const { hostless } = await start(t)
  for (const verb of ['list', 'show', 'watch', 'cancel'])
    t.regex((await hostless(`task ${verb} --help`)).out, /Examples:\n {2}hostless task/)
})
