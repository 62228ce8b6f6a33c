// The program that holds a guest's writes while two mirrors meet, as dom0's sh runs it, with programs in the place of dmsetup and drbdsetup.
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { HOLD } from '../../../../images/agent/mirrors/join.ts'
import { until } from '../../../manager/site.ts'

interface Programs {
  /** Shell, behind what is written down of it. */
  readonly suspend?: string
  readonly connect?: string
}

async function open(t: ExecutionContext, { suspend = '', connect = '' }: Programs) {
  const folder = await mkdtemp(join(tmpdir(), 'hl-hold-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const [log, drbd] = [join(folder, 'log'), join(folder, 'drbd')]
  const program = async (name: string, text: string) => {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`)
    await chmod(join(folder, name), 0o755)
  }
  await program('dmsetup', `[ "$1" != suspend ] || { ${suspend === '' ? ':' : suspend}; }\necho "$*" >>${log}`)
  await program('drbdsetup', `echo "$*" >>${log}\n${connect}`)
  await writeFile(log, '')
  await writeFile(drbd, 'version: 8.4.11\n 3: cs:WFConnection ro:Primary/Unknown\n 4: cs:Connected ro:Primary/Secondary\n')
  const meet = `sed -i 's/3: cs:WFConnection/3: cs:SyncSource/' ${drbd}`
  await program('meet', meet)
  const script = HOLD.replaceAll('/proc/drbd', drbd)
  const run = () =>
    execa('sh', ['-c', script, 'hostless-join', '/dev/mapper/g', '3', 'drbdsetup', 'connect', '3'], {
      env: { PATH: `${folder}:${process.env.PATH}` },
      reject: false,
    })
  const said = async () => (await readFile(log, 'utf8')).trim().split('\n')
  return { run, said }
}

const SUSPEND = 'suspend --nolockfs --noudevsync /dev/mapper/g'
const RESUME = 'resume --noudevsync /dev/mapper/g'
const CONNECT = 'connect 3'

test('writes are held until the two have met, and no longer', async (t) => {
  const { run, said } = await open(t, { connect: 'meet' })
  const { exitCode, stdout } = await run()
  t.is(exitCode, 0)
  t.regex(stdout, /^held \d+$/)
  t.deepEqual(await said(), [SUSPEND, CONNECT, RESUME])
})

test('where they do not meet in time the guest goes on, and nobody says that it was held', async (t) => {
  const { run, said } = await open(t, {})
  const { exitCode, stdout } = await run()
  t.deepEqual([exitCode, stdout], [0, ''])
  const all = await said()
  t.deepEqual(all.slice(0, 2), [SUSPEND, CONNECT])
  t.true(all.slice(2).length > 0 && all.slice(2).every((one) => one === RESUME))
})

test('what cannot be joined lets the guest go on at once, with its code; what cannot be suspended is joined all the same', async (t) => {
  const failing = await open(t, { connect: 'exit 10' })
  t.is((await failing.run()).exitCode, 10)
  t.deepEqual(await failing.said(), [SUSPEND, CONNECT, RESUME])
  const running = await open(t, { suspend: 'exit 1', connect: 'meet' })
  t.like(await running.run(), { exitCode: 0, stdout: '' })
  t.deepEqual(await running.said(), [CONNECT])
})

test('killed in the midst of it, the other clock lets the guest go on, also where it took long to suspend it', async (t) => {
  for (const suspend of ['', 'sleep 2.5']) {
    const { run, said } = await open(t, { suspend, connect: 'sleep 12' })
    const running = run()
    await until('it to be suspended', async () => (await said()).includes(CONNECT), 60_000)
    running.kill('SIGKILL')
    await until('the guest to go on', async () => (await said()).lastIndexOf(RESUME) > (await said()).indexOf(SUSPEND), 60_000)
  }
  t.pass()
})
