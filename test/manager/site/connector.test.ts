import test from 'ava'
import type { HostView, PoolChange } from '../../../manager/inventory/pool-change.ts'
import type { Problem } from '../../../manager/protocol/inventory.ts'
import { Connector } from '../../../manager/site/connector.ts'
import { TestClock } from '../../images/agent/clock.ts'
import { report } from '../inventory/inventories.ts'

const HUNG: Problem = { section: 'iscsi', source: 'iscsiadm -m session -P 3', reason: 'stopped after 20 s', lacks: 'items' }
const connection = { address: '10.0.0.1', agent: '1', since: 0 }
const host: HostView = { id: 'a', name: 'node01', state: 'up', since: 0, groups: [], notes: '', created: 0, macs: [], connection }
const ENDING = { id: 'c1', portal: '10.77.0.1:3260', target: 'iqn.2026-11.test:t1', groups: [], ending: true }

test('that a session could not be ended stays an alarm while it is not known whether it is there still', async (t) => {
  const clock = new TestClock()
  const listeners: ((change: PoolChange) => void)[] = []
  const said: string[] = []
  let inventory = report({ problems: [HUNG] })
  const connector = new Connector({
    pool: {
      hosts: () => [host],
      host: () => host,
      inventory: async () => inventory,
      subscribe: (listener) => {
        listeners.push(listener)
        return () => undefined
      },
      alarm: async ({ about }) => void said.push(`alarm ${about}`),
      clearAlarm: async (key) => {
        said.push(`clear ${key}`)
        return true
      },
    },
    request: async () => ({ kind: 'refused', cause: 'absent', reason: 'nobody is to be asked' }),
    chapOf: () => undefined,
    failed: new Map([['c1 a', 'it is in use on this host']]),
    ended: async ({ id }) => void said.push(`ended ${id}`),
    after: (milliseconds, action) => clock.after(milliseconds, action),
    random: () => 0.5,
  })
  t.teardown(() => connector.close())
  connector.set([ENDING])
  await clock.advance(600_000)
  t.deepEqual(said, [])
  t.like(await connector.statesOf(ENDING), [{ host: 'a', state: 'failed', why: 'it is in use on this host' }])
  inventory = report({})
  for (const listener of listeners) listener({ kind: 'inventory', host: 'a', sections: ['iscsi'] })
  await clock.advance(600_000)
  t.true(said.includes('clear connection-failed c1 a') && said.includes('ended c1'), said.join())
})
