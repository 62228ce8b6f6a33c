import test from 'ava'
import { Clocks } from '../../../manager/alarms/clocks.ts'

const HOUR = 3600_000
const texts = (clocks: Clocks) => clocks.findings().flatMap(({ conditions }) => conditions.map(({ text }) => text))

test('one clock that is far off is told with its host, either way, and told again only when it differs otherwise', (t) => {
  const clocks = new Clocks()
  for (const id of ['a', 'b', 'c']) clocks.heard(id, id, 200)
  t.deepEqual(texts(clocks), [])
  clocks.heard('a', 'a', 3 * HOUR)
  t.regex(texts(clocks)[0] ?? '', /^the clock of a is 3 hours ahead of the manager's/)
  clocks.heard('a', 'a', 3 * HOUR + 5000)
  t.deepEqual(clocks.findings().slice(1), [])
  clocks.heard('a', 'a', -3 * HOUR)
  t.regex(texts(clocks)[0] ?? '', /^the clock of a is 3 hours behind/)
})

test('a clock at the limit does not flutter', (t) => {
  const clocks = new Clocks()
  clocks.heard('a', 'a', 31_000)
  t.is(texts(clocks).length, 1)
  clocks.heard('a', 'a', 31_500)
  clocks.heard('a', 'a', 30_900)
  t.deepEqual(clocks.findings().slice(1), [])
  clocks.heard('a', 'a', 10_000)
  t.deepEqual(clocks.findings().slice(1), [{ subject: 'a', conditions: [] }])
})

test('when most clocks are off, the manager is told of and not each host', (t) => {
  const clocks = new Clocks()
  const all = Array.from({ length: 1000 }, (_, index) => `n${index}`)
  for (const id of all) clocks.heard(id, id, -365 * 24 * HOUR)
  const said = texts(clocks)
  t.is(said.length, 1)
  t.regex(said[0] ?? '', /^the clocks of most hosts differ from the manager's/)
  for (const id of all.slice(1)) clocks.heard(id, id, 0)
  t.deepEqual(texts(clocks), ["the clock of n0 is 365 days behind the manager's: let both take the time from the same NTP servers"])
})

test('of a host that is gone nothing is said', (t) => {
  const clocks = new Clocks()
  clocks.heard('a', 'a', HOUR)
  clocks.findings()
  clocks.gone('a')
  t.deepEqual(clocks.findings().slice(1), [{ subject: 'a', conditions: [] }])
})
