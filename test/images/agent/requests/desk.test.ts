import test from 'ava'
import type { Jobs } from '../../../../images/agent/jobs/job.ts'
import { type Desk, type DeskOptions, openDesk, type Said, STOPPING } from '../../../../images/agent/requests/desk.ts'
import { Memory } from '../../../../images/agent/requests/memory.ts'
import { type Handlers, LostProgram, type Task } from '../../../../images/agent/requests/task.ts'
import { type AnswerOf, orderOf, type Refusal, type RequestBody } from '../../../../manager/protocol/requests.ts'
import { TestClock } from '../clock.ts'

const COLLECT: RequestBody = { kind: 'collect', sections: ['dmi'] }
const OTHER: RequestBody = { kind: 'collect', sections: ['xen'] }
const PROPERTIES: RequestBody = { kind: 'set-properties', text: '' }
const MORE: RequestBody = { kind: 'set-properties', text: '[a]' }
const DONE: AnswerOf<'set-properties'> = { kind: 'properties-set', count: 1 }
const COLLECTED: AnswerOf<'collect'> = { kind: 'collected', revision: 1, problems: [] }
const SCANNED: AnswerOf<'scan-file-system'> = { kind: 'file-system-scanned', sizeBytes: 2, freeBytes: 1, images: [], leftOut: [] }
const UNABLE: Refusal = { kind: 'refused', cause: 'unable', reason: 'stopped before its end' }
const scan = (uuid = 'a'): RequestBody => ({ kind: 'scan-file-system', fileSystem: { kind: 'uuid', uuid } })

/** Each call waits until it is let go. */
function gate<Answer>() {
  const calls: ((answer: Answer | Refusal) => void)[] = []
  const tasks: Task[] = []
  const handle = (_body: unknown, task: Task) => {
    tasks.push(task)
    return new Promise<Answer | Refusal>((resolve) => calls.push(resolve))
  }
  return { calls, tasks, handle }
}

function open(handlers: Partial<Handlers>, options: Partial<DeskOptions> = {}): { readonly desk: Desk; readonly clock: TestClock } {
  const clock = new TestClock()
  return { clock, desk: openDesk(handlers, { clock, ...options }) }
}

test('an id is done once: twice at the same time, and again when it is done', async (t) => {
  let done = 0
  const { desk } = open({
    collect: async () => {
      done += 1
      return COLLECTED
    },
  })
  const both = await Promise.all([desk.answer('a', COLLECT), desk.answer('a', COLLECT)])
  t.deepEqual([...both, await desk.answer('a', COLLECT)], [COLLECTED, COLLECTED, COLLECTED])
  t.is(done, 1)
  await desk.answer('b', COLLECT)
  t.is(done, 2)
})

test('an id with another request under it is refused, and neither done nor answered with the other answer', async (t) => {
  const { calls, handle } = gate<typeof COLLECTED>()
  const { desk, clock } = open({ collect: handle })
  const first = desk.answer('a', COLLECT)
  t.like(await desk.answer('a', OTHER), { kind: 'refused', cause: 'unable' })
  await clock.advance(0)
  calls[0]?.(COLLECTED)
  await first
  t.like(await desk.answer('a', OTHER), { kind: 'refused', cause: 'unable' })
  t.is(calls.length, 1)
})

test('requests that write one thing are done one at a time in their order, those of other things beside them', async (t) => {
  const [collects, properties] = [gate<typeof COLLECTED>(), gate<typeof DONE>()]
  const { desk, clock } = open({ collect: collects.handle, 'set-properties': properties.handle })
  void desk.answer('a', PROPERTIES)
  const second = desk.answer('b', MORE)
  void desk.answer('c', COLLECT)
  void desk.answer('d', COLLECT)
  await clock.advance(0)
  t.deepEqual([properties.calls.length, collects.calls.length], [1, 2])
  properties.calls[0]?.(DONE)
  await clock.advance(0)
  t.is(properties.calls.length, 2)
  properties.calls[1]?.(DONE)
  t.deepEqual(await second, DONE)
})

