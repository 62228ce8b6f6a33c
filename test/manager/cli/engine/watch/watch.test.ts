import test from 'ava'
import { between, ENTER_SCREEN, frameOf, LEAVE_SCREEN, TOP } from '../../../../../manager/cli/engine/watch/frame.ts'
import { type Key, keysIn, scrolled } from '../../../../../manager/cli/engine/watch/keys.ts'
import { until } from '../../../site.ts'
import { startFakeManager } from '../../fake-manager.ts'
import { settingFor } from '../../operator.ts'
import { hostOf, idOf, poolData } from '../../pool-data.ts'
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
  await cli.says(/^severity,dataatrisk,.*\r\n[\s\S]*\r\n\r\nseverity,dataatrisk,.*\r\n$/)
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
  t.true(lines.at(-1)?.startsWith('… 43 lines below: arrows, PgUp'))
  t.is(frameOf('s', 'a\n', 10).split('\r\n').length, 3)
  t.deepEqual((['json', 'yaml', 'csv', 'table', 'xml'] as const).map(between), ['', '---\n', '\r\n', '\n', '\n'])
})

const FIFTY = Array.from({ length: 50 }, (_, index) => `line ${index}\n`).join('')

/** Lines of the text that a screen of ten rows shows after these keys, headings first, and what it says is hidden. */
function seenAfter(keys: readonly Exclude<Key, 'leave'>[], pinned = 0): readonly string[] {
  const view = keys.reduce((now, key) => scrolled(now, key, 50, 10), { ...TOP, pinned })
  const lines = frameOf('s', FIFTY, 10, view).split('\r\n').slice(2)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what ends a line
  return lines.map((line) => line.replaceAll(/\u001b\[[KJ]/g, '').replace(/:.*/, ''))
}

test('what does not fit is scrolled to, between its ends, and what is hidden above and below is said', (t) => {
  t.deepEqual(seenAfter(['down', 'down']).slice(0, 1), ['line 2'])
  t.is(seenAfter(['page-down']).at(-1), '… 7 lines above, 36 lines below')
  t.deepEqual([seenAfter(['end']).at(-2), seenAfter(['end', 'down']).at(-1)], ['line 49', '… 43 lines above'])
  t.deepEqual(seenAfter(['end', 'home', 'up']), seenAfter([]))
  t.deepEqual(seenAfter(['page-down', 'page-up']), seenAfter([]))
  t.deepEqual(seenAfter(['end'], 1), ['line 0', ...[44, 45, 46, 47, 48, 49].map((line) => `line ${line}`), '… 43 lines above'])
  t.deepEqual(scrolled(TOP, 'end', 8, 10), TOP, 'all of it is seen')
})

test('keys are those of less(1), and what means nothing moves nothing', (t) => {
  t.deepEqual(keysIn('\u001b[A\u001b[B\u001b[5~\u001b[6~\u001bOH\u001b[F'), ['up', 'down', 'page-up', 'page-down', 'home', 'end'])
  t.deepEqual(keysIn('jk q\u0003x\u001b[99z\u001b'), ['down', 'up', 'page-down', 'leave', 'leave'])
})

test('on a terminal a list that is longer than its window is scrolled by keys under its headings', async (t) => {
  const pool = poolData()
  const idAt = (at: number): string => `host${String.fromCharCode(97 + (at % 20)).repeat(11)}${at < 20 ? 'a' : 'b'}`
  const forty = Array.from({ length: 40 }, (_, at) => ({ ...hostOf(1), id: idAt(at), name: `node${String(at + 1).padStart(2, '0')}` }))
  pool.hosts.splice(0, pool.hosts.length, ...forty)
  const manager = await startFakeManager(t, pool)
  const { environment, home } = await settingFor(t, manager)
  const cli = startOnTerminal(t, environment, `${await commandIn(home)}/hostless host list --watch`)
  const before = (await cli.says(/… \d+ lines below/)).length
  cli.type('\u001b[F')
  const after = (await cli.says(/lines above/, before)).slice(before)
  t.true(after.includes('HOST') && after.includes('node40') && !after.includes('node05'))
  cli.type('q')
  t.is(await cli.ended, 0)
})
