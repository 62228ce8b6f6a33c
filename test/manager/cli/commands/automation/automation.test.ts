import test, { type ExecutionContext } from 'ava'
import { BEGUN, runningAutomation } from '../../../fake-automations.ts'
import { until } from '../../../site.ts'
import { startFakeManager } from '../../fake-manager.ts'
import { run, settingFor } from '../../operator.ts'
import { idOf, poolData } from '../../pool-data.ts'
import { commandIn, startCli, startOnTerminal } from '../../started.ts'

const ESCAPE = String.fromCharCode(27)

async function start(t: ExecutionContext) {
  t.timeout(120_000)
  const pool = poolData()
  const manager = await startFakeManager(t, pool)
  const setting = await settingFor(t, manager)
  const end = (id: string, changed: Partial<(typeof pool.automations)[number]> = {}) => {
    const at = pool.automations.findIndex((one) => one.id === id)
    const was = pool.automations[at]
    if (!was) throw new Error(`there is no automation ${id}`)
    const steps = was.steps.map((step) => ({ ...step, state: 'done' as const, ended: BEGUN + 2500 }))
    pool.automations[at] = { ...was, state: 'done', ended: BEGUN + 3000, mayAbort: 'no: it has ended', steps, ...changed }
    manager.tell({ kind: 'automation', automation: id })
  }
  return { manager, pool, setting, end, hostless: (line: string) => run(setting, ...line.split(' ')) }
}

test('list and show say what there is; an id may be said by its beginning', async (t) => {
  const { pool, hostless, end } = await start(t)
  pool.automations.push(runningAutomation('k3tqaaaa'), runningAutomation('k3zzbbbb', { title: 'make VG data on node02 of sdb' }))
  end('k3zzbbbb')
  t.regex((await hostless('automation list')).out, /k3tqaaaa +running +make VG data on node01 of sdb/)
  t.deepEqual(
    JSON.parse((await hostless('automation list --open --output json')).out).map(({ id }: { id: string }) => id),
    ['k3tqaaaa'],
  )
  const shown = JSON.parse((await hostless('automation show k3t --output json')).out)
  t.like(shown.automation ?? shown, { id: 'k3tqaaaa', state: 'running', turn: 'make-vg on node01' })
  t.regex((await hostless('automation show k3')).err, /2 automations have an id that begins with k3/)
  t.is((await hostless('automation show nothing')).code, 4)
})

test('abort, resume and retry-undo are said to the manager; more than one is asked about, or needs --yes', async (t) => {
  const { manager, pool, hostless } = await start(t)
  pool.automations.push(runningAutomation('aa'), runningAutomation('bb'), runningAutomation('cc', { state: 'needs-operator' }))
  t.regex((await hostless('automation abort aa')).out, /aa +done +aborted: hostless automation watch aa/)
  t.is((await hostless('automation abort bb cc')).code, 2)
  t.is(pool.automations.find(({ id }) => id === 'bb')?.state, 'running')
  t.is((await hostless('automation resume cc')).code, 0)
  t.is((await hostless('automation retry-undo cc --by-hand')).code, 0)
  t.deepEqual(manager.asked.at(-1), { id: 'automations.retryUndo', input: { id: 'cc', how: 'by-hand' } })
  t.is((await hostless('automation abort bb cc --yes')).code, 0)
})

test('pace tells a move its rate by amount a second, or unlimited; what is no rate, and what moves no guest, is refused', async (t) => {
  const { manager, pool, hostless } = await start(t)
  pool.automations.push(runningAutomation('mm', { rate: { mayChange: 'yes' } }), runningAutomation('vg'))
  for (const [typed, rateBytes] of [
    ['50MB/s', 50 * 2 ** 20],
    ['1.5G', 1.5 * 2 ** 30],
    ['unlimited', null],
  ] as const) {
    const ran = await hostless(`automation pace mm --rate ${typed}`)
    t.is(ran.code, 0, ran.err)
    t.deepEqual(manager.asked.at(-1), { id: 'automations.pace', input: { id: 'mm', rateBytes } })
  }
  await hostless('automation pace mm --rate 40M')
  t.is(JSON.parse((await hostless('automation show mm --output json')).out).automation.rate, '40 MiB/s')
  for (const wrong of ['automation pace mm --rate fast', 'automation pace mm']) t.is((await hostless(wrong)).code, 2, wrong)
  t.regex((await hostless('automation pace vg --rate 40M')).out, /refused +it moves no guest/)
})

