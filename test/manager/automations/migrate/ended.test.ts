import test from 'ava'
import type { AutomationRecord } from '../../../../manager/automation/store/store.ts'
import { type EndedMigration, tellEndedMigrations } from '../../../../manager/automations/migrate/ended.ts'
import { migrateArgsFor } from './args.ts'

const ARGS = migrateArgsFor({ way: 'stopped', disks: [] })
const NEW = { recipe: 'migrate-guest', version: 1, args: ARGS, title: '', who: 'ada', seed: '', reason: undefined, created: 1000 } as const

test('a move that has ended is told once, with its way, outcome and seconds; one that runs, and another recipe, are not', async (t) => {
  const records = new Map<string, AutomationRecord>([
    ['runs', { ...NEW, id: 'runs', state: 'running', ended: undefined }],
    ['waits', { ...NEW, id: 'waits', state: 'needs-operator', ended: undefined }],
    ['other', { ...NEW, id: 'other', recipe: 'start-guest', state: 'done', ended: 4000 }],
    ['done', { ...NEW, id: 'done', state: 'done', ended: 43_000 }],
    ['failed', { ...NEW, id: 'failed', state: 'failed', ended: 2000 }],
  ])
  let listener: (id: string) => void = () => undefined
  let due: () => void = () => undefined
  const told: EndedMigration[] = []
  const looked = () => new Promise((resolve) => setImmediate(resolve))
  const stop = tellEndedMigrations({
    automations: {
      find: async (id) => records.get(id),
      subscribe: (heard) => {
        listener = heard
        return () => {
          listener = () => t.fail('nobody listens any more')
        }
      },
    },
    disksOf: async (id) => (id === 'done' ? { sentBytes: 3, savedBytes: 7 } : undefined),
    after: (_ms, work) => {
      due = work
      return () => {
        due = () => undefined
      }
    },
    onEnded: (ended) => told.push(ended),
    onError: (error) => t.fail(String(error)),
  })
  for (const id of [...records.keys(), 'forgotten', 'done']) listener(id)
  due()
  await looked()
  const expected = [
    { way: 'stopped', outcome: 'done', seconds: 42, disks: { sentBytes: 3, savedBytes: 7 } },
    { way: 'stopped', outcome: 'failed', seconds: 1 },
  ] as const
  t.deepEqual(told, [...expected])
  records.set('runs', { ...NEW, id: 'runs', state: 'aborted', ended: 3000 })
  for (const id of ['runs', 'done']) listener(id)
  due()
  await looked()
  t.deepEqual(told, [...expected, { way: 'stopped', outcome: 'aborted', seconds: 2 }])
  listener('failed')
  stop()
  due()
  await looked()
  t.is(told.length, 3)
})
