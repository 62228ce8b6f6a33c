import test from 'ava'
import { LONGEST_WAIT, TOKEN_LIFE, TOKENS_AT_ONCE, tokenSource } from '../../../appliance/manager-link/token-push.ts'
import { openAttemptStore } from '../../../appliance/store/attempts.ts'
import { openStore } from '../../../appliance/store/database.ts'
import { UnpushedTokens } from '../../../appliance/store/unpushed-tokens.ts'
import { type Ipv4, type Mac, parseIpv4, parseMac } from '../../../appliance/wire/addresses.ts'
import { attemptsPush } from '../../../manager/protocol/appliance.ts'
import { collectingLog } from '../wire/collecting-log.ts'

function sure<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('a value of the test itself is malformed')
  return value
}
const NOW = 1_790_000_000_000
const MAC: Mac = sure(parseMac('52:54:00:77:00:01'))
const ADDRESS: Ipv4 = sure(parseIpv4('10.77.0.21'))
const idOf = (index: number) =>
  index
    .toString(32)
    .replaceAll(/[0189]/g, (digit) => `${'wxyz'['0189'.indexOf(digit)]}`)
    .padStart(16, 'a')

function queue(attempts: number) {
  const database = openStore(':memory:')
  const tokens = new UnpushedTokens(database, collectingLog().log)
  const store = openAttemptStore(database, tokens)
  const issue = (index: number, issued = NOW) => store.issueToken(idOf(index), { mac: MAC, address: ADDRESS, issued })
  for (let index = 0; index < attempts; index += 1) {
    store.save([{ kind: 'save', attempt: { id: idOf(index), mac: MAC, startedAt: NOW }, events: [] }])
    issue(index)
  }
  const clock = { now: NOW }
  return { store, tokens, issue, clock, source: tokenSource(tokens, () => clock.now) }
}

test('tokens are told in the order of their issue, in batches, until they are acknowledged, and then not again', (t) => {
  const { source } = queue(TOKENS_AT_ONCE + 3)
  const first = sure(source())
  t.deepEqual(source()?.body, first.body, 'not acknowledged')
  const told = attemptsPush.parse(first.body).attempts
  t.deepEqual(
    told.map(({ id }) => id),
    Array.from({ length: TOKENS_AT_ONCE }, (_, index) => idOf(index)),
  )
  first.acknowledged()
  t.is(attemptsPush.parse(source()?.body).attempts.length, 3)
  source()?.acknowledged()
  t.is(source(), undefined)
})

test('a token lives an hour from when the manager is told of it, however long that took; after a week it is not told any more', (t) => {
  const { source, clock } = queue(1)
  clock.now += 3 * 24 * 3600_000
  t.is(attemptsPush.parse(source()?.body).attempts[0]?.expires, clock.now + TOKEN_LIFE)
  clock.now = NOW + LONGEST_WAIT + 1
  t.is(source(), undefined)
})

test('a token that is issued anew while the one before is on its way is told, too', (t) => {
  const { source, issue } = queue(1)
  const onItsWay = sure(source())
  issue(0)
  onItsWay.acknowledged()
  t.not(attemptsPush.parse(sure(source()).body).attempts[0]?.tokenHash, attemptsPush.parse(onItsWay.body).attempts[0]?.tokenHash)
})

test('a token goes with its attempt, and none is told whose bearer nobody knows', (t) => {
  const { source, store } = queue(2)
  store.save([{ kind: 'forget', id: idOf(0) }])
  t.deepEqual(
    attemptsPush.parse(source()?.body).attempts.map(({ id }) => id),
    [idOf(1)],
  )
  source()?.acknowledged()
  store.issueToken(idOf(1))
  t.is(source(), undefined)
})
