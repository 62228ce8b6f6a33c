// An automation as a task: its states, how far it is, and whether an abort may end it.
import test from 'ava'
import type { AutomationNow } from '../../../../manager/automation/service.ts'
import type { AutomationRecord } from '../../../../manager/automation/store/store.ts'
import { type AutomationSource, automationTasks, taskOf } from '../../../../manager/tasks/sources/automations.ts'

const record = (more: Partial<AutomationRecord> = {}): AutomationRecord => ({
  ...{ id: 'a1', recipe: 'make-vg', version: 1, args: {}, title: 'make VG data', who: 'ada', seed: 's', state: 'running', created: 5 },
  ...{ reason: undefined, ended: undefined },
  ...more,
})

const NOW: AutomationNow = {
  ...{ on: ['VG data of node01'], waits: undefined, isPastReturn: false, phases: ['claim', 'make', 'look'], phase: 'make', jobs: [] },
}

test('one that runs says its phase, or the job that takes longest; what it holds is what it is on', (t) => {
  t.deepEqual(taskOf(record(), NOW), {
    ...{ id: 'a1', kind: 'automation', what: 'make VG data', on: ['VG data of node01'], who: 'ada', state: 'running', created: 5 },
    ...{ progress: { phase: 'make', done: 1, total: 3, unit: 'phases' }, started: 5, mayCancel: true },
  })
  const [short, long] = [3, 90].map((secondsLeft) => ({ phase: 'copy', done: 1, total: 2, unit: 'bytes', rate: 1, secondsLeft }))
  t.is(taskOf(record(), { ...NOW, jobs: [short, long].flatMap((job) => job ?? []) }).progress, long)
  t.is(taskOf(record(), { ...NOW, phase: undefined }).progress, undefined)
})

test('one that waits says for what; one for an operator is open, and says so', (t) => {
  const queued = taskOf(record({ state: 'queued' }), { ...NOW, waits: 'a place', phase: undefined })
  t.like(queued, { state: 'queued', reason: 'waits for a place', mayCancel: true })
  t.false('started' in queued)
  t.like(taskOf(record({ state: 'needs-operator', reason: 'could not undo' }), NOW), {
    ...{ state: 'running', needsOperator: true, reason: 'could not undo' },
  })
  t.like(taskOf(record({ state: 'aborted', reason: 'ada has aborted it', ended: 9 }), NOW), {
    ...{ state: 'cancelled', ended: 9, mayCancel: false, notCancelled: 'it has ended', progress: undefined },
  })
  t.regex(taskOf(record(), { ...NOW, isPastReturn: true }).notCancelled ?? '', /past its point of no return/)
})

test('an open one is listed however old it is, and once; an abort ends it in the name of who asks', async (t) => {
  const [old, fresh] = [record({ id: 'old', created: 1 }), record({ id: 'new', created: 9, state: 'done', ended: 10 })]
  const aborted: string[] = []
  const source: AutomationSource = {
    open: async () => [old],
    list: async (limit) => [fresh, old].slice(0, limit),
    find: async (id) => [old, fresh].find((one) => one.id === id),
    now: () => NOW,
    abort: async (id, who) => {
      aborted.push(`${id} ${who}`)
      return { kind: 'done', value: undefined }
    },
    subscribe: () => () => undefined,
  }
  const tasks = automationTasks(source)
  const ids = async (which: 'open' | 'all', limit: number) => (await tasks.list({ which, limit })).map(({ id }) => id)
  t.deepEqual(await ids('all', 1), ['old', 'new'])
  t.deepEqual(await ids('all', 9), ['old', 'new'])
  t.deepEqual(await ids('open', 9), ['old'])
  t.is((await tasks.cancel('old', 'otto')).kind, 'done')
  t.deepEqual(aborted, ['old otto'])
  t.is(await tasks.find('nothing'), undefined)
})
