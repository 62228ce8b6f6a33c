// Tasks that are kept in memory: what is told of them, how long they stay, and who may end them.
import test from 'ava'
import { KeptTasks, MOST_KEPT, type NewTask } from '../../../manager/tasks/kept.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'

const CHECK: NewTask = { kind: 'image-check', what: 'verify image a', on: ['image a'], who: 'ada', ending: { not: 'it is too late' } }
const ALL = { which: 'all', limit: 1000 } as const

function keeping(keepFor = 60_000) {
  const clock = { now: 1000 }
  let ids = 0
  const kept = new KeptTasks({ now: () => clock.now, newId: () => `t${++ids}`, keepFor, log: collectingLog().log })
  const told: string[] = []
  kept.subscribe((id) => told.push(id))
  return { clock, kept, told }
}

test('a task is queued, runs and ends, each told once; what comes after its end counts no more', async (t) => {
  const { clock, kept, told } = keeping()
  const task = kept.begin(CHECK)
  t.deepEqual(await kept.find('t1'), {
    ...{ id: 't1', kind: 'image-check', what: 'verify image a', on: ['image a'], who: 'ada', state: 'queued', created: 1000 },
    ...{ mayCancel: false, notCancelled: 'it is too late' },
  })
  clock.now = 2000
  task.start()
  t.like(await kept.find('t1'), { state: 'running', started: 2000 })
  clock.now = 3000
  task.end({ state: 'failed', reason: 'block 1 has changed' })
  task.end({ state: 'done' })
  task.start()
  const ended = { state: 'failed', reason: 'block 1 has changed', started: 2000, ended: 3000, notCancelled: 'it has ended' }
  t.like(await kept.find('t1'), ended)
  t.deepEqual(told, ['t1', 't1', 't1'])
  t.deepEqual(await kept.list({ which: 'open', limit: 10 }), [])
  t.is((await kept.list(ALL)).length, 1)
})

test('progress has a rate and a time that is left; of many words within half a second the first of each phase is heard', async (t) => {
  const { clock, kept, told } = keeping()
  const task = kept.begin(CHECK)
  task.start()
  task.progress({ phase: 'read', done: 0, total: 1000, unit: 'bytes' })
  for (let at = 1; at <= 40; at += 1) {
    clock.now += 100
    task.progress({ phase: 'read', done: at * 10, total: 1000, unit: 'bytes' })
  }
  t.deepEqual((await kept.find('t1'))?.progress, { phase: 'read', done: 400, total: 1000, unit: 'bytes', rate: 100, secondsLeft: 6 })
  t.is(told.length, 2 + 1 + 8)
  task.progress({ phase: 'write', done: 1, unit: 'bytes' })
  t.deepEqual((await kept.find('t1'))?.progress, { phase: 'write', done: 1, unit: 'bytes' })
  task.end({ state: 'done' })
  t.is((await kept.find('t1'))?.progress, undefined)
})

test('what has ended is forgotten by its age and its number, of each kind; what is open stays', async (t) => {
  const { clock, kept } = keeping(60_000)
  const open = kept.begin(CHECK)
  for (let count = 0; count < MOST_KEPT + 5; count += 1) kept.begin(CHECK).end({ state: 'done' })
  kept.begin({ ...CHECK, kind: 'scan' }).end({ state: 'done' })
  const all = await kept.list(ALL)
  t.is(all.length, 1 + MOST_KEPT + 1)
  t.is(await kept.find('t2'), undefined, 'the oldest goes first')
  t.is((await kept.list({ which: 'all', limit: 3 })).length, 1 + 3)
  clock.now += 60_000
  t.is((await kept.list(ALL)).length, 1 + MOST_KEPT + 1)
  clock.now += 1
  t.deepEqual(
    (await kept.list(ALL)).map(({ id }) => id),
    [open.id],
  )
})

test('of one kind as many are told as are asked for, however many of the others are newer', async (t) => {
  const { clock, kept } = keeping()
  kept.begin(CHECK).end({ state: 'done' })
  clock.now += 1
  for (let count = 0; count < 5; count += 1) kept.begin({ ...CHECK, kind: 'scan' }).end({ state: 'done' })
  const ids = async (kind: NewTask['kind']) => (await kept.list({ which: 'all', kind, limit: 2 })).map(({ id }) => id)
  t.deepEqual(await ids('image-check'), ['t1'])
  t.deepEqual(await ids('scan'), ['t6', 't5'])
})

test('a clock that was put back keeps nobody from hearing how far one is', async (t) => {
  const { clock, kept } = keeping()
  clock.now = 5_000_000
  const task = kept.begin(CHECK)
  task.start()
  task.progress({ phase: 'read', done: 1, total: 1000, unit: 'bytes' })
  clock.now -= 3_600_000
  task.progress({ phase: 'read', done: 400, total: 1000, unit: 'bytes' })
  t.is((await kept.find('t1'))?.progress?.done, 400)
})

test('one is ended by who may, in the name of who asks; with its start that may be another or nobody', async (t) => {
  const { kept } = keeping()
  const asked: string[] = []
  const task = kept.begin({
    ...CHECK,
    ending: {
      cancel: (who) => {
        asked.push(who)
        return { kind: 'done', value: null }
      },
    },
  })
  t.true((await kept.find('t1'))?.mayCancel)
  t.is((await kept.cancel('t1', 'otto')).kind, 'done')
  t.deepEqual(asked, ['otto'])
  task.start({ ending: { not: 'a host is at it' }, on: ['image a', 'host node01'] })
  t.like(await kept.find('t1'), { mayCancel: false, notCancelled: 'a host is at it', on: ['image a', 'host node01'] })
  t.deepEqual(await kept.cancel('t1', 'otto'), { kind: 'refused', reason: 'a host is at it' })
  task.end({ state: 'done' })
  t.deepEqual(await kept.cancel('t1', 'otto'), { kind: 'refused', reason: 'it has ended' })
})
