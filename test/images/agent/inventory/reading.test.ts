import test from 'ava'
import { commandSource, fileSource } from '../../../../images/agent/inventory/reading.ts'
import { ended, textBackend } from '../machines.ts'

const parse = (text: string) => ({ value: text.trim(), reasons: text.includes('odd') ? ['odd'] : [] })
const tool = commandSource({ command: ['tool', '-x'], parse })

test('a command that ends well is parsed, and the parser’s reasons name it', async (t) => {
  t.deepEqual(await tool(textBackend({ commands: { 'tool -x': 'odd one\n' } })), {
    value: 'odd one',
    problems: [{ source: 'tool -x', reason: 'odd' }],
  })
})

test('what a failing command said is parsed all the same, with its first complaint as a problem', async (t) => {
  const { value, problems } = await tool(textBackend({ commands: { 'tool -x': ended('half', 5, '\n  no such VG\nmore\n') } }))
  t.is(value, 'half')
  t.deepEqual(problems, [{ source: 'tool -x', reason: 'exit code 5: no such VG' }])
})

test('a command that was stopped tells why, beside what it had said', async (t) => {
  const { value, problems } = await tool(
    textBackend({ commands: { 'tool -x': { kind: 'stopped', stdout: 'half', reason: 'stopped after 20 s' } } }),
  )
  t.is(value, 'half')
  t.deepEqual(problems, [{ source: 'tool -x', reason: 'stopped after 20 s' }])
})

test('a missing program is a problem, unless hosts may be without it', async (t) => {
  t.deepEqual((await tool(textBackend({}))).problems, [{ source: 'tool -x', reason: 'there is no such program in this dom0' }])
  t.deepEqual((await commandSource({ command: ['tool'], parse, optional: true })(textBackend({}))).problems, [])
})

test('an end that means "nothing" is no problem', async (t) => {
  const source = commandSource({ command: ['tool'], parse, nothing: ({ exitCode }) => exitCode === 21 })
  t.deepEqual(await source(textBackend({ commands: { tool: ended('', 21, 'none') } })), { value: '', problems: [] })
  t.is((await source(textBackend({ commands: { tool: ended('', 22, 'none') } }))).problems.length, 1)
})

test('which exit codes are good is the source’s to say', async (t) => {
  const source = commandSource({ command: ['tool'], parse, succeeded: (code) => code < 8 })
  t.deepEqual((await source(textBackend({ commands: { tool: ended('x', 4) } }))).problems, [])
  t.is((await source(textBackend({ commands: { tool: ended('x', 8) } }))).problems.length, 1)
})

test('a file that is not there gives what the source has for that', async (t) => {
  const source = fileSource('/proc/x', parse, { value: 'nothing', reasons: ['gone'] })
  t.deepEqual(await source(textBackend({})), { value: 'nothing', problems: [{ source: '/proc/x', reason: 'gone' }] })
  t.deepEqual(await source(textBackend({ files: { '/proc/x': 'a' } })), { value: 'a', problems: [] })
})

test('a file that is cut, or cannot be read, says so beside what there was', async (t) => {
  const source = fileSource('/proc/x', parse, { value: 'nothing', reasons: [] })
  const cut = { kind: 'cut', text: 'a', reason: 'it has more than 5 bytes' } as const
  t.deepEqual(await source(textBackend({ files: { '/proc/x': cut } })), {
    value: 'a',
    problems: [{ source: '/proc/x', reason: 'it has more than 5 bytes' }],
  })
  const unreadable = { kind: 'unreadable', reason: 'EIO' } as const
  t.deepEqual(await source(textBackend({ files: { '/proc/x': unreadable } })), {
    value: 'nothing',
    problems: [{ source: '/proc/x', reason: 'it cannot be read: EIO' }],
  })
})

test('a program is asked where the file that it needs may be there', async (t) => {
  const source = commandSource({ command: ['tool'], parse, needs: '/proc/x' })
  const backend = textBackend({ commands: { tool: 'one' }, files: { '/proc/x': { kind: 'unreadable', reason: 'EIO' } } })
  t.is((await source(backend)).value, 'one')
  t.is((await source(textBackend({ commands: { tool: 'one' } }))).value, '')
})