test('vg create on several hosts waits for all, says a line for each, and by its exit code all, some or none', async (t) => {
  const { manager, pool, setting, hostless, end } = await start(t)
  pool.refusals[idOf(3)] = 'no disk of node03 is proven empty: sda (1 GiB): it has 2 partitions'
  const ran = hostless('storage vg create data --on node0[1-3] --disks empty')
  await until('two of them', () => pool.automations.length === 2)
  end('auto1')
  end('auto2', { state: 'failed', reason: 'sdb is held by VG old' })
  const { code, out, err } = await ran
  t.is(code, 3)
  t.regex(out, /node01: 5 make-vg on node01: done/)
  t.regex(out, /node01 +done +make VG data on \w+ \(3\.0 s\)/)
  t.regex(out, /node02 +failed +failed after 3\.0 s: sdb is held by VG old/)
  t.regex(out, /node03 +refused +no disk of node03 is proven empty/)
  t.is(err, 'error: done for 1 of 3\n')
  t.deepEqual(
    manager.asked.filter(({ id }) => id === 'storage.createVg').map(({ input }) => input),
    [1, 2, 3].map((index) => ({ host: idOf(index), name: 'data', disks: 'empty' })),
  )
  const detached = await hostless('storage vg extend data --on node01 --disks S1 S2 --detach --output json')
  t.is(detached.code, 0)
  t.like(JSON.parse(detached.out)[0], { name: 'node01', result: 'started', automation: 'auto3' })
  t.is((await hostless('storage vg create data --on node01 --disks empty S1')).code, 2)
  t.is((await hostless('storage vg remove data --on node01 node02')).code, 2, 'nobody is there to say yes')
  t.is((await hostless('storage vg remove data --on node01 node02 --yes --detach')).code, 0)
  const asked = await run({ ...setting, answers: ['no'] }, ...'storage vg remove data --on node01 node02'.split(' '))
  t.regex(asked.err, /Remove VG data on node01, node02\? \[yes\/no\]/)
  t.is(asked.code, 1)
})

test('one that needs an operator ends the waiting, with the commands to run', async (t) => {
  const { pool, hostless, manager } = await start(t)
  const ran = hostless('storage vg create data --on node01 --disks empty')
  await until('it', () => pool.automations.length === 1)
  const [one] = pool.automations
  if (one) pool.automations[0] = { ...one, state: 'needs-operator', reason: 'could not remove it' }
  manager.tell({ kind: 'automation', automation: 'auto1' })
  const { code, out } = await ran
  t.is(code, 1)
  t.regex(out.replaceAll(/\s+/g, ' '), /needs an operator: could not remove it: hostless automation resume auto1/)
})

test('an invocation has one key, which its own second try has again; in a hook it says whose', async (t) => {
  const { manager, pool, setting, end } = await start(t)
  const environment = { ...setting.environment, HOSTLESS_AUTOMATION: 'k3tq' }
  await manager.pause()
  const ran = run({ environment }, ...'storage vg create data --on node01 --disks empty --detach'.split(' '))
  await ran
  await manager.resume()
  const again = run({ environment }, ...'storage vg create data --on node01 node02 --disks empty'.split(' '))
  await until('both', () => pool.automations.length === 2)
  end('auto1')
  end('auto2')
  t.is((await again).code, 0)
  const starts = manager.headers.filter(({ path }) => path === 'POST /api/v1/storage/vgs')
  t.is(new Set(starts.map(({ key }) => key)).size, 2, 'of two starts each has its own')
  t.true(starts.every(({ key, within }) => /^[0-9a-f-]{36}$/.test(String(key)) && within === 'k3tq'))
})

test('on a terminal the steps are redrawn in place, and the last frame stays', async (t) => {
  const { manager, pool, setting, end } = await start(t)
  const home = setting.home
  pool.automations.push(runningAutomation('k3tq'))
  const cli = startOnTerminal(t, setting.environment, `${await commandIn(home)}/hostless automation watch k3tq`)
  await cli.says(/make-vg on node01/)
  await until('a listener', () => manager.listeners() === 1)
  end('k3tq')
  t.is(await cli.ended, 0)
  const frames = cli.out().split(`${ESCAPE}[`)
  t.true(
    frames.some((text) => /^\d+A/.test(text)),
    'the second frame is drawn over the first',
  )
  const last = frames.slice(frames.findLastIndex((text) => /^\d+A/.test(text))).map((text) => text.replace(/^\d*\w/, ''))
  t.regex(last.join(''), /make VG data on node01 of sdb: done, 3\.0 s/)
  t.true(
    last
      .join('')
      .replaceAll('\r', '')
      .split('\n')
      .every((line) => line.length < 80),
  )
})

test('Ctrl-C ends the waiting and not the work, and says how to look again', async (t) => {
  const { manager, pool, setting } = await start(t)
  const cli = startCli(t, setting.environment, ...'storage vg create data --on node01 --disks empty'.split(' '))
  await cli.says(/under way/)
  await until('a listener', () => manager.listeners() === 1)
  cli.signal('SIGINT')
  t.is(await cli.ended, 0)
  t.regex(cli.out(), /node01 +started +not waited for, it goes on: hostless automation watch auto1/)
  t.is(pool.automations[0]?.state, 'running')
})
