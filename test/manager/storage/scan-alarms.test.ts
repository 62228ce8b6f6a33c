import test from 'ava'
import { ConnectivityMatrix } from '../../../manager/connectivity/matrix.ts'
import type { PoolChange } from '../../../manager/hosts/pool-change.ts'
import type { Inventory } from '../../../manager/protocol/inventory.ts'
import { ScanAlarms } from '../../../manager/storage/scan-alarms.ts'
import type { ScanFailure, ScanNews } from '../../../manager/storage/scan-book.ts'
import type { RaisedAlarm, StoredAlarm } from '../../../manager/store/tables/alarms.ts'
import { TestClock } from '../../images/agent/clock.ts'
import { hostIn } from '../hosts/conditions.ts'
import { seeing } from '../reconcile/scan-pool.ts'

const KEY = 'fs:fs-1'

class Alarms {
  readonly clock = new TestClock()
  readonly matrix = new ConnectivityMatrix()
  readonly said: string[] = []
  readonly texts: string[] = []
  readonly alarms: ScanAlarms
  #failure: ScanFailure | undefined
  #book: (news: ScanNews) => void = () => undefined
  #pool: (change: PoolChange) => void = () => undefined

  constructor(before: readonly StoredAlarm[] = []) {
    this.alarms = new ScanAlarms({
      pool: {
        host: () => undefined,
        subscribe: (listener) => {
          this.#pool = listener
          return () => undefined
        },
        alarm: async ({ kind, about, text }: RaisedAlarm) => {
          this.said.push(`${kind} ${about}`)
          this.texts.push(text)
        },
        clearAlarm: async (key) => this.said.push(`end ${key}`) > 0,
        matrix: async () => this.matrix,
        alarms: async () => before,
      },
      book: {
        failureOf: () => this.#failure,
        subscribe: (listener) => {
          this.#book = listener
          return () => undefined
        },
      },
      after: (milliseconds, action) => this.clock.after(milliseconds, action),
      onError: (error) => {
        throw error
      },
    })
  }

  async host(id: string, inventory: Inventory | 'gone'): Promise<void> {
    if (inventory === 'gone') this.matrix.remove(id)
    else this.matrix.update({ id, name: id, ...hostIn('up'), inventory })
    this.#pool({ kind: 'inventory', host: id, sections: ['fileSystems'] })
    await this.clock.advance(3000)
  }

  async failed(reason: string, more: { readonly isAway?: true } = {}): Promise<void> {
    this.#failure = { host: 'a', at: 0, reason, ...more }
    this.#book({ kind: 'failed', key: KEY, reason })
    await this.clock.advance(0)
  }

  async worked(): Promise<void> {
    this.#failure = undefined
    this.#book({ kind: 'scanned', key: KEY })
    await this.clock.advance(0)
  }
}

const unreadable = (): Inventory => ({
  ...seeing([]),
  problems: [{ section: 'fileSystems', source: 'lsblk --json --bytes -O', reason: 'stopped after 20 s' }],
})

test('a file system that cannot be looked at is an alarm, once for one reason, until a look goes well', async (t) => {
  const pool = new Alarms()
  await pool.host('a', seeing([1]))
  await pool.failed('it cannot be mounted: bad superblock')
  await pool.failed('it cannot be mounted: bad superblock')
  t.deepEqual(pool.said, [`scan-failed ${KEY}`])
  t.regex(
    pool.texts[0] ?? '',
    /^fs:fs-1 could not be looked at by a: it cannot be mounted: bad superblock\. What lies on it is not known\./,
  )
  await pool.failed('no answer in 600 s')
  await pool.worked()
  await pool.worked()
  t.deepEqual(pool.said, [`scan-failed ${KEY}`, `scan-failed ${KEY}`, `end scan-failed ${KEY}`])
  await pool.alarms.close()
})

test('a host that is lost in the middle of a look raises nothing, and ends nothing', async (t) => {
  const pool = new Alarms()
  await pool.host('a', seeing([1]))
  await pool.failed('the connection ended', { isAway: true })
  t.deepEqual(pool.said, [])
  await pool.failed('bad superblock')
  await pool.failed('the connection ended', { isAway: true })
  t.false(pool.said.some((one) => one.startsWith('end ')))
})

test('the alarm ends when the file system is gone by what was read, and not when nothing could be read', async (t) => {
  const pool = new Alarms()
  await pool.host('a', seeing([1]))
  await pool.host('b', seeing([1]))
  await pool.failed('bad superblock')
  await pool.host('a', unreadable())
  await pool.host('b', seeing([2]))
  t.deepEqual(pool.said, [`scan-failed ${KEY}`])
  await pool.host('a', seeing([2]))
  t.deepEqual(pool.said, [`scan-failed ${KEY}`, `end scan-failed ${KEY}`])
})

test('the alarm ends when a guest has the file system, or its last host is taken out of the pool', async (t) => {
  for (const last of [seeing([1], { guestHas: '/dev/sda' }), 'gone'] as const) {
    const pool = new Alarms()
    await pool.host('a', seeing([1]))
    await pool.failed('bad superblock')
    await pool.host('a', last)
    t.deepEqual(pool.said, [`scan-failed ${KEY}`, `end scan-failed ${KEY}`])
  }
})

test('an alarm of the manager before this one goes on until a look goes well', async (t) => {
  const before = { key: `scan-failed ${KEY}`, kind: 'scan-failed', host: 'a', text: 'x', raised: 0, last: 0, times: 1 }
  const pool = new Alarms([before])
  await pool.host('a', seeing([1]))
  t.deepEqual(pool.said, [])
  await pool.worked()
  t.deepEqual(pool.said, [`end scan-failed ${KEY}`])
})
