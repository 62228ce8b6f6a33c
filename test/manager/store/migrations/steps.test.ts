import test from 'ava'
import { inOrder, MIGRATIONS } from '../../../../manager/store/migrations/steps.ts'
import type { Migration } from '../../../../manager/store/schema.ts'

const told: string[] = []
const step =
  (name: string): Migration =>
  async () =>
    void told.push(name)

test('steps of all tables run by their numbers; those of the first versions that share one, in the order of the tables', async (t) => {
  const steps = inOrder([{ 1: step('a1'), 3: step('a3') }, { 1: step('b1') }, { 2: step('c2') }])
  for (const one of steps) await one({} as never)
  t.deepEqual(told, ['a1', 'b1', 'c2', 'a3'])
})

test('a number that is left out, and one that two have given to new steps, is refused before any database is touched', (t) => {
  const next = MIGRATIONS.length + 1
  const before = { ...Object.fromEntries(MIGRATIONS.map((one, index) => [index + 1, one])) }
  t.throws(() => inOrder([before, { [next + 1]: step('x') }]), { message: `no step of the schema has the number ${next}` })
  t.throws(() => inOrder([before, { [next]: step('x') }, { [next]: step('y') }]), {
    message: `two steps of the schema have the number ${next}`,
  })
  t.is(inOrder([before, { [next]: step('x') }]).length, next)
})
