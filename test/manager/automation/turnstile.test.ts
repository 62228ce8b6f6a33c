import test from 'ava'
import type { Use } from '../../../manager/automation/effect.ts'
import { Turnstile } from '../../../manager/automation/turnstile.ts'

const to = (host: string): Use => ({ what: 'to', of: host, name: `moves to ${host}` })
const POOL: Use = { what: 'pool', of: 'pool', name: 'moves' }

function rig(limits: Readonly<Record<string, number>> = { to: 1, pool: 2 }) {
  const turns = new Turnstile((what) => limits[what] ?? Number.POSITIVE_INFINITY)
  const went: string[] = []
  const wait = (automation: string, uses: readonly Use[], since = 0) =>
    turns.wait({ automation, step: '1', since, uses, go: () => went.push(automation) })
  const hold = (automation: string, ...uses: readonly Use[]) => turns.hold(automation, new Map(uses.length > 0 ? [['1', uses]] : []))
  return { turns, went, wait, hold }
}

test('nobody goes before all that is under way is known; then who has waited longest, and whoever finds free what it waits for', (t) => {
  const { turns, went, wait, hold } = rig()
  wait('late', [to('b'), POOL], 9)
  wait('first', [to('b'), POOL], 5)
  wait('other', [to('c'), POOL], 10)
  wait('last', [to('d'), POOL], 11)
  hold('old', to('a'))
  t.deepEqual(went, [])
  turns.open()
  t.deepEqual(went, ['first', 'other'])
  hold('first', to('b'), POOL)
  hold('other', to('c'), POOL)
  t.is(turns.waiting('late'), 'its turn: 1 of at most 1 moves to b are under way (first), it is next')
  t.is(turns.waiting('last'), 'its turn: 2 of at most 2 moves are under way (first, other), 1 wait before it')
  t.is(turns.waiting('first'), undefined)
  hold('other')
  t.deepEqual(went, ['first', 'other', 'last'], 'late waits for b, and keeps nobody from d')
  hold('first')
  t.deepEqual(went, ['first', 'other', 'last', 'late'])
  t.is(turns.size, 0)
})

test('a turn that was given and never written down is free again; what is written down is counted once', (t) => {
  const { turns, went, wait, hold } = rig({ pool: 1 })
  turns.open()
  const drop = wait('a', [POOL])
  wait('b', [POOL], 1)
  t.deepEqual(went, ['a'])
  drop()
  t.deepEqual(went, ['a', 'b'])
  hold('b', POOL)
  const again = wait('c', [POOL], 2)
  t.deepEqual(went, ['a', 'b'])
  again()
  hold('b')
  t.deepEqual(went, ['a', 'b'], 'who does not wait any more is not let go')
})

test('what needs more than there is at one time waits, whatever else is free', (t) => {
  const { turns, went, wait, hold } = rig({ to: 1, pool: 1 })
  turns.open()
  hold('x', POOL)
  wait('a', [to('b'), POOL])
  t.deepEqual(went, [])
  t.regex(turns.waiting('a') ?? '', /1 of at most 1 moves are under way \(x\)/)
})
