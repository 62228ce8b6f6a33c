import test from 'ava'
import { execa } from 'execa'
import { OUTPUT_FORMATS } from '../../../manager/cli/engine/output/output.ts'
import { startFakeManager } from './fake-manager.ts'
import { run, settingFor } from './operator.ts'
import { poolData } from './pool-data.ts'

/** What a host may call itself, or what hangs on it. */
const HOSTILE = ['\u001b[2Jgone', 'two\nlines', '\u202egpj.exe', '=cmd|/c calc', '<b>&"bold', '\u009b31m', '$(reboot)', '\ud83d\ude00']

const COMMANDS = [
  ...[
    'host list',
    'host show *',
    'host history *',
    'host boots *',
    'host find',
    'host note * x',
    'storage list',
    'storage show *',
    'network list',
  ],
  ...[
    'network matrix --why',
    'storage local',
    'matrix --why',
    'cpu level',
    'cpu groups',
    'cpu explain HOST HOST',
    'alarm list',
    'user list',
  ],
  ...['token list', 'audit', 'hostlist --totals', 'hoststats', 'vmlist'],
]

test('no command in no form lets through what moves a cursor, ends a line, is a formula or is markup', async (t) => {
  for (const text of HOSTILE) {
    const manager = await startFakeManager(t, spoiled(text))
    const setting = await settingFor(t, manager)
    for (const command of COMMANDS) {
      for (const format of OUTPUT_FORMATS) {
        const argv = [...command.split(' ').map((word) => (word === 'HOST' ? 'bbbb' : word)), '--output', format]
        const { out, err, code } = await run({ ...setting, columns: 80 }, ...argv)
        const what = `${command} ${format} ${JSON.stringify(text)}`
        t.true(code === 0 || command.startsWith('cpu explain'), `${what}: ${err}`)
        t.notRegex((out + err).replaceAll(/\r?\n/g, ''), /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e]/u, what)
        if (format === 'csv') t.notRegex(out, /(^|,)"?[=+@]/m, what)
        if (format === 'json') t.notThrows(() => JSON.parse(out === '' ? 'null' : out), what)
        if (text.startsWith('two')) t.notRegex(out, /^lines/m, what)
      }
    }
  }
})

test('XML of hostile names is well formed', async (t) => {
  const manager = await startFakeManager(t, spoiled(HOSTILE.join('')))
  const setting = await settingFor(t, manager)
  const documents = await Promise.all(
    ['host list', 'host show *', 'matrix', 'hostlist --totals', 'alarm list'].map(
      async (line) => (await run(setting, ...line.split(' '), '--output', 'xml')).out,
    ),
  )
  const script = 'import sys,json,xml.dom.minidom as m\nfor x in json.load(sys.stdin): m.parseString(x.encode())'
  const { exitCode } = await execa('python3', ['-c', script], { input: JSON.stringify(documents) })
  t.is(exitCode, 0)
})

test('a refusal of the manager is shown as one harmless line', async (t) => {
  const pool = poolData()
  const [first] = pool.hosts
  if (first) pool.hosts[0] = { ...first, name: 'a\u001b[2Jb' }
  const manager = await startFakeManager(t, pool)
  const { out, code } = await run(await settingFor(t, manager), 'host', 'approve', 'a*')
  t.is(code, 1)
  t.regex(out, /refused +a\\x1b\[2Jb is up/)
})

/** The pool with this text wherever a text may stand that somebody else has written. */
function spoiled(text: string): ReturnType<typeof poolData> {
  const kept = new Set([
    'id',
    'host',
    'state',
    'trust',
    'presence',
    'service',
    'power',
    'kind',
    'severity',
    'role',
    'user',
    'type',
    'outcome',
    'hash',
    'from',
    'to',
    'islands',
    'inventories',
    'users',
    'link',
    'transport',
  ])
  const spoil = (value: unknown, key: string): unknown => {
    if (kept.has(key)) return value
    if (typeof value === 'string') return key === 'key' ? `${value.split(':')[0]}:${text}${value}` : text
    if (Array.isArray(value)) return value.map((one) => spoil(one, key === 'groups' && typeof one === 'string' ? 'text' : 'element'))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, spoil(one, name)]))
  }
  return spoil(poolData(), '') as ReturnType<typeof poolData>
}
