import test from 'ava'
import type { Jobs } from '../../../../../images/agent/jobs/job.ts'
import { type Said, STOPPING } from '../../../../../images/agent/requests/desk.ts'
import { Memory } from '../../../../../images/agent/requests/memory.ts'
import { LostProgram } from '../../../../../images/agent/requests/task.ts'
import { orderOf } from '../../../../../manager/protocol/requests.ts'
import { COLLECT, COLLECTED, gate, OTHER, open, SCANNED, scan, UNABLE } from './asking.ts'

test('a long request is accepted, tells how far it is at most twice a second, and ends; who asks again is told from then on', async (t) => {
  const { calls, tasks, handle } = gate<typeof SCANNED>()
  const { desk, clock } = open({ 'scan-file-system': handle })
  const said: Said[] = []
  const later: Said[] = []
  const first = desk.answer('a', scan(), (one) => said.push(one))
  await clock.advance(0)
  for (let done = 0; done < 1000; done += 1) {
    tasks[0]?.tell({ phase: 'reading', done, total: 1000, unit: 'files' })
    await clock.advance(1)
  }
  const told = said.map((one) => (one.kind === 'progress' ? one.progress.done : one.kind))
  t.deepEqual(told, ['accepted', 0, 499, 999])
  const again = desk.answer('a', scan(), (one) => later.push(one))
  await clock.advance(1000)
  calls[0]?.(SCANNED)
  t.deepEqual(await Promise.all([first, again]), [SCANNED, SCANNED])
  tasks[0]?.tell({ phase: 'reading', done: 1001, unit: 'files' })
  await clock.advance(1000)
  t.is(said.length, 4)
  t.deepEqual(
    later.map((one) => (one.kind === 'progress' ? one.progress.done : one.kind)),
    ['accepted', 999],
  )
  t.is(clock.pending, 0)
})

test('what is cancelled before it begins never does; what runs is told, and what it says then is the reason', async (t) => {
  const { calls, tasks, handle } = gate<typeof SCANNED>()
  const { desk, clock } = open({ 'scan-file-system': handle })
  const [running, waiting] = [desk.answer('a', scan()), desk.answer('b', scan())]
  desk.cancel('b')
  t.deepEqual(await waiting, { kind: 'refused', cause: 'cancelled', reason: 'it was cancelled: it had not begun' })
  await clock.advance(0)
  desk.cancel('a')
  desk.cancel('a')
  t.true(tasks[0]?.signal.aborted)
  calls[0]?.(UNABLE)
  const stopped = { kind: 'refused', cause: 'cancelled', reason: 'it was cancelled: stopped before its end' }
  t.deepEqual(await running, stopped)
  t.deepEqual(await desk.answer('a', scan()), stopped)
  await clock.advance(100_000)
  t.is(calls.length, 1)
})

test('what was done all the same is answered as done', async (t) => {
  const { calls, handle } = gate<typeof SCANNED>()
  const { desk, clock } = open({ 'scan-file-system': handle })
  const asked = desk.answer('a', scan())
  await clock.advance(0)
  desk.cancel('a')
  calls[0]?.(SCANNED)
  t.deepEqual(await asked, SCANNED)
})

test('a cancel is answered within seconds though the request hangs: nothing that holds the same begins, and its own end is not lost', async (t) => {
  const { calls, handle } = gate<typeof SCANNED>()
  const { desk, clock } = open({ 'scan-file-system': handle })
  const asked = desk.answer('a', scan())
  void desk.answer('b', scan())
  await clock.advance(0)
  desk.cancel('a')
  await clock.advance(STOPPING)
  t.like(await asked, { kind: 'refused', cause: 'unknown' })
  t.is(calls.length, 1)
  const again = desk.answer('a', scan())
  await clock.advance(0)
  calls[0]?.(SCANNED)
  t.deepEqual(await again, SCANNED)
  await clock.advance(0)
  t.is(calls.length, 2)
})

