// All long work in one list: two sources, and what becomes of a wish to end something.
import test from 'ava'
import type { Done } from '../../../manager/outcome.ts'
import type { Task, TaskSource } from '../../../manager/tasks/task.ts'
import { Tasks } from '../../../manager/tasks/tasks.ts'

const task = (id: string, created: number, more: Partial<Task> = {}): Task => ({
  ...{ id, kind: 'scan', what: `look at ${id}`, on: [], who: 'ada', state: 'running', created, mayCancel: true },
  ...more,
})

function source(all: readonly Task[], answer: Done<undefined> = { kind: 'done', value: undefined }) {
  const [asked, listeners]: [string[], ((id: string) => void)[]] = [[], []]
  const made: TaskSource = {
    list: async ({ which }) => all.filter(({ ended }) => which === 'all' || ended === undefined),
    find: async (id) => all.find((one) => one.id === id),
    cancel: async (id, who) => {
      asked.push(`${id} ${who}`)
      return answer
    },
    subscribe: (listener) => {
      listeners.push(listener)
      return () => void listeners.splice(listeners.indexOf(listener), 1)
    },
  }
  return { made, asked, listeners }
}

test('they stand in one list, the newest first, by kind where one is asked for, and as many as are asked for', async (t) => {
  const automation = task('a', 20, { kind: 'automation' })
  const tasks = new Tasks([source([task('old', 10, { state: 'done', ended: 11 }), task('new', 30)]).made, source([automation]).made])
  const ids = async (wanted: Parameters<Tasks['list']>[0]) => (await tasks.list(wanted)).map(({ id }) => id)
  t.deepEqual(await ids({ which: 'all', limit: 9 }), ['new', 'a', 'old'])
  t.deepEqual(await ids({ which: 'open', limit: 9 }), ['new', 'a'])
  t.deepEqual(await ids({ which: 'all', limit: 2 }), ['new', 'a'])
  t.deepEqual(await ids({ which: 'all', kind: 'automation', limit: 1 }), ['a'])
  t.is((await tasks.find('a'))?.kind, 'automation')
  t.is(await tasks.find('b'), undefined)
})

test('what is open has its place before what has ended, however old it is', async (t) => {
  const old = task('old', 1, { needsOperator: true })
  const ended = [20, 30, 40].map((created) => task(`e${created}`, created, { state: 'done', ended: created }))
  const tasks = new Tasks([source([old, task('new', 50)]).made, source(ended).made])
  const ids = async (limit: number) => (await tasks.list({ which: 'all', limit })).map(({ id }) => id)
  t.deepEqual(await ids(3), ['new', 'e40', 'old'])
  t.deepEqual(await ids(1), ['new'])
})

test('the source that has it ends it; what has ended, or cannot be stopped, is refused with one code, whoever says so', async (t) => {
  const past = { kind: 'refused', code: 'no-return', reason: 'it is past its point of no return' } as const
  const [first, second] = [source([task('x', 1), task('done', 1, { ended: 2, mayCancel: false })]), source([task('y', 1)], past)]
  const tasks = new Tasks([first.made, second.made])
  t.like(await tasks.cancel('x', 'otto'), { kind: 'done', value: { id: 'x' } })
  t.deepEqual([first.asked, second.asked], [['x otto'], []])
  const ended = 'task done (look at done) cannot be cancelled: it has ended'
  t.deepEqual(await tasks.cancel('done', 'otto'), { kind: 'refused', code: 'not-cancellable', reason: ended })
  const late = 'task y (look at y) cannot be cancelled: it is past its point of no return'
  t.deepEqual(await tasks.cancel('y', 'otto'), { kind: 'refused', code: 'not-cancellable', reason: late })
  t.is((await tasks.cancel('nothing', 'otto')).kind, 'missing')
  t.deepEqual(first.asked, ['x otto'], 'what may not be ended is not asked to end')
})

test('news of each source is told, until nobody listens', (t) => {
  const [first, second] = [source([]), source([])]
  const told: string[] = []
  const end = new Tasks([first.made, second.made]).subscribe((id) => told.push(id))
  first.listeners[0]?.('a')
  second.listeners[0]?.('b')
  t.deepEqual(told, ['a', 'b'])
  end()
  t.deepEqual([first.listeners, second.listeners], [[], []])
})
