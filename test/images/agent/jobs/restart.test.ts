// A real agent process with a real program: killed in the midst of a job, and started again.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { machineBackend } from '../../../../images/agent/exec.ts'
import type { RequestBody } from '../../../../manager/protocol/requests.ts'
import { type BootOfHost, dataDirFor, macOf, pushBoot, type Site, startSite, until } from '../../../manager/site.ts'

const JOB: RequestBody = { kind: 'scan-file-system', fileSystem: { kind: 'uuid', uuid: 'a' } }
const PATIENCE = 60_000
const PROGRAM = import.meta.filename.replace('restart.test', 'long-agent')

interface Dom0 {
  readonly site: Site
  readonly folder: string
  readonly boot: BootOfHost
}

async function bootDom0(t: ExecutionContext): Promise<Dom0> {
  t.timeout(4 * PATIENCE)
  const site = await startSite(t, { enrol: 'auto' })
  const folder = await dataDirFor(t)
  t.teardown(() => writeFile(join(folder, 'loose'), ''))
  await writeFile(join(folder, 'manager'), JSON.stringify(site.address))
  return { site, folder, boot: await pushBoot(site, macOf(1)) }
}

async function startAgentProcess(
  t: ExecutionContext,
  { site, folder, boot }: Dom0,
): Promise<{ readonly child: ChildProcess; readonly host: string }> {
  const options = PROGRAM.endsWith('.ts') ? ['--import=tsx'] : []
  const child = spawn(process.execPath, [...options, PROGRAM, folder, boot.attempt, boot.token], { stdio: ['ignore', 'ignore', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const { pool } = site.manager
  const host = await until('its host', () => pool.hosts().find(({ connection }) => connection?.agent === `${child.pid}`), PATIENCE)
  return { child, host: host.id }
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

const startsIn = ({ folder }: Dom0) => readFile(join(folder, 'starts'), 'utf8').catch(() => '')
/** By what the program of the job is told from all others. */
const mark = ({ folder }: Dom0): string => `until . -e ${folder}/loose`
const found = (dom0: Dom0, ...how: string[]) => machineBackend().run(['pkill', ...how, '-f', mark(dom0)])

test('an agent that is killed in the midst of a job finds its program again: it goes on telling, ends once, and was started once', async (t) => {
  const dom0 = await bootDom0(t)
  const { gateway, pool } = dom0.site.manager
  const first = await startAgentProcess(t, dom0)
  const asking = gateway.ask(first.host, JOB, { id: 'job' })
  const told = await until('some progress', () => (asking.progress()?.done ?? 0) > 2 && asking.progress()?.done, PATIENCE)
  await kill(first.child)
  t.like(await asking.ended, { kind: 'refused', cause: 'absent' })
  t.like(await found(dom0, '-0'), { exitCode: 0 }, 'it runs')

  const { child, host } = await startAgentProcess(t, dom0)
  t.is(host, first.host)
  const again = gateway.ask(host, JOB, { id: 'job' })
  const more = await until('more progress', () => (again.progress()?.done ?? 0) > told && again.progress()?.done, PATIENCE)
  t.true(more > told)
  await writeFile(join(dom0.folder, 'loose'), '')
  const done = { kind: 'answered', answer: { kind: 'file-system-scanned', leftOut: ['exit code 0, done'] } } as const
  t.like(await again.ended, done)
  t.is(await startsIn(dom0), 'x\n')

  // The answer is the next agent's, too.
  await kill(child)
  const last = await startAgentProcess(t, dom0)
  t.like(await gateway.request(last.host, JOB, { id: 'job' }), done)
  t.is(await startsIn(dom0), 'x\n')
  t.deepEqual(await pool.alarms(), [])
})

test('a job that nobody asks for again holds what it holds after a restart; a cancel ends its program', async (t) => {
  const dom0 = await bootDom0(t)
  const { gateway } = dom0.site.manager
  const first = await startAgentProcess(t, dom0)
  const asking = gateway.ask(first.host, JOB, { id: 'job' })
  await until('some progress', () => asking.progress(), PATIENCE)
  await kill(first.child)

  const { host } = await startAgentProcess(t, dom0)
  const other = gateway.ask(host, JOB, { id: 'other' })
  const again = gateway.ask(host, JOB, { id: 'job' })
  await until('how far it has come', () => again.progress(), PATIENCE)
  t.is(other.progress(), undefined)
  t.is(await startsIn(dom0), 'x\n', 'the other waits')
  again.cancel()
  const cancelled = { kind: 'refused', cause: 'cancelled', reason: 'it was cancelled: stopped before its end' }
  t.deepEqual(await again.ended, { kind: 'answered', answer: cancelled })
  await until('the other', async () => (await startsIn(dom0)) === 'x\nx\n', PATIENCE)
  other.cancel()
  t.like(await other.ended, { kind: 'answered', answer: { cause: 'cancelled' } })
  // Its exit code is written down, and then its wrapper ends.
  await until(
    'it runs no more',
    async () => {
      const ran = await found(dom0, '-0')
      return ran.kind === 'ended' && ran.exitCode === 1
    },
    PATIENCE,
  )
  t.pass()
})

test('an agent whose program was killed while it was away says that nobody knows, and says it again', async (t) => {
  const dom0 = await bootDom0(t)
  const { gateway } = dom0.site.manager
  const first = await startAgentProcess(t, dom0)
  const asking = gateway.ask(first.host, JOB, { id: 'job' })
  await until('some progress', () => asking.progress(), PATIENCE)
  await kill(first.child)
  t.like(await found(dom0, '-KILL'), { exitCode: 0 })

  const { host } = await startAgentProcess(t, dom0)
  for (let times = 0; times < 2; times += 1) {
    const answered = await gateway.request(host, JOB, { id: 'job' })
    t.like(answered, { kind: 'answered', answer: { kind: 'refused', cause: 'unknown' } })
    t.regex(JSON.stringify(answered), /look at the host/)
  }
  t.is(await startsIn(dom0), 'x\n')
})
