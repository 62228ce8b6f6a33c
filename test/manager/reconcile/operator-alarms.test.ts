import test from 'ava'
import type { AutomationRecord } from '../../../manager/automation/store/store.ts'
import { OperatorAlarmTask } from '../../../manager/reconcile/operator-alarms.ts'
import type { RaisedAlarm, StoredAlarm } from '../../../manager/store/tables/alarms.ts'
import { TestClock } from '../../images/agent/clock.ts'
import { testDriver } from './test-driver.ts'

const record = (id: string, state: AutomationRecord['state'], reason?: string): AutomationRecord => ({
  ...{ id, state, reason, recipe: 'move', version: 1, args: {}, title: `move ${id}`, who: 'ada', seed: 's', created: 0, ended: undefined },
})
const stored = (id: string): StoredAlarm => ({
  key: `automation-waits ${id}`,
  kind: 'automation-waits',
  host: null,
  text: 'x',
  raised: 0,
  last: 0,
  times: 1,
})

function watching(records: Map<string, AutomationRecord>, before: readonly StoredAlarm[] = []) {
  const clock = new TestClock()
  const said: string[] = []
  let tell: (id: string) => void = () => undefined
  let looks = 0
  const { driver } = testDriver(clock)
  const task = new OperatorAlarmTask({
    automations: {
      subscribe: (listener) => {
        tell = listener
        return () => undefined
      },
      find: async (id) => {
        looks += 1
        return records.get(id)
      },
      open: async () => [...records.values()],
    },
    pool: {
      alarms: async () => before,
      alarm: async ({ kind, about, text }: RaisedAlarm) => void said.push(`${kind} ${about}: ${text}`),
      clearAlarm: async (key) => said.push(`end ${key}`) > 0,
    },
  })
  driver.start(task)
  return { clock, said, task, looks: () => looks, tell: (id: string) => tell(id) }
}

test('who needs an operator is an alarm with the commands, once, that ends by itself; news by the thousand is one look', async (t) => {
  const records = new Map([['a', record('a', 'running')]])
  const { clock, said, tell, looks } = watching(records)
  await clock.advance(0)
  t.is(looks(), 1)
  records.set('a', record('a', 'needs-operator', 'could not remove the copy'))
  for (let times = 0; times < 1000; times += 1) tell('a')
  await clock.advance(500)
  t.is(said.length, 1)
  t.is(looks(), 2)
  t.is(
    said[0],
    'automation-waits a: automation a (move a) needs an operator: could not remove the copy. hostless automation show a says what it has done; hostless automation resume a goes on',
  )
  tell('a')
  await clock.advance(500)
  t.is(looks(), 3)
  t.is(said.length, 1)
  records.set('a', record('a', 'running'))
  tell('a')
  await clock.advance(500)
  t.is(said.length, 2)
  t.is(said[1], 'end automation-waits a')
})

test('a manager that starts raises what waits already, says nothing twice, and ends what waits no more', async (t) => {
  const records = new Map([
    ['new', record('new', 'needs-operator')],
    ['old', record('old', 'needs-operator')],
  ])
  const { clock, said, looks } = watching(records, [stored('old'), stored('gone')])
  await clock.advance(0)
  t.is(looks(), 3)
  t.deepEqual(said.map((one) => one.slice(0, 20)).sort(), ['automation-waits new', 'end automation-waits'])
})

test('a wait that no event told of is an alarm all the same, after the period', async (t) => {
  const records = new Map([['a', record('a', 'running')]])
  const { clock, said, task } = watching(records)
  await clock.advance(0)
  records.set('a', record('a', 'needs-operator'))
  await clock.advance(700_000)
  t.is(said.length, 1)
  t.regex(task.waitsFor().join(), /^move a: an operator, who says hostless automation resume a/)
})
