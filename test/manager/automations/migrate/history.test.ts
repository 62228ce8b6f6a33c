// What is kept of a move when it has ended: what its journal says was sent, on both databases, in the transaction of its end.
import test from 'ava'
import { endMove, sentIn } from '../../../../manager/automations/migrate/history.ts'
import { planMigrate } from '../../../../manager/automations/migrate/several.ts'
import { forgetMoves, movesOf } from '../../../../manager/store/tables/moves.ts'
import { until } from '../../automation/scripted.ts'
import { onEach, storeAt } from '../../store/dialects.ts'
import { plannerOn } from '../guests/plan-rig.ts'
import { createArgs, GUEST, node, type Rig, rigAt } from '../guests/rig.ts'
import { migrateArgsFor } from './args.ts'

type Written = Parameters<typeof sentIn>[0][number]

const at = (address: string) => ({ addresses: [{ interface: 'xenbr0', address, prefix: 24 }] }) as never
const answered = (time: number, value: unknown, disk = `of ${time}`): Written => ({
  ...{ effect: { kind: 'request', host: 'a', body: { kind: 'x', disk } as never, onAbort: 'cancel', patience: 1 }, at: time },
  answer: { kind: 'value', value },
})
const phase = (time: number, name: string): Written => ({
  ...{ effect: { kind: 'progress', phase: name, text: '' }, at: time, answer: { kind: 'value', value: null } },
})
const sent = (bytes: number, pausedMs: number, outcome: object) => ({ kind: 'guest-sent', outcome, bytes, milliseconds: 5000, pausedMs })
const synced = (bytes: number, more: object = {}) => ({ kind: 'mirror-synced', bytes, milliseconds: 1000, handshakes: 1, ...more })
const HELD = { kind: 'held' }
const GIVEN_UP = { kind: 'given-up', cause: 'would-pause', reason: 'it would pause', pauseMs: 9000 }

test('of all tries the memory counts; a guest stands still from its suspension to where its word is passed on, or taken back', (t) => {
  const tries = [synced(100), synced(20), sent(7, 40, GIVEN_UP), sent(5, 60, HELD)].map((value, step) => answered(1000 * step, value))
  const went = answered(3250, { kind: 'receive-went', outcome: { kind: 'running', domid: 4 } })
  t.deepEqual(sentIn([...tries, went, phase(9000, 'clean up')]), { diskBytes: 120, savedBytes: 0, memoryBytes: 12, pauseMs: 310 })
  // Its new host has seen when it went on; what is done there afterwards is no pause.
  const seen = answered(3250, { kind: 'receive-went', outcome: { kind: 'running', domid: 4, heldMs: 90 } })
  t.is(sentIn([...tries, seen, phase(9000, 'clean up')]).pauseMs, 150)
  // Nobody has seen the word go: it is known to have gone when the move says so.
  t.is(sentIn([...tries, phase(3500, 'clean up')]).pauseMs, 560)
  t.is(sentIn([...tries, answered(3900, { kind: 'send-ended', was: 'there' })]).pauseMs, 960)
  t.deepEqual(sentIn([answered(0, synced(8)), phase(1, 'clean up')]), { diskBytes: 8, savedBytes: 0, memoryBytes: 0, pauseMs: undefined })
  t.is(sentIn([answered(0, sent(7, 0, GIVEN_UP))]).pauseMs, undefined, 'it never stood still')
  t.deepEqual(sentIn([]), { diskBytes: 0, savedBytes: 0, memoryBytes: 0, pauseMs: undefined })
})

test('of a disk that was seeded counts what its seed has sent, and what DRBD has sent after it; the rest was saved', (t) => {
  const seed = answered(0, { kind: 'seed-sent', bytes: 30, milliseconds: 5 })
  t.like(sentIn([seed, answered(1, synced(1000, { sent: 12 }))]), { diskBytes: 42, savedBytes: 958 })
  // Of two disks one was copied whole, by an agent that does not count.
  t.like(sentIn([seed, answered(1, synced(1000, { sent: 12 })), answered(2, synced(500))]), { diskBytes: 542, savedBytes: 958 })
})

