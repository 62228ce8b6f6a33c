import test from 'ava'
import type { Asked } from '../../../manager/agents/questions.ts'
import type { HostView, PoolChange } from '../../../manager/inventory/pool-change.ts'
import { Connector } from '../../../manager/site/connector.ts'
import { TestClock } from '../../images/agent/clock.ts'
import { EMPTY } from '../site.ts'

const HOST: HostView = {
  ...{ id: 'h1', name: 'node01', state: 'up', since: 0, groups: [], notes: '', created: 0, macs: [] },
  connection: { address: '10.0.0.1', agent: '1', since: 0 },
}
const CONNECTION = { id: 'c1', portal: '10.77.0.1:3260', target: undefined, groups: [], ending: false }

/** One host without sessions, whose agent gives these answers. */
function setUp(answers: Asked[]) {
  const clock = new TestClock()
  const asked: number[] = []
  const alarms: string[] = []
  const listeners: ((change: PoolChange) => void)[] = []
  const connector = new Connector({
    pool: {
      hosts: () => [HOST],
      host: () => HOST,
      inventory: async () => EMPTY,
      subscribe: (listener) => {
        listeners.push(listener)
        return () => undefined
      },
      alarm: async ({ text }) => void alarms.push(text),
      clearAlarm: async () => true,
    },
    request: async () => {
      asked.push(clock.now)
      return answers.shift() ?? { kind: 'refused', cause: 'absent', reason: 'its agent is not connected' }
    },
    chapOf: () => undefined,
    failed: new Map(),
    ended: async () => undefined,
    after: (milliseconds, action) => clock.after(milliseconds, action),
    random: () => 0.5,
  })
  return { clock, asked, alarms, connector, tell: (change: PoolChange) => listeners.forEach((listener) => void listener(change)) }
}

test('a host whose agent is away is asked again when it is back, and neither before nor with an alarm', async (t) => {
  const { clock, asked, alarms, connector, tell } = setUp([])
  connector.set([CONNECTION])
  await clock.advance(3_600_000)
  t.deepEqual([asked, alarms, clock.pending], [[0], [], 0])
  tell({ kind: 'connected', host: 'h1', agent: '1', dropped: [] })
  await clock.advance(3_600_000)
  t.deepEqual([asked.length, alarms], [2, []])
  connector.close()
})

test('one that is silent, or too old to be asked, is asked again and again, and its alarm says what to do', async (t) => {
  const old: Asked = { kind: 'refused', cause: 'old', reason: 'its agent speaks version 3: upgrade the agent' }
  const { clock, asked, alarms, connector } = setUp([old, old])
  connector.set([CONNECTION])
  await clock.advance(5000)
  t.deepEqual(asked, [0, 5000])
  t.is(alarms.length, 1)
  t.regex(alarms[0] ?? '', /node01 is not logged in .*: its agent speaks version 3: upgrade the agent\. /)
  connector.close()
})
