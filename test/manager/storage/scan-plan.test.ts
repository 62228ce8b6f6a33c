import test from 'ava'
import fc from 'fast-check'
import {
  type Due,
  dueNow,
  nextTime,
  notScanned,
  type Place,
  type Standing,
  scanned,
  UNSCANNED,
  wanted,
} from '../../../manager/storage/scan-plan.ts'

const HOUR = 3600_000
const NOBODY: ReadonlyMap<string, string> = new Map()
const pool = (places: readonly Place[], able: string, now: number, running = NOBODY) => ({ places, able: new Set(able), running, now })
const place = (key: string, hosts: string): Place => ({ key, hosts: [...hosts] })

test('each file system has its own host, and what there is no host for waits', (t) => {
  const places = [place('x', 'ab'), place('y', 'ab'), place('z', 'ab')]
  t.deepEqual(dueNow(new Map(), pool(places, 'ab', 0)), [
    { key: 'x', host: 'a' },
    { key: 'y', host: 'b' },
  ])
  t.deepEqual(dueNow(new Map(), pool(places, 'b', 0)), [{ key: 'x', host: 'b' }])
  t.deepEqual(dueNow(new Map(), pool(places, '', 0)), [])
  t.is(dueNow(new Map(), pool(places, 'ab', 0), 1).length, 1)
})

test('it is looked at again each day, when it is asked for, and a minute after other hosts reach it', (t) => {
  const standings = new Map([['x', scanned(['a', 'b'], 1000)]])
  const due = (hosts: string, now: number) => dueNow(standings, pool([place('x', hosts)], 'abc', now)).length
  t.deepEqual([due('ba', 1000 + 24 * HOUR - 1), due('ba', 1000 + 24 * HOUR)], [0, 1])
  t.deepEqual([due('abc', 60_999), due('abc', 61_000), due('a', 61_000)], [0, 1, 1])
  t.is(nextTime(standings, pool([place('x', 'ab')], 'a', 5000)), 1000 + 24 * HOUR)
  t.is(nextTime(standings, pool([], 'a', 5000)), undefined)
  standings.set('x', wanted(scanned(['a', 'b'], 1000)))
  t.is(due('ab', 1001), 1)
})

test('after a failure another host has its turn, after a pause that doubles up to an hour', (t) => {
  let standing: Standing = UNSCANNED
  const hosts: string[] = []
  const pauses: number[] = []
  let now = 0
  for (let failures = 0; failures < 10; failures += 1) {
    const [due] = dueNow(new Map([['x', standing]]), pool([place('x', 'ab')], 'ab', now))
    if (!due) return t.fail(`nothing is due at ${now}`)
    hosts.push(due.host)
    standing = notScanned(standing, due.host, now)
    pauses.push((standing.notBefore - now) / 1000)
    t.is(dueNow(new Map([['x', standing]]), pool([place('x', 'ab')], 'ab', standing.notBefore - 1)).length, 0)
    now = standing.notBefore
  }
  t.is(hosts.join(''), 'ababababab')
  t.deepEqual(pauses, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])
  t.is(dueNow(new Map([['x', standing]]), pool([place('x', 'b')], 'b', now))[0]?.host, 'b')
  t.is(dueNow(new Map([['x', wanted(standing)]]), pool([place('x', 'b')], 'b', 0)).length, 1)
})

/** What may happen next, in any order: a number picks who. */
const step = fc.oneof(
  fc.record({
    kind: fc.constantFrom('succeed' as const, 'fail' as const, 'plug' as const, 'come' as const, 'want' as const),
    which: fc.nat(),
  }),
  fc.record({ kind: fc.constant('wait' as const), which: fc.integer({ min: 1, max: 2 * HOUR }) }),
)

test('whatever ends, fails, comes and goes: one host a file system, one file system a host, only hosts that reach it, never too many', (t) => {
  const KEYS = ['p', 'q', 'r', 's', 't', 'u']
  const HOSTS = [...'abcde']
  const AT_ONCE = 3
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const [standings, running, able] = [new Map<string, Standing>(), new Map<string, string>(), new Set(HOSTS)]
      const reach = new Map(KEYS.map((key) => [key, new Set(HOSTS)]))
      const places = () => KEYS.map((key) => ({ key, hosts: [...(reach.get(key) ?? [])] }))
      let now = 0
      const begin = (): void => {
        for (const { key, host } of dueNow(standings, { places: places(), able, running, now }, AT_ONCE)) {
          if (running.has(key)) throw new Error(`${key} is looked at twice`)
          if ([...running.values()].includes(host)) throw new Error(`${host} looks at two`)
          if (!able.has(host) || !reach.get(key)?.has(host)) throw new Error(`${host} cannot look at ${key}`)
          running.set(key, host)
        }
        if (running.size > AT_ONCE) throw new Error(`${running.size} at once`)
      }
      const end = (which: number, after: (due: Due) => Standing): void => {
        const [key, host] = [...running][which % Math.max(1, running.size)] ?? []
        if (key === undefined || host === undefined) return
        standings.set(key, after({ key, host }))
        running.delete(key)
      }
      const toggle = (set: Set<string> | undefined, host: string): unknown => (set?.delete(host) ? set : set?.add(host))
      for (const { kind, which } of steps) {
        begin()
        const [key, host] = [KEYS[which % KEYS.length] ?? 'p', HOSTS[which % HOSTS.length] ?? 'a']
        if (kind === 'wait') now += which
        if (kind === 'come') toggle(able, host)
        if (kind === 'plug') toggle(reach.get(key), HOSTS[(which >> 3) % HOSTS.length] ?? 'a')
        if (kind === 'want') standings.set(key, wanted(standings.get(key) ?? UNSCANNED))
        if (kind === 'succeed') end(which, (due) => scanned([...(reach.get(due.key) ?? [])], now))
        if (kind === 'fail') end(which, (due) => notScanned(standings.get(due.key) ?? UNSCANNED, due.host, now))
      }
      // When all is well again, everything that can be looked at is, within an hour's pause.
      for (const host of HOSTS) able.add(host)
      const done = new Set<string>()
      now += HOUR + 24 * HOUR
      for (let rounds = 0; rounds <= KEYS.length; rounds += 1) {
        begin()
        for (const key of running.keys()) done.add(key)
        while (running.size > 0) end(0, ({ key }) => scanned([...(reach.get(key) ?? [])], now))
      }
      return KEYS.every((key) => done.has(key) || reach.get(key)?.size === 0)
    }),
    { numRuns: 400 },
  )
  t.pass()
})
