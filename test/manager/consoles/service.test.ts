// Who looks at a console whose agent is away: waited for where it was there just now, and not for ever.
import { randomBytes, randomUUID } from 'node:crypto'
import test from 'ava'
import type { OpenedLine, RefusedLine } from '../../../manager/agents/console-lines.ts'
import { GuestConsoles } from '../../../manager/consoles/service.ts'

const AWAY: RefusedLine = { kind: 'refused', reason: 'the agent of its host is not connected', passes: true }
const OPEN: OpenedLine = { kind: 'open', line: { type: () => undefined, close: () => undefined } }

/** `line`: what its host says at this time, ms. Time goes on by what is waited. */
function consoles(line: (at: number) => OpenedLine) {
  let at = 0
  const service = new GuestConsoles({
    line: () => line(at),
    elapsed: () => at,
    random: randomBytes,
    after: (milliseconds, act) => {
      at += milliseconds
      setImmediate(act)
      return () => undefined
    },
  })
  const of = { guest: { uuid: randomUUID(), name: 'web1' }, host: 'h1' }
  const said: string[] = []
  return { attach: () => service.attach(of, { wake: () => undefined }, (reason) => said.push(reason)), said, at: () => at }
}

test('an agent that comes back has its consoles looked at, and why it took so long is said once', async (t) => {
  const { attach, said, at } = consoles((now) => (now < 12_000 ? AWAY : OPEN))
  t.is((await attach()).kind, 'done')
  t.deepEqual(said, [AWAY.reason])
  t.is(at(), 12_000)
})

test('one that does not come back is waited for no longer than half a minute', async (t) => {
  const { attach, at } = consoles(() => AWAY)
  t.deepEqual(await attach(), AWAY)
  t.is(at(), 30_000)
})

test('what does not pass by itself is said at once', async (t) => {
  const refused: RefusedLine = { kind: 'refused', reason: 'there is no host h1', passes: false }
  const { attach, said, at } = consoles(() => refused)
  t.deepEqual(await attach(), refused)
  t.deepEqual([said, at()], [[], 0])
})

test('two that wait for the same one look at one console, over one line', async (t) => {
  let lines = 0
  const { attach } = consoles((now) => {
    if (now < 1000) return AWAY
    lines += 1
    return OPEN
  })
  const both = await Promise.all([attach(), attach()])
  t.deepEqual(
    both.map(({ kind }) => kind),
    ['done', 'done'],
  )
  t.is(lines, 1)
})