test('a request that takes longer than it may is ended, and says so', async (t) => {
  const { calls, tasks, handle } = gate<typeof SCANNED>()
  const { desk, clock } = open({ 'scan-file-system': handle })
  const asked = desk.answer('a', scan())
  await clock.advance(orderOf(scan()).limit)
  t.true(tasks[0]?.signal.aborted)
  calls[0]?.(UNABLE)
  t.deepEqual(await asked, { kind: 'refused', cause: 'unable', reason: 'it was not done in 540 s: stopped before its end' })
})

test('something urgent ends the job that is in its way and is done next, before all that has waited longer', async (t) => {
  const { calls, tasks, handle } = gate<typeof SCANNED>()
  const order: string[] = []
  const { desk, clock } = open(
    {
      'scan-file-system': handle,
      collect: async ({ sections }) => {
        order.push(sections.join())
        return COLLECTED
      },
    },
    // Nothing of today's is urgent: collect of xen stands for a destroy, that of dmi for one that has waited.
    {
      order: (body) =>
        body.kind === 'collect' ? { ...orderOf(scan()), yields: 'never', pace: body === OTHER ? 'urgent' : 'quick' } : orderOf(body),
    },
  )
  const job = desk.answer('job', scan())
  void desk.answer('waits', COLLECT)
  await clock.advance(0)
  const destroy = desk.answer('destroy', OTHER)
  t.true(tasks[0]?.signal.aborted)
  t.deepEqual(order, [])
  calls[0]?.(UNABLE)
  t.like(await job, { kind: 'refused', cause: 'cancelled', reason: 'it made way for something urgent: stopped before its end' })
  await destroy
  await clock.advance(0)
  t.deepEqual(order, ['xen', 'dmi'])
})

test('a program whose end nobody saw makes its job unknown, each time that it is asked for', async (t) => {
  let done = 0
  const { desk } = open({
    'scan-file-system': async () => {
      done += 1
      throw new LostProgram('dd has ended, and nobody was there to see how')
    },
  })
  const unknown = {
    kind: 'refused',
    cause: 'unknown',
    reason: 'look at the host for what has come of it: dd has ended, and nobody was there to see how',
  }
  for (let times = 0; times < 2; times += 1) t.deepEqual(await desk.answer('a', scan()), unknown)
  t.is(done, 1)
})

test('jobs are begun before they are done and ended with their answer; an agent that comes after has them, and what they hold', async (t) => {
  const said: string[] = []
  const jobs: Jobs = {
    begin: async ({ id }) => {
      said.push(`begin ${id}`)
      return async () => ({ kind: 'missing' })
    },
    end: async (id, answer) => void said.push(`end ${id} ${answer.kind}`),
    forget: async (id) => void said.push(`forget ${id}`),
  }
  const { calls, handle } = gate<typeof SCANNED>()
  const collect = async () => COLLECTED
  const { desk, clock } = open({ 'scan-file-system': handle, collect }, { jobs, memory: new Memory({ count: 2, length: 100_000 }) })
  const asked = 'hash'
  desk.resume([
    { id: 'ended', asked, request: scan(), answer: SCANNED },
    { id: 'running', asked, request: scan(), answer: undefined },
  ])
  const fresh = desk.answer('fresh', scan())
  await clock.advance(0)
  t.deepEqual([said, calls.length], [['begin running'], 1])
  calls[0]?.(SCANNED)
  await clock.advance(0)
  calls[1]?.(SCANNED)
  await fresh
  await desk.answer('short', COLLECT)
  t.deepEqual(said, [
    'begin running',
    'end running file-system-scanned',
    'begin fresh',
    'forget ended',
    'end fresh file-system-scanned',
    'forget running',
  ])
})

test('a job that cannot be written down is not done', async (t) => {
  const jobs: Jobs = {
    begin: () => Promise.reject(new Error('no room in RAM')),
    end: async () => undefined,
    forget: async () => undefined,
  }
  const { desk } = open({ 'scan-file-system': async () => t.fail() }, { jobs })
  t.deepEqual(await desk.answer('a', scan()), { kind: 'refused', cause: 'unable', reason: 'the agent failed: no room in RAM' })
})