test('more than may wait are busy, and may be asked again later with the same id', async (t) => {
  const { calls, handle } = gate<typeof DONE>()
  const { desk, clock } = open({ 'set-properties': handle })
  const waiting = Array.from({ length: 65 }, (_, index) => desk.answer(`${index}`, PROPERTIES))
  const busy = await desk.answer('late', PROPERTIES)
  t.like(busy, { kind: 'refused', cause: 'busy', reason: '64 requests wait on this host already: ask again later' })
  for (const one of waiting) {
    await clock.advance(0)
    calls.shift()?.(DONE)
    await one
  }
  const late = desk.answer('late', PROPERTIES)
  await clock.advance(0)
  calls.shift()?.(DONE)
  t.deepEqual(await late, DONE)
})

test('a handler that is busy is asked again under the same id, and what it does then is remembered', async (t) => {
  const answers: (typeof COLLECTED | Refusal)[] = [{ kind: 'refused', cause: 'busy', reason: 'another is under way' }, COLLECTED]
  let asked = 0
  const { desk } = open({ collect: async () => answers[asked++] ?? t.fail('it was done twice') })
  t.like(await desk.answer('a', COLLECT), { kind: 'refused', cause: 'busy' })
  t.deepEqual(await desk.answer('a', COLLECT), COLLECTED)
  t.deepEqual(await desk.answer('a', COLLECT), COLLECTED)
  t.is(asked, 2)
})

test('a request that throws, or that this host cannot do, is a refusal that says so', async (t) => {
  const { desk } = open({
    collect: async () => {
      throw new Error('no\u001b[31m disk')
    },
  })
  t.deepEqual(await desk.answer('a', COLLECT), { kind: 'refused', cause: 'unable', reason: 'the agent failed: no [31m disk' })
  t.like(await desk.answer('b', PROPERTIES), { kind: 'refused', cause: 'unable', reason: 'this host cannot do set-properties' })
})

test('the memory of answers is bounded: the oldest is forgotten, and one that is still being done never', async (t) => {
  let done = 0
  const { calls, handle } = gate<typeof DONE>()
  const collect = async () => {
    done += 1
    return COLLECTED
  }
  const { desk, clock } = open({ collect, 'set-properties': handle }, { memory: new Memory({ count: 50, length: 1_000_000 }) })
  const slow = desk.answer('slow', PROPERTIES)
  for (let index = 0; index < 60; index += 1) await desk.answer(`${index}`, COLLECT)
  await desk.answer('59', COLLECT)
  t.is(done, 60)
  await desk.answer('0', COLLECT)
  t.is(done, 61)
  const again = desk.answer('slow', PROPERTIES)
  await clock.advance(0)
  t.is(calls.length, 1)
  calls[0]?.(DONE)
  t.deepEqual(await Promise.all([slow, again]), [DONE, DONE])
})

test('a desk that drains takes nothing new, sends away what waits, and waits for what is under way but not for jobs', async (t) => {
  const [properties, scans] = [gate<typeof DONE>(), gate<typeof SCANNED>()]
  const { desk, clock } = open({ 'set-properties': properties.handle, 'scan-file-system': scans.handle })
  void desk.answer('job', scan())
  const under = desk.answer('a', PROPERTIES)
  const waits = desk.answer('w', MORE)
  await clock.advance(0)
  let drained = false
  const draining = desk.drain('upgrade').then(() => {
    drained = true
  })
  t.like(await desk.answer('b', COLLECT), { kind: 'refused', cause: 'busy' })
  t.like(await waits, { kind: 'refused', cause: 'busy' })
  await clock.advance(0)
  t.false(drained)
  properties.calls[0]?.(DONE)
  await Promise.all([under, draining])
  t.true(drained)
})

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

test('a short request tells nothing but its answer', async (t) => {
  const { desk } = open({
    collect: async (_body, task) => {
      task.tell({ phase: 'x', done: 1, unit: 'y' })
      return COLLECTED
    },
  })
  t.deepEqual(await desk.answer('a', COLLECT, () => t.fail()), COLLECTED)
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
