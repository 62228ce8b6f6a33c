import type { ExecutionContext } from 'ava'
import { Outbox } from '../../../manager/notifications/outbox.ts'
import { Notifications } from '../../../manager/notifications/service.ts'
import { sealer } from '../../../manager/store/keys/sealing.ts'
import type { DataPlace } from '../../../manager/store/open.ts'
import { clearAlarm, endAlarm, holdAlarm, raiseAlarm } from '../../../manager/store/tables/alarms.ts'
import { addNotice, MOST_NOTICES, noticesBehind } from '../../../manager/store/tables/notices.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { onEach, storeAt } from '../store/dialects.ts'
import { AT, notice, SITE } from './samples.ts'

const PACE = { gather: 5_000, between: 60_000, again: 30_000 }
const PATH = { kind: 'path-failed', about: 'x', text: 'a path has failed' } as const

async function rig(t: ExecutionContext, place: DataPlace) {
  const store = await storeAt(t, place)
  const clock = { now: AT }
  let ids = 0
  const common = { store, site: SITE, now: () => clock.now, newId: () => `m${++ids}`, log: collectingLog().log }
  const carry = async () => ({ kind: 'sent' }) as const
  const book = new Notifications({ ...common, sealer: sealer(Buffer.alloc(32)), carry, clearAlarm: async () => undefined })
  const outbox = () => new Outbox({ ...common, hostName: (id) => id, random: () => 0.5, pace: PACE })
  const set = await book.set('chat', { kind: 'webhook', url: 'https://x.example' }, 'alice')
  t.is(set.kind, 'done')
  const raise = (index: number) => store.write((transaction) => raiseAlarm(transaction, clock.now, { ...PATH, about: String(index) }))
  return { store, clock, book, outbox: outbox(), again: outbox, raise }
}

const idle = () => false
const failing = { kind: 'failed', lasting: false, reason: 'it is down' } as const

onEach(
  'a notice of an alarm is written when it becomes open and when it is so no more, not each time that it is counted',
  async (t, place) => {
    const { store } = await rig(t, place)
    await store.write(async (transaction) => {
      for (let times = 0; times < 3; times += 1) await raiseAlarm(transaction, AT, PATH)
      t.true(await clearAlarm(transaction, 'path-failed x', AT, 'user ann'))
      t.false(await clearAlarm(transaction, 'path-failed x', AT, 'user ann'))
      await raiseAlarm(transaction, AT, PATH)
      t.true(await endAlarm(transaction, 'path-failed x', AT))
      t.false(await endAlarm(transaction, 'path-failed x', AT))
      for (let times = 0; times < 2; times += 1) t.true(await holdAlarm(transaction, AT, PATH))
      await clearAlarm(transaction, 'path-failed x', AT, 'user ann')
      t.false(await holdAlarm(transaction, AT, PATH), 'acknowledged, and still so')
      t.false(await endAlarm(transaction, 'path-failed x', AT))
    })
    const notices = await noticesBehind(store.db, 0)
    t.deepEqual(
      notices.map(({ state }) => state),
      ['raised', 'resolved', 'raised', 'resolved', 'raised', 'resolved'],
    )
    t.is(notices[1]?.text, 'cleared by user ann: a path has failed')
    t.is(notices[3]?.text, 'a path has failed')
  },
)

onEach(
  'what happens within seconds is one message, which is on disk with its id before it is sent, and the same after a restart',
  async (t, place) => {
    const { clock, outbox, again, raise } = await rig(t, place)
    t.deepEqual(await outbox.look(idle), { outgoing: [], next: undefined, names: new Set(['chat']) })
    await raise(1)
    clock.now += 2_000
    await raise(2)
    t.like(await outbox.look(idle), { outgoing: [], next: 3_000 })
    clock.now += 3_000
    const { outgoing } = await outbox.look(idle)
    t.is(outgoing[0]?.message.events.length, 2)
    t.deepEqual((await outbox.look(() => true)).outgoing, [], 'it is under way')
    await raise(3)
    const after = await again().look(idle)
    t.deepEqual(after.outgoing[0]?.message, outgoing[0]?.message)
  },
)

onEach(
  'what does not arrive waits longer each time, the next message gathers meanwhile, and at most one a minute goes out',
  async (t, place) => {
    const { clock, outbox, raise, book } = await rig(t, place)
    const next = async () => {
      const { outgoing } = await outbox.look(idle)
      return outgoing[0] ?? t.fail('nothing is due')
    }
    await raise(1)
    clock.now += 5_000
    const first = await next()
    if (!first) return
    t.deepEqual(await outbox.settle(first, failing), { failures: 1, stopped: false })
    t.is((await outbox.look(idle)).next, 30_000)
    clock.now += 30_000
    const repeated = await next()
    t.is(repeated?.message.id, first.message.id)
    t.deepEqual(await outbox.settle(first, failing), { failures: 2, stopped: false })
    t.is((await outbox.look(idle)).next, 60_000)
    for (let index = 2; index < 12; index += 1) await raise(index)
    t.like(await book.show('chat'), { value: { state: 'failing', error: 'it is down', waiting: 11, next: clock.now + 60_000 } })
    clock.now += 60_000
    t.deepEqual(await outbox.settle(first, { kind: 'sent' }), { failures: 0, stopped: false })
    t.like(await outbox.look(idle), { outgoing: [], next: 60_000 })
    clock.now += 60_000
    const digest = await next()
    t.is(digest?.message.events.length, 10)
    t.is(await outbox.settle(first, { kind: 'sent' }), 'gone', 'that was another message')
  },
)

onEach('notices are bounded, and who was not told of all is told how many are missing', async (t, place) => {
  const { store, clock, outbox } = await rig(t, place)
  await store.write(async (transaction) => {
    for (let seq = 1; seq <= MOST_NOTICES + 200; seq += 1) {
      const { seq: _seq, ...rest } = notice(seq, { kind: 'path-failed' })
      await addNotice(transaction, { ...rest, at: AT })
    }
  })
  t.is((await noticesBehind(store.db, 0)).length, MOST_NOTICES)
  clock.now += 10_000
  const { outgoing } = await outbox.look(idle)
  t.like(outgoing[0]?.message, { dropped: 200, more: MOST_NOTICES - 100 })
})
