import test from 'ava'
import type { Backend, Command, Ran } from '../../../../images/agent/backend.ts'
import { runProperties } from '../../../../images/agent/properties/runner.ts'
import { propertyValueOf } from '../../../../images/agent/properties/value.ts'
import { property } from '../../../../manager/protocol/property.ts'
import type { PropertyDefinition } from '../../../../manager/protocol/property-file.ts'
import { TestClock } from '../clock.ts'
import { textBackend } from '../machines.ts'

const said = (stdout: string): Ran => ({ kind: 'ended', exitCode: 0, stdout, stderr: '' })
const define = (changed: Partial<PropertyDefinition> = {}): PropertyDefinition => ({
  name: 'a',
  command: ['probe'],
  type: 'int',
  seconds: 10,
  ...changed,
})
const backendOf = (run: (command: Command) => Promise<Ran>): Backend => ({ ...textBackend({}), run })

function setUp(answers: string[]) {
  const clock = new TestClock()
  const ran: number[] = []
  let changes = 0
  const backend = backendOf(async () => {
    ran.push(clock.now)
    return said(answers.length > 1 ? (answers.shift() ?? '') : (answers[0] ?? ''))
  })
  const properties = runProperties(backend, clock, () => {
    changes += 1
  })
  return { clock, ran, properties, changes: () => changes }
}

test('a command is run at once and then in its time; only another value is a change', async (t) => {
  const { clock, ran, properties, changes } = setUp(['1', '1', '2'])
  properties.set([define()])
  await clock.advance(35_000)
  t.deepEqual(ran, [0, 10_000, 20_000, 30_000])
  t.is(changes(), 2)
  t.deepEqual(properties.values(), [{ name: 'a', at: 1_700_000_020_000, value: { type: 'int', value: 2 } }])
})

test('one that takes longer than its time is not run twice at once', async (t) => {
  const clock = new TestClock()
  const under: ((ran: Ran) => void)[] = []
  const properties = runProperties(
    backendOf(() => new Promise((resolve) => under.push(resolve))),
    clock,
    () => undefined,
  )
  properties.set([define()])
  await clock.advance(60_000)
  t.is(under.length, 1)
  under[0]?.(said('1'))
  await clock.advance(0)
  t.is(under.length, 2)
  properties.stop()
})

test('a new file keeps what is as it was, ends what is not there any more, and what it still says then is not heard', async (t) => {
  const { clock, ran, properties, changes } = setUp(['1'])
  properties.set([define(), define({ name: 'b' })])
  await clock.advance(1000)
  t.is(ran.length, 2)
  properties.set([define(), define({ name: 'c', command: ['other'] })])
  await clock.advance(1000)
  t.is(ran.length, 3)
  t.deepEqual(
    properties.values().map(({ name }) => name),
    ['a', 'c'],
  )
  t.is(changes(), 4)
  properties.set([])
  await clock.advance(100_000)
  t.deepEqual([properties.values(), ran.length, clock.pending], [[], 3, 0])
})

const VALUES: readonly [type: PropertyDefinition['type'], stdout: string, value: unknown][] = [
  ['int', ' -12\n', -12],
  ['int', '9007199254740993', /this is no int/],
  ['int', '0x10', /this is no int: 0x10/],
  ['int', '', /it said nothing/],
  ['float', '1.5e3\n', 1500],
  ['float', 'NaN', /this is no float/],
  ['float', '1e999', /this is no float/],
  ['bool', 'Yes\n', true],
  ['bool', 'off', false],
  ['bool', '2', /this is no bool/],
  ['string', 'a\u001b[31m\nb\n', 'a [31m b'],
  ['string', '', ''],
  ['string', 'x'.repeat(5000), 'x'.repeat(1024)],
]

for (const [type, stdout, expected] of VALUES) {
  test(`what a command says is read as ${type}: ${JSON.stringify(stdout.slice(0, 20))}`, (t) => {
    const value = propertyValueOf(define({ type }), said(stdout))
    t.true(property.safeParse({ name: 'a', at: 0, value }).success)
    if (expected instanceof RegExp) t.regex(value.type === 'error' ? value.reason : '', expected)
    else t.deepEqual(value.type === 'error' ? value.reason : value.value, expected)
  })
}

test('a command that is not there, fails or hangs is a value that says so', (t) => {
  const reason = (ran: Ran) => {
    const value = propertyValueOf(define(), ran)
    return value.type === 'error' ? value.reason : ''
  }
  t.is(reason({ kind: 'missing' }), 'there is no program probe on this host')
  t.is(reason({ kind: 'stopped', stdout: '1', reason: 'stopped after 20 s' }), 'probe was stopped after 20 s')
  t.is(reason({ kind: 'ended', exitCode: 3, stdout: '1', stderr: 'no disk\n' }), 'probe ended with exit code 3: no disk')
})
