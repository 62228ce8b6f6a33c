import test from 'ava'
import { between, ENTER_SCREEN, frameOf, LEAVE_SCREEN } from '../../../../../manager/cli/engine/watch/frame.ts'
import { until } from '../../../site.ts'
import { startFakeManager } from '../../fake-manager.ts'
import { settingFor } from '../../operator.ts'
import { idOf, poolData } from '../../pool-data.ts'
import { commandIn, startCli, startOnTerminal } from '../../started.ts'

test('in a pipe --watch writes one line of JSON for each change that an event tells, and ends with 0 at SIGINT', async (t) => {
  const manager = await startFakeManager(t, poolData())
  const { environment } = await settingFor(t, manager)
  const cli = startCli(t, environment, 'host', 'list', 'node01', '--watch', '--output', 'json')
  await cli.says(/\n/)
  await until('a listener', () => manager.listeners() === 1)
  const [first] = manager.pool.hosts
  if (first) manager.pool.hosts[0] = { ...first, notes: 'mended' }
  manager.tell({ kind: 'host', host: idOf(1), name: 'node01', state: 'up' })
  await cli.says(/mended.*\n/)
  cli.signal('SIGINT')
  t.is(await cli.ended, 0)
  const lines = cli.out().trimEnd().split('\n')
  t.deepEqual(
    lines.map((line) => JSON.parse(line)[0].notes),
    ['', 'mended'],
  )
})

test('a manager that goes away and comes back is waited for, and said so once; a token that is refused ends it', async (t) => {
  const manager = await startFakeManager(t, poolData())
  const { environment } = await settingFor(t, manager)
  const cli = startCli(t, environment, 'alarm', 'list', '--watch', '--output', 'csv')
  await cli.says(/siblings/)
  await until('a listener', () => manager.listeners() === 1)
  manager.pool.raw['GET /alarms'] = { alarms: [] }
  await manager.pause()
  await until('a word on stderr', () => /no manager answers/.test(cli.err()))
  await manager.resume()
  await cli.says(/^host,kind,.*\r\n[\s\S]*\r\n\r\nhost,kind,.*\r\n$/)
  t.is(cli.err().split('no manager answers').length, 2)
  await until('a listener again', () => manager.listeners() === 1)
  manager.pool.refuses = true
  manager.tell({ kind: 'alarm', alarm: 'x' })
  t.is(await cli.ended, 1)
  t.regex(cli.err(), /error: this credential is unknown, expired or revoked/)
})

test('on a terminal --watch has a screen of its own, and gives it back at Ctrl-C', async (t) => {
  const manager = await startFakeManager(t, poolData())
  const { environment, home } = await settingFor(t, manager)
  const cli = startOnTerminal(t, environment, `${await commandIn(home)}/hostless hoststats --watch`)
  const before = (await cli.says(/7 hosts/)).length
  t.true(cli.out().includes(ENTER_SCREEN))
  await until('a listener', () => manager.listeners() === 1)
  const [first] = manager.pool.hosts
  if (first?.load) manager.pool.hosts[0] = { ...first, load: { ...first.load, cpus: 128 } }
  manager.tell({ kind: 'sample', host: idOf(1) })
  await cli.says(/100\.0/, before)
  cli.type('\u0003')
  t.is(await cli.ended, 0)
  t.true(cli.out().trimEnd().endsWith(LEAVE_SCREEN))
})

test('a frame fills the screen and no more', (t) => {
  const text = Array.from({ length: 50 }, (_, index) => `line ${index}\n`).join('')
  const lines = frameOf('status\u001b[2J', text, 10).split('\r\n')
  t.is(lines.length, 10)
  t.true(lines[0]?.includes('status\\x1b[2J'))
  t.true(lines.at(-1)?.startsWith('… 43 lines more'))
  t.is(frameOf('s', 'a\n', 10).split('\r\n').length, 3)
  t.deepEqual((['json', 'yaml', 'csv', 'table', 'xml'] as const).map(between), ['', '---\n', '\r\n', '\n', '\n'])
})
