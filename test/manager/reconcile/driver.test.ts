import test from 'ava'
import type { About, Task, Wake } from '../../../manager/reconcile/driver.ts'
import { TestClock } from '../../images/agent/clock.ts'
import { testDriver } from './test-driver.ts'

const PERIOD = 60_000

function start(step: (about: About) => Promise<number | undefined> = async () => undefined, more: Partial<Task> = {}) {
  const clock = new TestClock()
  const { driver, lines } = testDriver(clock)
  const steps: [at: number, about: string][] = []
  let wake: Wake = () => undefined
  const events: string[] = []
  const task: Task = {
    name: 'sweeping',
    what: 'keeps the floor clean',
    period: PERIOD,
    watches(woken) {
      wake = woken
      return () => events.push('watches no more')
    },
    async step(about) {
      steps.push([clock.now, about === 'all' ? about : [...about].join()])
      return step(about)
    },
    waitsFor: () => Array.from({ length: 25 }, (_, index) => `corner ${index}`),
    close: () => void events.push('closed'),
    ...more,
  }
  driver.start(task)
  return { clock, driver, lines, steps, events, wake: (milliseconds: number, host?: string) => wake(milliseconds, host) }
}

test('a task looks at all at once, and again every period though nothing happens', async (t) => {
  const { clock, steps } = start()
  await clock.advance(2 * PERIOD)
  t.deepEqual(steps, [
    [0, 'all'],
    [PERIOD, 'all'],
    [2 * PERIOD, 'all'],
  ])
})

test('what changes is looked at in time, many changes at once, and puts the look at all off by nothing', async (t) => {
  const { clock, steps, wake } = start()
  await clock.advance(1000)
  wake(2000, 'node1')
  wake(500, 'node2')
  for (let at = 10_000; at < PERIOD; at += 10_000) {
    await clock.advance(10_000)
    wake(0, 'node3')
  }
  await clock.advance(10_000)
  t.deepEqual(steps.slice(0, 3), [
    [0, 'all'],
    [1500, 'node1,node2'],
    [11_000, 'node3'],
  ])
  t.deepEqual(steps.at(-1), [PERIOD, 'all'])
})

test('a task is woken in the middle of its step: it looks once more after it, never twice at a time', async (t) => {
  let end: () => void = () => undefined
  let running = 0
  const { clock, steps, wake } = start(async () => {
    running += 1
    if (running > 1) t.fail('two steps at a time')
    await new Promise<void>((resolve) => {
      end = resolve
    })
    running -= 1
    return undefined
  })
  await clock.advance(0)
  wake(0, 'node1')
  wake(0, 'node2')
  await clock.advance(10)
  t.is(steps.length, 1)
  end()
  await clock.advance(190)
  t.deepEqual(steps[1], [200, 'node1,node2'])
  end()
})

test('a task whose steps take long has a twentieth of the time, and rests five seconds at most', async (t) => {
  let takes = 100
  const ends: (() => void)[] = []
  const { clock, steps, wake } = start(() => new Promise((resolve) => ends.push(() => resolve(undefined))))
  for (const [rest, next] of [
    [1900, 3000],
    [5000, 1000],
  ] as const) {
    await clock.advance(takes)
    ends.shift()?.()
    const ended = clock.now
    await clock.advance(0)
    wake(0, 'node1')
    await clock.advance(rest)
    t.deepEqual(steps.at(-1), [ended + rest, 'node1'])
    takes = next
  }
})

test('a step may ask to look again before its period', async (t) => {
  const { clock, steps } = start(async () => 7000)
  await clock.advance(14_000)
  t.deepEqual(
    steps.map(([at]) => at),
    [0, 7000, 14_000],
  )
})

test('a step that fails is repeated after 5, 10, 20 s at all, whatever wakes it, is logged and shown, and begins anew when it works', async (t) => {
  let isBroken = true
  const { clock, steps, driver, lines, wake } = start(async () => {
    if (isBroken) throw new Error('the store is away')
    return undefined
  })
  await clock.advance(1000)
  wake(0, 'node1')
  await clock.advance(14_000)
  t.deepEqual(steps, [
    [0, 'all'],
    [5000, 'all'],
    [15_000, 'all'],
  ])
  t.deepEqual(driver.status()[0]?.error, { text: 'the store is away', times: 3 })
  t.deepEqual(
    lines.map(({ level, fields }) => [level, 'times' in fields && fields.times]),
    [
      ['error', 1],
      ['error', 2],
      ['error', 3],
    ],
  )
  isBroken = false
  await clock.advance(20_000)
  t.deepEqual(steps.at(-1), [35_000, 'all'])
  t.is(driver.status()[0]?.error, undefined)
  wake(0, 'node1')
  await clock.advance(0)
  t.deepEqual(steps.at(-1), [35_000, 'node1'])
})

test('its status says when it ran, when it runs next, and what it waits for, twenty lines of it at most', async (t) => {
  const { clock, driver } = start()
  await clock.advance(1000)
  const [status] = driver.status()
  t.like(status, {
    name: 'sweeping',
    what: 'keeps the floor clean',
    lastRun: clock.wall() - 1000,
    next: clock.wall() + PERIOD - 1000,
    waiting: 25,
  })
  t.is(status?.waitsFor.length, 20)
})

test('a driver that is closed starts nothing more, and waits for what runs', async (t) => {
  let end: () => void = () => undefined
  const { clock, driver, steps, events, wake } = start(() => new Promise((resolve) => (end = () => resolve(undefined))))
  await clock.advance(0)
  const closed = driver.close().then(() => events.push('all is over'))
  wake(0)
  await clock.advance(PERIOD)
  t.deepEqual(events, ['watches no more', 'closed'])
  end()
  await closed
  await clock.advance(2 * PERIOD)
  t.deepEqual([events.at(-1), steps.length, clock.pending], ['all is over', 1, 0])
})

test('a task that says so is tried again soon, however often it has failed', async (t) => {
  const { clock, steps } = start(
    async () => {
      throw new Error('the disk is full')
    },
    { longestPause: 1000 },
  )
  await clock.advance(20_000)
  t.is(steps.length, 21)
})
