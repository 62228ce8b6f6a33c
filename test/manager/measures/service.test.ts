import type { ExecutionContext } from 'ava'
import type { PoolChange } from '../../../manager/hosts/pool-change.ts'
import { BUCKET } from '../../../manager/measures/bucket.ts'
import { DAY } from '../../../manager/measures/points.ts'
import { Measures } from '../../../manager/measures/service.ts'
import type { Inventory } from '../../../manager/protocol/inventory.ts'
import type { Sample } from '../../../manager/protocol/sample.ts'
import type { Store } from '../../../manager/store/database.ts'
import { addHost } from '../../../manager/store/tables/hosts.ts'
import { hostIn } from '../hosts/conditions.ts'
import { onEach, storeAt } from '../store/dialects.ts'
import { guestSample, sampleOf, uuidOf } from './samples.ts'

const T = BUCKET * 6_000_000

interface Bench {
  readonly measures: Measures
  readonly errors: unknown[]
  /** Of the manager. */
  clock(at: number): void
  take(host: string, sample: Sample): void
  /** What is due after a second. */
  tick(): Promise<void>
}

function start(store: Pick<Store, 'db' | 'write'>, at: number): Bench {
  const listeners = new Set<(change: PoolChange) => void>()
  const errors: unknown[] = []
  let [now, due] = [at, (): void => undefined]
  const measures = new Measures({
    store,
    pool: {
      subscribe(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      knownInventory: () => ({ guests: [1, 2].map((index) => ({ uuid: uuidOf(index), vcpus: 2 })) }) as unknown as Inventory,
    },
    now: () => now,
    after(_, action) {
      due = action
      return () => (due = () => undefined)
    },
    onError: (error) => errors.push(error),
  })
  return {
    measures,
    errors,
    clock(to) {
      now = to
    },
    take(host, sample) {
      for (const listener of listeners) listener({ kind: 'sample', host, sample })
    },
    async tick() {
      const before = due
      before()
      while (due === before) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

async function openWith(t: ExecutionContext, place: Parameters<typeof storeAt>[1], hosts: readonly string[]): Promise<Store> {
  const store = await storeAt(t, place)
  await store.write(async (transaction) => {
    for (const id of hosts)
      await addHost(transaction, {
        id,
        name: id,
        uuid: undefined,
        ...hostIn('up'),
        since: 0,
        groups: [],
        notes: '',
        created: 0,
        attempt: 'x',
      })
  })
  return store
}

const written = async ({ db }: Store) =>
  (await db.selectFrom('measures').select(['host', 'at']).orderBy('at').orderBy('host').execute()) as object[]

onEach(
  'five minutes of a host and all its guests are one row, written when they are over, and read like those that are not',
  async (t, place) => {
    const store = await openWith(t, place, ['a'])
    const { measures, clock, take, tick, errors } = start(store, T)
    for (let at = 0; at < BUCKET; at += 5000) {
      clock(T + at)
      take('a', sampleOf([guestSample(1, { cpus: at < BUCKET / 2 ? 0 : 1 })], { cpus: 4 }))
      if (at % 60_000 === 0) await tick()
    }
    t.deepEqual(await written(store), [])
    const whole = await measures.guest(uuidOf(1), '1d')
    t.deepEqual([whole.mean[0]?.at(-1), whole.most?.[0]?.at(-1)], [0.25, 0.5])
    clock(T + BUCKET)
    await tick()
    t.deepEqual(await written(store), [{ host: 'a', at: T }])
    t.deepEqual((await measures.guest(uuidOf(1), '1d')).mean[0]?.slice(-2), [0.25, null])
    t.deepEqual((await measures.host('a', '1d')).mean[0]?.slice(-2), [0.5, null])
    t.is((await measures.host('a', '1h')).times.length, 60)
    t.deepEqual((await measures.guest(uuidOf(2), '1d')).times, [])
    t.deepEqual(errors, [])
    await measures.close()
  },
)

onEach('a manager that is stopped has all on disk, and the next one goes on with the same five minutes', async (t, place) => {
  const store = await openWith(t, place, ['a'])
  const first = start(store, T)
  first.take('a', sampleOf([guestSample(1, { cpus: 0 })]))
  await first.measures.close()
  const second = start(store, T + 60_000)
  for (const _ of [1, 2, 3]) second.take('a', sampleOf([guestSample(1, { cpus: 2 })]))
  t.is((await second.measures.guest(uuidOf(1), '1d')).mean[0]?.at(-1), 0.75)
  await second.measures.close()
  const third = start(store, T + 90_000)
  t.is((await third.measures.guest(uuidOf(1), '1d')).mean[0]?.at(-1), 0.75)
  t.is((await third.measures.host('a', '1d')).mean[0]?.at(-1), 0.25)
  t.is((await written(store)).length, 1)
  await third.measures.close()
})

onEach('a guest that moves keeps its day; while two hosts have it, the one that had it tells', async (t, place) => {
  const store = await openWith(t, place, ['a', 'b'])
  const { measures, clock, take, tick } = start(store, T)
  take('a', sampleOf([guestSample(1, { cpus: 1 })]))
  clock(T + 5000)
  take('b', sampleOf([guestSample(1, { cpus: 0 })]))
  clock(T + BUCKET)
  await tick()
  take('b', sampleOf([guestSample(1, { cpus: 2 })]))
  clock(T + 2 * BUCKET)
  await tick()
  t.deepEqual((await measures.guest(uuidOf(1), '1d')).mean[0]?.slice(-3), [0.5, 1, null])
  t.deepEqual((await measures.guest(uuidOf(1), '1h')).mean[0], [0.5, null, 1, null])
  await measures.close()
})

onEach('a day is kept and no more, also of what is measured no more', async (t, place) => {
  const store = await openWith(t, place, ['a', 'b'])
  const { measures, clock, take, tick } = start(store, T)
  take('b', sampleOf([guestSample(2)]))
  for (let at = 0; at < DAY + 4 * BUCKET; at += BUCKET) {
    clock(T + at)
    take('a', sampleOf([guestSample(1)]))
    await tick()
  }
  t.true((await store.db.selectFrom('measures').select('at').where('host', '=', 'a').execute()).length <= 289)
  t.is((await written(store)).filter((row) => 'host' in row && row.host === 'b').length, 1)
  await measures.forget()
  t.is((await written(store)).filter((row) => 'host' in row && row.host === 'b').length, 0)
  const noted = async () => (await store.db.selectFrom('measured_guests').select('guest').execute()).map(({ guest }) => guest)
  clock(T + 2 * DAY)
  await measures.forget()
  t.deepEqual(await noted(), [uuidOf(1)])
  clock(T + 4 * DAY)
  await measures.forget()
  t.deepEqual(await noted(), [])
  t.deepEqual(await written(store), [])
  await measures.close()
})

onEach('a store that takes no writes is tried again, and what waits for it is bounded', async (t, place) => {
  const store = await openWith(t, place, ['a'])
  let isFull = true
  const write: Store['write'] = (change) => (isFull ? Promise.reject(new Error('the disk is full')) : store.write(change))
  const { measures, clock, take, tick, errors } = start({ db: store.db, write }, T)
  for (let at = 0; at < 6 * BUCKET; at += BUCKET) {
    clock(T + at)
    take('a', sampleOf([guestSample(1)]))
    await tick()
  }
  t.is(errors.length, 5)
  isFull = false
  await tick()
  t.deepEqual(
    await written(store),
    [2, 3, 4].map((index) => ({ host: 'a', at: T + index * BUCKET })),
  )
  await measures.close()
})

onEach('a manager that is stopped while the store takes no writes stops all the same, and says so', async (t, place) => {
  const store = await openWith(t, place, ['a'])
  const { measures, take, errors } = start({ db: store.db, write: () => Promise.reject(new Error('the disk is full')) }, T)
  take('a', sampleOf([guestSample(1)]))
  await measures.close()
  t.deepEqual(errors.map(String), ['Error: the disk is full'])
})

onEach('a host that makes up guests writes no more of them than an agent may have', async (t, place) => {
  const store = await openWith(t, place, ['a'])
  const { measures, clock, take, tick } = start(store, T)
  for (let round = 0; round < 4; round += 1) {
    clock(T + round * BUCKET)
    for (let part = 0; part < 2; part += 1)
      take('a', sampleOf(Array.from({ length: 2048 }, (_, index) => guestSample(10_000 * (2 * round + part) + index))))
    await tick()
  }
  clock(T + 4 * BUCKET)
  await tick()
  const { noted } = await store.db
    .selectFrom('measured_guests')
    .select(({ fn }) => fn.countAll<number>().as('noted'))
    .executeTakeFirstOrThrow()
  t.is(Number(noted), 4096)
  await measures.close()
})

onEach('a guest that was noted by a clock that was ahead is noted again when that was put back', async (t, place) => {
  const store = await openWith(t, place, ['a'])
  const { measures, clock, take, tick } = start(store, T + 3 * DAY)
  const measured = async (at: number) => {
    clock(at)
    take('a', sampleOf([guestSample(1, { cpus: 1 })]))
    clock(at + BUCKET)
    await tick()
  }
  await measured(T + 3 * DAY)
  clock(T)
  await measures.forget()
  await measured(T)
  await measures.forget()
  t.is((await measures.guest(uuidOf(1), '1d')).mean[0]?.at(-2), 0.5)
  await measures.close()
})
