import test from 'ava'
import type { Allowance, Backend } from '../../../../images/agent/backend.ts'
import { atItsPace, UNWATCHED, whileWanted } from '../../../../images/agent/requests/task.ts'

function telling() {
  const allowed: (Allowance | undefined)[] = []
  const backend: Backend = {
    run: async (_command, allowance) => {
      allowed.push(allowance)
      return { kind: 'missing' }
    },
    read: async () => undefined,
    readFile: async () => ({ kind: 'missing' }),
    list: async () => [],
  }
  return { allowed, backend }
}

test('every program of an urgent request is in the lane of urgent ones, whatever its own would be; those of others stay in theirs', async (t) => {
  const { allowed, backend } = telling()
  for (const pace of ['urgent', 'quick', 'long'] as const) {
    const own = atItsPace(backend, { pace })
    await own.run(['lvs'])
    await own.run(['xl', 'destroy', 'x'], { lane: 'change', seconds: 9 })
  }
  const others = [undefined, { lane: 'change', seconds: 9 }] as const
  t.deepEqual(allowed, [{ lane: 'urgent' }, { lane: 'urgent', seconds: 9 }, ...others, ...others])
})

test('what runs for a task ends with the wish for it, in the time and lane that it has', async (t) => {
  const { allowed, backend } = telling()
  await whileWanted(backend, UNWATCHED).run(['find'], { lane: 'long', seconds: 9 })
  t.deepEqual(allowed, [{ lane: 'long', seconds: 9, signal: UNWATCHED.signal }])
})
