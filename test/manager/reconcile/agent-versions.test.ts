import { createHash } from 'node:crypto'
import test from 'ava'
import type { Asked } from '../../../manager/agents/questions.ts'
import type { HostView, PoolChange } from '../../../manager/hosts/pool-change.ts'
import type { RequestBody } from '../../../manager/protocol/requests.ts'
import { VersionTask } from '../../../manager/reconcile/agent-versions.ts'
import type { Driver } from '../../../manager/reconcile/driver.ts'
import { TestClock } from '../../images/agent/clock.ts'
import { shownIn } from '../hosts/conditions.ts'
import { testDriver } from './test-driver.ts'

const OLD = '1.0.0+aaaaaaaaaaaa'
const bytes = Buffer.from('the next agent')
const bundle = { version: '2.0.0+bbbbbbbbbbbb', bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
const HANDING_OVER: Asked = { kind: 'answered', answer: { kind: 'upgraded', state: 'handing-over' } }
const UNTRUSTED: Asked = { kind: 'refused', cause: 'untrusted', reason: 'it is pending' }

const answeredWith = (cause: 'unable' | 'busy'): Asked => ({
  kind: 'answered',
  answer: { kind: 'refused', cause, reason: 'so it is' },
})

class Pool {
  readonly clock = new TestClock()
  /** Who was asked and is not back or answered yet, in the order of asking. */
  readonly asked: { readonly host: string; readonly body: RequestBody; readonly answer: (asked: Asked) => void }[] = []
  readonly alarms = new Map<string, string>()
  readonly #views = new Map<string, HostView>()
  readonly #listeners = new Set<(change: PoolChange) => void>()
  readonly task: VersionTask
  readonly driver: Driver
  #since = 0

  constructor() {
    this.task = new VersionTask({
      pool: {
        hosts: () => [...this.#views.values()],
        host: (id) => this.#views.get(id),
        inventory: async () => undefined,
        subscribe: (listener) => {
          this.#listeners.add(listener)
          return () => this.#listeners.delete(listener)
        },
        alarm: async ({ about, text }) => void this.alarms.set(`upgrade-failed ${about}`, text),
        clearAlarm: async (key) => this.alarms.delete(key),
      },
      request: (host, body) => new Promise((answer) => this.asked.push({ host, body, answer })),
      bundle,
      after: (milliseconds, action) => this.clock.after(milliseconds, action),
    })
    this.driver = testDriver(this.clock).driver
    this.driver.start(this.task)
  }

  /** As the pool tells it: first the host's new state, then the greeting. */
  connect(id: string, agent = OLD, dropped: readonly string[] = []): void {
    this.#since += 1
    const view = {
      ...{ id, name: id, ...shownIn('up'), since: 0, groups: [], notes: '', created: 0, macs: [] },
      connection: { address: '10.77.0.9', agent, since: this.#since, dropped },
    }
    this.#views.set(id, view)
    this.tell({ kind: 'host', host: view })
    this.tell({ kind: 'connected', host: id, agent, dropped })
    this.tell({ kind: 'host', host: view })
  }

  /** No event of the pool is heard. */
  isDeaf = false

  tell(change: PoolChange): void {
    if (this.isDeaf) return
    for (const listener of this.#listeners) listener(change)
  }

  change(id: string): void {
    const host = this.#views.get(id)
    if (host) this.tell({ kind: 'host', host })
  }

  hosts(): readonly string[] {
    return this.asked.map(({ host }) => host)
  }
}

test('one host tries the version alone; once it is back with it the others follow, eight at a time', async (t) => {
  const pool = new Pool()
  const names = Array.from({ length: 12 }, (_, index) => `node${index + 1}`)
  for (const name of names) pool.connect(name)
  await pool.clock.advance(0)
  t.deepEqual(pool.hosts(), ['node1'])
  t.deepEqual(pool.asked[0]?.body, { kind: 'upgrade', version: bundle.version, sha256: bundle.sha256, size: bytes.length })
  pool.asked[0]?.answer(HANDING_OVER)
  await pool.clock.advance(0)
  t.deepEqual(pool.hosts(), ['node1'], 'its word that it hands over is not the proof')
  pool.connect('node1', bundle.version)
  await pool.clock.advance(0)
  t.deepEqual(pool.hosts(), names.slice(0, 9))
  pool.asked[4]?.answer(HANDING_OVER)
  pool.connect('node5', bundle.version)
  await pool.clock.advance(0)
  t.deepEqual(pool.hosts(), names.slice(0, 10))
})

test('a host is asked once, whatever is told of it meanwhile', async (t) => {
  const pool = new Pool()
  pool.connect('node1')
  pool.change('node1')
  await pool.clock.advance(0)
  t.deepEqual(pool.hosts(), ['node1'])
  pool.asked[0]?.answer(answeredWith('unable'))
  await pool.clock.advance(0)
  pool.change('node1')
  await pool.clock.advance(0)
  t.deepEqual(pool.hosts(), ['node1'], 'nor again where it did not start')
  t.regex(pool.alarms.get('upgrade-failed node1') ?? '', /^node1: its agent stays 1\.0\.0\+aaaaaaaaaaaa: so it is\. /)
})

test('a pending host is asked when it has been approved', async (t) => {
  const pool = new Pool()
  pool.connect('node1')
  await pool.clock.advance(0)
  pool.asked[0]?.answer(UNTRUSTED)
  await pool.clock.advance(0)
  t.is(pool.alarms.size, 0)
  pool.change('node1')
  await pool.clock.advance(0)
  t.deepEqual(pool.hosts(), ['node1', 'node1'])
})

test('a version that did not live on one host is offered to no other, and an alarm tells it', async (t) => {
  const pool = new Pool()
  pool.connect('node1')
  pool.connect('node2')
  await pool.clock.advance(0)
  pool.asked[0]?.answer(HANDING_OVER)
  pool.connect('node1', OLD, [bundle.sha256])
  await pool.clock.advance(0)
  t.deepEqual(pool.hosts(), ['node1'])
  t.regex(pool.alarms.get('upgrade-failed node1') ?? '', /it is offered to no host any more/)
})

test('a host that does not come back keeps its turn for five minutes only', async (t) => {
  const pool = new Pool()
  pool.connect('node1')
  pool.connect('node2')
  await pool.clock.advance(0)
  pool.asked[0]?.answer(HANDING_OVER)
  await pool.clock.advance(0)
  await pool.clock.advance(299_000)
  t.deepEqual(pool.hosts(), ['node1'])
  await pool.clock.advance(1000)
  t.deepEqual(pool.hosts(), ['node1', 'node2'])
})

test('agents that no build of ours has named are left alone', async (t) => {
  const pool = new Pool()
  pool.connect('node1', 'simulated')
  await pool.clock.advance(0)
  t.deepEqual(pool.hosts(), [])
})

test('a host whose coming no event told of is asked when the period is over', async (t) => {
  const pool = new Pool()
  await pool.clock.advance(0)
  pool.isDeaf = true
  pool.connect('node1')
  await pool.clock.advance(200_000)
  t.deepEqual(pool.hosts(), [])
  await pool.clock.advance(200_000)
  t.deepEqual(pool.hosts(), ['node1'])
})

test('an operator sees who has been asked and who waits', async (t) => {
  const pool = new Pool()
  for (const name of ['node1', 'node2']) pool.connect(name)
  await pool.clock.advance(0)
  t.deepEqual(pool.driver.status()[0]?.waitsFor, [
    `node1: was asked, and is to come back with ${bundle.version}`,
    'node2: waits for the first host to be back with it',
  ])
})
