// The task alone, on a clock that the test turns: what whole hosts do with it is in connections.test.ts.

import test from 'ava'
import type { Asked } from '../../../manager/agents/questions.ts'
import type { HostView, PoolChange } from '../../../manager/hosts/pool-change.ts'
import type { Inventory } from '../../../manager/protocol/inventory.ts'
import type { RequestBody } from '../../../manager/protocol/requests.ts'
import { ConnectionTask } from '../../../manager/reconcile/connections.ts'
import { TestClock } from '../../images/agent/clock.ts'
import { iqn, report } from '../connectivity/inventories.ts'
import { shownIn } from '../hosts/conditions.ts'
import { testDriver } from './test-driver.ts'

const PORTAL = '10.77.0.1:3260'
const TARGET = iqn('t')
const KEY = 'c1 node1'
const absent: Asked = { kind: 'refused', cause: 'absent', reason: 'the connection ended before the answer came' }
const connected = (...missing: string[]): Asked => ({ kind: 'answered', answer: { kind: 'iscsi-connected', sessions: [], missing } })

class Rack {
  readonly clock = new TestClock()
  readonly asked: RequestBody[] = []
  readonly answers: Asked[] = []
  readonly alarms = new Map<string, string>()
  readonly failures = new Map<string, string>()
  readonly #listeners = new Set<(change: PoolChange) => void>()
  readonly driver = testDriver(this.clock).driver
  inventory: Inventory = report({ iscsi: { sessions: [] } })
  #host: HostView | undefined

  /** Of connections that every host has let go. */
  readonly gone: string[] = []

  constructor(connection: { readonly ending: boolean } = { ending: false }) {
    const wanted = [{ id: 'c1', portal: PORTAL, target: TARGET, groups: [], chap: undefined, created: 0, by: 'ada', ...connection }]
    const task = new ConnectionTask({
      pool: {
        hosts: () => (this.#host ? [this.#host] : []),
        host: (id) => (this.#host?.id === id ? this.#host : undefined),
        inventory: async () => this.inventory,
        subscribe: (listener) => {
          this.#listeners.add(listener)
          return () => this.#listeners.delete(listener)
        },
        alarm: async ({ about, text }) => void this.alarms.set(`connection-failed ${about}`, text),
        clearAlarm: async (key) => this.alarms.delete(key),
        restateAlarm: async ({ about, text }) => void this.alarms.set(`connection-failed ${about}`, text),
      },
      connections: {
        wanted: () => wanted,
        chapOf: () => undefined,
        failures: () => this.failures,
        fail: (connection, host, why) => this.failures.set(`${connection} ${host}`, why).size > 0,
        work: (key) => this.failures.delete(key),
        gone: async (id) => void this.gone.push(id),
        subscribe: () => () => undefined,
      },
      request: async (_host, body) => {
        this.asked.push(body)
        return this.answers.shift() ?? connected()
      },
      after: (milliseconds, action) => this.clock.after(milliseconds, action),
      random: () => 0.5,
    })
    this.driver.start(task)
  }

  /** Its agent is here, since now; `heard`: whether an event tells of it. */
  connect(heard: 'heard' | 'unheard' = 'heard'): void {
    const connection = { address: '10.77.0.9', agent: '1', since: this.clock.now }
    this.#host = { id: 'node1', name: 'node1', ...shownIn('up'), since: 0, groups: [], notes: '', created: 0, macs: [], connection }
    if (heard === 'heard') for (const listener of this.#listeners) listener({ kind: 'host', host: this.#host })
  }

  leave(): void {
    const { connection: _, ...host } = this.#host ?? { connection: undefined }
    if ('id' in host) this.#host = host
  }

  hasSession(): void {
    this.inventory = report({ iscsi: { sessions: [{ sid: 1, target: TARGET, portal: PORTAL, connected: true, luns: [] }] } })
  }
}

test('a login over some portals only is tried again, session or not, until all are reached', async (t) => {
  const rack = new Rack()
  rack.answers.push(connected(`${PORTAL}: timed out`), connected(`${PORTAL}: timed out`))
  rack.connect()
  await rack.clock.advance(0)
  rack.hasSession()
  t.deepEqual([...rack.alarms.keys()], ['connection-failed c1'])
  await rack.clock.advance(5000)
  t.is(rack.asked.length, 2)
  await rack.clock.advance(10_000)
  t.deepEqual([rack.asked.length, rack.alarms.size, rack.failures.size], [3, 0, 0])
  await rack.clock.advance(600_000)
  t.is(rack.asked.length, 3)
})

test('an agent that goes away in the middle has not failed: no alarm, no try before it is back, and then at once', async (t) => {
  const rack = new Rack()
  rack.answers.push(absent)
  rack.connect()
  await rack.clock.advance(0)
  rack.leave()
  t.deepEqual([rack.asked.length, rack.alarms.size, rack.failures.size], [1, 0, 0])
  await rack.clock.advance(900_000)
  t.is(rack.asked.length, 1)
  rack.connect()
  await rack.clock.advance(0)
  t.is(rack.asked.length, 2)
})

test('a host whose coming no event told of is asked when the period is over', async (t) => {
  const rack = new Rack()
  await rack.clock.advance(0)
  rack.connect('unheard')
  await rack.clock.advance(299_000)
  t.is(rack.asked.length, 0)
  await rack.clock.advance(1000)
  t.is(rack.asked.length, 1)
})

test('an operator sees which host waits for what', async (t) => {
  const rack = new Rack()
  rack.answers.push(connected(`${PORTAL}: timed out`))
  rack.connect()
  await rack.clock.advance(0)
  t.deepEqual(rack.driver.status()[0]?.waitsFor, [`node1: connection c1: ${PORTAL}: timed out`])
})

test('that a session could not be ended stays an alarm while it is not known whether it is there still', async (t) => {
  const rack = new Rack({ ending: true })
  rack.failures.set(KEY, 'it is in use on this host')
  rack.alarms.set('connection-failed c1', 'stays logged in')
  rack.inventory = report({
    problems: [{ section: 'iscsi', source: 'iscsiadm -m session -P 3', reason: 'stopped after 20 s', lacks: 'items' }],
  })
  rack.connect()
  await rack.clock.advance(600_000)
  t.deepEqual([rack.failures.size, rack.alarms.size, rack.gone], [1, 1, []])
  rack.inventory = report({ iscsi: { sessions: [] } })
  await rack.clock.advance(600_000)
  t.is(rack.failures.size, 0)
  t.true(rack.gone.includes('c1'))
})
