import test, { type ExecutionContext } from 'ava'
import { nothingOf, wavesOf } from '../../../fake-measures.ts'
import { startFakeManager } from '../../fake-manager.ts'
import { run, settingFor } from '../../operator.ts'
import { AT, type PoolData, poolData } from '../../pool-data.ts'

async function start(t: ExecutionContext, measures: NonNullable<PoolData['measures']> = (last) => wavesOf(last, AT)) {
  const manager = await startFakeManager(t, { ...poolData(), measures })
  const setting = { ...(await settingFor(t, manager)), columns: 80 }
  return (line: string, look: { readonly unicode?: boolean } = {}) => run({ ...setting, ...look }, ...line.split(' '))
}

test('a host is drawn on 80 columns: a line a measure, with its newest, mean and most, and a gap where it was not measured', async (t) => {
  const hostless = await start(t)
  const { out, code } = await hostless('host stats node01')
  t.is(code, 0)
  const lines = out.trimEnd().split('\n')
  t.is(lines.length, 7, out)
  t.true(
    lines.every((line) => line.length <= 80),
    out,
  )
  t.regex(lines[0] ?? '', /^node01 +NOW +MEAN +MOST +LAST HOUR/)
  t.regex(lines[1] ?? '', /^CPU +\d+\.\d % +\d+\.\d % +\d+\.\d % +[▁▂▃▄▅▆▇█]{16,17} {2,4}[▁▂▃▄▅▆▇█]{10,11}$/)
  t.regex(lines[3] ?? '', /^disk read +[\d.]+ [KM]iB\/s +[\d.]+ MiB\/s +[\d.]+ MiB\/s /)
  t.regex((await hostless('host stats node01', { unicode: false })).out, /\nCPU [ \d.%]+ [_.:=+*#-]{16,17} {2,4}[_.:=+*#-]{10,11}\n/)
})

test('a program gets every point, a gap as null, and of a day the most of each five minutes', async (t) => {
  const hostless = await start(t)
  const hour = JSON.parse((await hostless('host stats node01,node02 --output json')).out)
  t.is(hour.length, 2 * 720)
  t.like(hour[0], { host: 'node01', time: new Date(AT - 719 * 5000).toISOString(), mostcpu: null })
  t.true(hour.some(({ cpu }: { cpu: number | null }) => cpu === null))
  const day = JSON.parse((await hostless('host stats node01 --last 1d --output json')).out)
  t.is(day.length, 288)
  t.true(day.every(({ cpu, mostcpu }: { cpu: number | null; mostcpu: number | null }) => (mostcpu ?? 0) >= (cpu ?? 0)))
})

test('of what was never measured that is said; who is not there is named, and other spans are none', async (t) => {
  const hostless = await start(t, nothingOf)
  t.is((await hostless('host stats node01')).out, 'node01: nothing was measured in that time.\n')
  t.deepEqual(JSON.parse((await hostless('host stats node01 --output json')).out), [])
  t.is((await hostless('host stats nobody')).code, 4)
  t.is((await hostless('host stats node01 --last 2d')).code, 2)
})