test('of a disk that is asked for again, before its memory goes over, the last answer counts: it tells of all since they have met', (t) => {
  const [first, again] = [answered(0, synced(1000, { sent: 12 }), 'xvda'), answered(1, synced(1000, { sent: 40 }), 'xvda')]
  t.like(sentIn([first, again, answered(2, synced(500, { sent: 1 }), 'xvdb')]), { diskBytes: 41, savedBytes: 1459 })
})

async function moved(rig: Rig, to: string, state: 'done' | 'failed'): Promise<string> {
  const { deps } = plannerOn(rig)
  const target = deps.pool.hosts().find(({ id }) => id === to)
  const plan = await planMigrate(deps, { ref: GUEST, to: target, maxPauseMs: 2000, keepMs: 0 })
  if (plan.kind !== 'done') throw new Error(plan.reason)
  const begun = await rig.automations.start({ ...plan.value, who: 'alice' })
  if (begun.kind !== 'done') throw new Error(begun.reason)
  await until(rig.automations, begun.value.id, state)
  return begun.value.id
}

onEach('what has ended is there with its end: done and failed, each once, also when its automation is forgotten', async (t, place) => {
  const rig = await rigAt(t, place, [node('a', at('10.77.0.21')), node('b', at('10.77.0.22'))])
  const made = await rig.automations.start({ recipe: 'create-guest', args: createArgs({ power: 'off' }), who: 'alice' })
  if (made.kind !== 'done') throw new Error(made.reason)
  await until(rig.automations, made.value.id, 'done')
  rig.answer = ({ kind }) =>
    kind === 'make-copy' ? { kind: 'answered', answer: { kind: 'refused', cause: 'unable', reason: 'VG data is full' } } : 'done'
  const failed = await moved(rig, 'b', 'failed')
  rig.answer = ({ kind }) => (kind === 'sync-mirror' ? { kind: 'answered', answer: synced(2 ** 33) as never } : 'done')
  const done = await moved(rig, 'b', 'done')
  const rows = await movesOf(rig.store.db, { limit: 10 })
  t.like(rows, {
    length: 2,
    0: { automation: done, guest: GUEST, name: 'web1', outcome: 'done', reason: null, way: 'stopped', disk_bytes: 2 ** 33, pause_ms: null },
    1: { automation: failed, from_host: 'a', to_host: 'b', outcome: 'failed', reason: 'VG data is full', who: 'alice', disk_bytes: 0 },
  })
  const record = await rig.automations.find(done)
  t.like(rows[0], { began: record?.created, ended: record?.ended })
  await rig.automations.forget(Date.now() + 1000)
  t.is(await rig.automations.find(done), undefined)
  t.is((await movesOf(rig.store.db, { limit: 10 })).length, 2)
})

onEach(
  'pages follow each other without a gap; by guest and by host, as they were called or by id; what is old or too many is forgotten',
  async (t, place) => {
    const store = await storeAt(t, place)
    const ends = [50, 40, 40, 40, 30]
    await store.write(async (transaction) => {
      for (const [index, ended] of ends.entries()) {
        const args = migrateArgsFor(index === 4 ? { to: { id: 'c', name: 'rack-c' } } : {})
        const end = { id: `m${index}`, who: 'alice', created: 1, state: 'done', at: ended, reason: undefined } as const
        await endMove(transaction, args, end)
        await endMove(transaction, args, end)
      }
    })
    const ids = async (asked: Partial<Parameters<typeof movesOf>[1]>) =>
      (await movesOf(store.db, { limit: 10, ...asked })).map(({ automation }) => automation)
    t.deepEqual(await ids({}), ['m0', 'm3', 'm2', 'm1', 'm4'])
    t.deepEqual(await ids({ limit: 2 }), ['m0', 'm3'])
    t.deepEqual(await ids({ limit: 2, before: { ended: 40, automation: 'm3' } }), ['m2', 'm1'])
    for (const host of ['c', 'rack-c']) t.deepEqual(await ids({ host }), ['m4'])
    t.is((await ids({ guest: GUEST })).length, 5)
    t.is((await ids({ guest: 'web1', host: 'a' })).length, 5)
    t.deepEqual(await ids({ guest: 'web2' }), [])
    await store.write((transaction) => forgetMoves(transaction, 35, 10))
    t.deepEqual(await ids({}), ['m0', 'm3', 'm2', 'm1'])
    await store.write((transaction) => forgetMoves(transaction, 0, 1))
    t.deepEqual(await ids({}), ['m0'])
  },
)
