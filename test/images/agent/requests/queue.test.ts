import test from 'ava'
import fc from 'fast-check'
import { EMPTY_QUEUE, PLACES, type Queue, type QueueAction, type Queued, ROOM, stepQueue } from '../../../../images/agent/requests/queue.ts'
import { collide, type Hold, holding } from '../../../../manager/protocol/requests/holds.ts'

const guest = (number: number) => ({ kind: 'lv' as const, vg: 'vg0', name: `disk${number}` })
const one = (id: string, changed: Partial<Queued> = {}): Queued => ({
  id,
  pace: 'quick',
  holds: holding('write', guest(1)),
  yields: 'never',
  limit: 1000,
  ...changed,
})

/** Lets these happen one after the other. */
function after(queue: Queue, ...events: (Queued | string)[]): { queue: Queue; actions: QueueAction[] } {
  const actions: QueueAction[] = []
  let now = queue
  for (const event of events) {
    const stepped = stepQueue(now, typeof event === 'string' ? { kind: 'gone', id: event } : { kind: 'come', request: event })
    now = stepped.queue
    actions.push(...stepped.actions)
  }
  return { queue: now, actions }
}

const started = (actions: readonly QueueAction[]) => actions.flatMap((action) => (action.kind === 'start' ? [action.id] : []))
const ids = (queued: readonly Queued[]) => queued.map(({ id }) => id)

test('what holds other things is done beside it, what holds the same after it, in the order of coming', (t) => {
  const { queue, actions } = after(EMPTY_QUEUE, one('start x'), one('destroy x'), one('start y', { holds: holding('write', guest(2)) }))
  t.deepEqual([started(actions), ids(queue.waiting)], [['start x', 'start y'], ['destroy x']])
  t.deepEqual(started(after(queue, 'start x').actions), ['destroy x'])
})

test('readers are done together, a writer waits for them, and readers after it for the writer', (t) => {
  const reads = { holds: holding('read', guest(1)) }
  const { queue, actions } = after(EMPTY_QUEUE, one('r1', reads), one('r2', reads), one('w'), one('r3', reads))
  t.deepEqual(
    [started(actions), ids(queue.waiting)],
    [
      ['r1', 'r2'],
      ['w', 'r3'],
    ],
  )
  t.deepEqual(started(after(queue, 'r1', 'r2').actions), ['w'])
  t.deepEqual(started(after(queue, 'r1', 'r2', 'w').actions), ['w', 'r3'])
})

test('a VG is not changed under its LVs, nor anything under the whole host', (t) => {
  const vg = one('vg', { holds: holding('write', { kind: 'vg', name: 'vg0' }) })
  const host = one('host', { holds: holding('write', { kind: 'host' }) })
  const other = one('other', { holds: holding('read', { kind: 'bridge', name: 'xenbr0' }) })
  t.deepEqual(started(after(EMPTY_QUEUE, one('lv'), vg).actions), ['lv'])
  t.deepEqual(started(after(EMPTY_QUEUE, one('lv'), one('lv2', { holds: holding('write', guest(2)) })).actions), ['lv', 'lv2'])
  t.deepEqual(started(after(EMPTY_QUEUE, other, host).actions), ['other'])
  t.deepEqual(started(after(EMPTY_QUEUE, host, other).actions), ['host'])
})

test('something urgent goes before all that waits, has places of its own, and ends what may be ended in its way', (t) => {
  const bulk = Array.from({ length: PLACES.long + 4 }, (_, index) =>
    one(`copy ${index}`, { pace: 'long', yields: 'to urgent', holds: holding('write', guest(index)) }),
  )
  const destroy = one('destroy', { pace: 'urgent', holds: holding('write', guest(0)) })
  const beside = one('fence', { pace: 'urgent', holds: [] })
  const { queue, actions } = after(EMPTY_QUEUE, ...bulk, one('wait', { holds: holding('write', guest(0)) }), destroy, beside)
  t.deepEqual(started(actions).slice(PLACES.long), ['fence'])
  t.deepEqual(actions.filter(({ kind }) => kind === 'stop').map(({ id }) => id)[0], 'copy 0')
  t.deepEqual(started(after(queue, 'copy 0').actions), ['destroy', `copy ${PLACES.long}`])
})

test('what does not yield is waited for', (t) => {
  const { actions } = after(EMPTY_QUEUE, one('x', { pace: 'long' }), one('destroy', { pace: 'urgent' }))
  t.deepEqual(
    actions.map(({ kind, id }) => `${kind} ${id}`),
    ['start x'],
  )
})

test('the room to wait is bounded at each pace, and a full one keeps nothing urgent out', (t) => {
  const many = Array.from({ length: ROOM.quick + 2 }, (_, index) => one(`${index}`))
  const { queue, actions } = after(EMPTY_QUEUE, ...many, one('urgent', { pace: 'urgent', holds: [] }))
  t.deepEqual(
    actions.filter(({ kind }) => kind === 'refuse').map(({ id }) => id),
    [`${ROOM.quick + 1}`],
  )
  t.true(ids(queue.running).includes('urgent'))
})

const holds = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('read' as const, 'write' as const)), { maxLength: 3 })
  .map((pairs): readonly Hold[] => [...new Map(pairs.map(([key, access]) => [key, { key, access }])).values()])
const shape = fc.record({
  pace: fc.constantFrom('urgent' as const, 'quick' as const, 'long' as const),
  yields: fc.constantFrom('never' as const, 'to urgent' as const),
  holds,
})
/** A number is one that ends: which of those that run. */
const happenings = fc.array(fc.oneof(shape, fc.nat(40)), { maxLength: 120 })

test('whatever comes and ends: no two hold one thing that one of them writes, none is lost or done twice, none waits without a cause', (t) => {
  fc.assert(
    fc.property(happenings, (all) => {
      let queue = EMPTY_QUEUE
      const come: string[] = []
      const begun: string[] = []
      const refused: string[] = []
      const withdrawn: string[] = []
      const happen = (event: Parameters<typeof stepQueue>[1]): void => {
        const stepped = stepQueue(queue, event)
        queue = stepped.queue
        for (const action of stepped.actions) {
          if (action.kind === 'start') begun.push(action.id)
          if (action.kind === 'refuse') refused.push(action.id)
          if (action.kind === 'stop') {
            const stopped = queue.running.find(({ id }) => id === action.id)
            if (stopped?.yields !== 'to urgent') throw new Error('one is ended that does not yield')
            if (queue.waiting.find(({ id }) => id === action.for)?.pace !== 'urgent') throw new Error('ended for one that is not urgent')
          }
        }
        for (const [index, first] of queue.running.entries())
          for (const second of queue.running.slice(index + 1)) if (collide(first.holds, second.holds)) throw new Error('two hold one thing')
        for (const pace of ['urgent', 'quick', 'long'] as const) {
          if (queue.running.filter((one) => one.pace === pace).length > PLACES[pace]) throw new Error('too many at one time')
          if (queue.waiting.filter((one) => one.pace === pace).length > ROOM[pace]) throw new Error('too many wait')
        }
        for (const [index, waits] of queue.waiting.entries()) {
          const before = [...queue.running, ...queue.waiting.slice(0, index)]
          const full = queue.running.filter(({ pace }) => pace === waits.pace).length >= PLACES[waits.pace]
          if (!full && !before.some((other) => collide(other.holds, waits.holds))) throw new Error('one waits for nothing')
          if (waits.pace === 'urgent' && queue.waiting.slice(0, index).some(({ pace }) => pace !== 'urgent'))
            throw new Error('one that is urgent waits behind one that is not')
        }
      }
      for (const [index, what] of all.entries()) {
        if (typeof what === 'object') {
          come.push(`${index}`)
          happen({ kind: 'come', request: { id: `${index}`, limit: 1, ...what } })
          continue
        }
        const there = [...queue.running, ...queue.waiting]
        const gone = there[what % Math.max(1, there.length)]
        if (!gone) continue
        if (queue.waiting.includes(gone)) withdrawn.push(gone.id)
        happen({ kind: 'gone', id: gone.id })
      }
      // No more comes, what runs ends: everything has its turn, and nothing takes more ends than there are requests.
      for (let ends = 0; queue.running.length > 0; ends += 1) {
        if (ends > come.length) throw new Error('it does not end')
        happen({ kind: 'gone', id: queue.running[0]?.id ?? '' })
      }
      t.deepEqual(queue, EMPTY_QUEUE)
      t.is(new Set(begun).size, begun.length)
      t.deepEqual([...begun, ...refused, ...withdrawn].sort(), [...come].sort())
    }),
  )
})

test('readers that come without end do not keep a writer waiting', (t) => {
  const read = (index: number) => one(`r${index}`, { holds: holding('read', guest(1)) })
  let { queue } = after(EMPTY_QUEUE, read(0), one('w'))
  for (let index = 1; index < 50; index += 1) {
    const stepped = after(queue, read(index), `r${index - 1}`)
    queue = stepped.queue
    if (!started(stepped.actions).includes('w')) continue
    t.is(index, 1)
    return
  }
  t.fail('it never had its turn')
})
