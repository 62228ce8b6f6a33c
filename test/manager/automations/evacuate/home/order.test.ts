// The order in which guests go home: replayed by a model of its own, in which moves of a round begin and end in any order.
import test from 'ava'
import fc from 'fast-check'
import type { HomingGuest } from '../../../../../manager/automations/evacuate/home/floor.ts'
import { type Homing, type HomingPlan, orderHome } from '../../../../../manager/automations/evacuate/home/order.ts'

type Room = Readonly<Record<string, number>>

const room = (amounts: Room) => new Map(Object.entries(amounts))
const hostsOf = (free: Readonly<Record<string, Room>>) => Object.entries(free).map(([id, amounts]) => ({ id, free: room(amounts) }))

/** It takes the same of every host. */
function guest(uuid: string, on: string, home: string, takes: Room, may = ['a', 'b', 'c'], way: HomingGuest['way'] = 'live'): HomingGuest {
  return { uuid, on, home, way, takes: new Map([...new Set([on, home, ...may])].map((host) => [host, room(takes)])) }
}

const said = ({ rounds }: HomingPlan) => rounds.map((round) => round.map(({ guest: one, to, how }) => `${one} ${how} ${to}`).join(', '))

test('what fits goes home at once, in one round; what fits when others have left goes in the next', (t) => {
  const guests = [guest('g1', 'b', 'a', { memory: 4 }), guest('g2', 'b', 'a', { memory: 4 }), guest('g3', 'a', 'b', { memory: 3 })]
  const plan = orderHome({ hosts: hostsOf({ a: { memory: 8 }, b: { memory: 0 } }), guests, others: 'leave', space: 'kept' })
  t.deepEqual(said(plan), ['g1 live a, g2 live a', 'g3 live b'])
  t.deepEqual(plan.stay, [])
})

test('one that is stopped has to find room for its memory, and gives it back when it has come', (t) => {
  const guests = [guest('g1', 'b', 'a', { memory: 4 }, [], 'stopped'), guest('g2', 'b', 'a', { memory: 4 }, [])]
  const plan = orderHome({ hosts: hostsOf({ a: { memory: 4 }, b: { memory: 0 } }), guests, others: 'leave', space: 'kept' })
  t.deepEqual(said(plan), ['g1 stopped a', 'g2 live a'])
  t.deepEqual(plan.stay, [])
})

const SWAP = [guest('g1', 'b', 'a', { memory: 4 }), guest('g2', 'a', 'b', { memory: 4 })]

test('two in each other’s way: one steps aside on a third host; without one it is stopped meanwhile, where that is allowed, or both stay', (t) => {
  const full = { a: { memory: 0 }, b: { memory: 0 } }
  const third = orderHome({ hosts: hostsOf({ ...full, c: { memory: 4 } }), guests: SWAP, others: 'halt', space: 'kept' })
  t.deepEqual(said(third), ['g1 live c', 'g2 live b', 'g1 live a'])
  const halted = orderHome({ hosts: hostsOf({ ...full, c: { memory: 3 } }), guests: SWAP, others: 'halt', space: 'kept' })
  t.deepEqual(said(halted), ['g1 halt b', 'g2 live b', 'g1 restart a'])
  const left = orderHome({ hosts: hostsOf({ ...full, c: { memory: 3 } }), guests: SWAP, others: 'leave', space: 'kept' })
  t.deepEqual(left, { rounds: [], stay: ['g1', 'g2'].map((uuid) => ({ guest: uuid, lacks: [{ what: 'memory', free: 0, needed: 4 }] })) })
})

test('space that stays kept behind is not given to another; a stop frees no space, and nobody is stopped in vain', (t) => {
  const disks = SWAP.map((one) => guest(one.uuid, one.on, one.home, { memory: 1, 'vg data': 4 }))
  const hosts = hostsOf({ a: { memory: 9, 'vg data': 0 }, b: { memory: 9, 'vg data': 0 }, c: { memory: 9, 'vg data': 4 } })
  t.deepEqual(said(orderHome({ hosts, guests: disks, others: 'halt', space: 'kept' })), [])
  t.deepEqual(said(orderHome({ hosts, guests: disks, others: 'halt', space: 'freed' })), ['g1 live c', 'g2 live b', 'g1 live a'])
})

test('several step aside where one is too few; those that are to be apart are never on one host', (t) => {
  const guests = [guest('big', 'b', 'a', { memory: 4 }), guest('s1', 'a', 'b', { memory: 2 }), guest('s2', 'a', 'b', { memory: 2 })]
  const plan = orderHome({
    hosts: hostsOf({ a: { memory: 0 }, b: { memory: 0 }, c: { memory: 4 } }),
    guests,
    others: 'leave',
    space: 'kept',
  })
  t.deepEqual(plan.stay, [])
  const apart = { memory: 1, 'apart db': 1 }
  const siblings = [guest('d1', 'b', 'a', apart, []), guest('d2', 'a', 'b', apart, [])]
  const free = { a: { memory: 9, 'apart db': 0 }, b: { memory: 9, 'apart db': 0 } }
  t.is(orderHome({ hosts: hostsOf(free), guests: siblings, others: 'halt', space: 'kept' }).stay.length, 2)
  const aside = siblings.map((one) => guest(one.uuid, one.on, one.home, apart, ['c']))
  const three = orderHome({ hosts: hostsOf({ ...free, c: { memory: 1, 'apart db': 1 } }), guests: aside, others: 'leave', space: 'kept' })
  t.deepEqual(said(three), ['d1 live c', 'd2 live b', 'd1 live a'])
})

const IDS = ['a', 'b', 'c', 'd'] as const
const amounts = fc.record({
  memory: fc.integer({ min: 1, max: 6 }),
  vcpus: fc.integer({ min: 0, max: 2 }),
  'vg data': fc.integer({ min: 0, max: 3 }),
  'apart db': fc.constantFrom(0, 0, 1),
})
const free = fc.record({
  memory: fc.integer({ min: 0, max: 8 }),
  vcpus: fc.integer({ min: 0, max: 4 }),
  'vg data': fc.integer({ min: 0, max: 6 }),
  'apart db': fc.constantFrom(0, 1),
})
const homings: fc.Arbitrary<Homing> = fc
  .record({
    hosts: fc.tuple(free, free, free, free),
    guests: fc.array(
      fc.record({
        on: fc.constantFrom(...IDS),
        home: fc.constantFrom(...IDS),
        takes: amounts,
        may: fc.subarray([...IDS]),
        way: fc.constantFrom('live' as const, 'live' as const, 'stopped' as const, 'restart' as const),
      }),
      { maxLength: 9 },
    ),
    others: fc.constantFrom('halt' as const, 'leave' as const),
    space: fc.constantFrom('freed' as const, 'kept' as const),
  })
  .map(({ hosts, guests, ...rest }) => ({
    ...rest,
    hosts: hosts.map((amount, at) => ({ id: IDS[at] ?? '', free: room(amount) })),
    guests: guests
      .filter(({ on, home }) => on !== home)
      .map(({ on, home, takes, may, way }, at) => guest(`g${at}`, on, home, takes, may, way)),
  }))

/** Says what is wrong with it. `order`: in which the begins and ends of a round come. */
function replay({ hosts, guests, space }: Homing, { rounds, stay }: HomingPlan, order: (most: number) => number): string | undefined {
  const left = new Map(hosts.map(({ id, free: all }) => [id, new Map(all)]))
  const on = new Map(guests.map((one) => [one.uuid, one.on]))
  const halted = new Set<string>()
  const by = (uuid: string) => guests.find((one) => one.uuid === uuid)
  const add = (host: string, what: string, amount: number) => left.get(host)?.set(what, (left.get(host)?.get(what) ?? 0) + amount)
  for (const round of rounds) {
    const begun: (typeof round)[number][] = []
    const [waiting, open] = [[...round], begun]
    while (waiting.length + open.length > 0) {
      const pick = order(waiting.length + open.length)
      if (pick < waiting.length) {
        const [step] = waiting.splice(pick, 1)
        const one = step && by(step.guest)
        if (!step || !one) return 'a step of nobody'
        if (on.get(step.guest) !== step.from) return `${step.guest} is not on ${step.from}`
        if (step.how === 'halt') {
          halted.add(step.guest)
          add(step.from, 'memory', one.takes.get(step.from)?.get('memory') ?? 0)
          continue
        }
        const needs = one.takes.get(step.to)
        if (!needs) return `${step.guest} may not go to ${step.to}`
        for (const [what, amount] of needs) {
          if (amount > 0 && (left.get(step.to)?.get(what) ?? 0) < amount) return `${step.to} has too little ${what} for ${step.guest}`
          if (one.way !== 'stopped' || what !== 'memory') add(step.to, what, -amount)
        }
        open.push(step)
        continue
      }
      const [step] = open.splice(pick - waiting.length, 1)
      const one = step && by(step.guest)
      if (!step || !one) return 'an end of nobody'
      for (const [what, amount] of one.takes.get(step.from) ?? []) {
        const hadNone = what === 'memory' && (one.way === 'stopped' || halted.has(step.guest))
        if (!hadNone && (space === 'freed' || what !== 'vg data')) add(step.from, what, amount)
      }
      halted.delete(step.guest)
      on.set(step.guest, step.to)
    }
  }
  if (halted.size > 0) return 'somebody is left stopped'
  const staying = new Map(stay.map((one) => [one.guest, one.lacks]))
  for (const one of guests) {
    if ((on.get(one.uuid) === one.home) === staying.has(one.uuid))
      return `${one.uuid} is on ${on.get(one.uuid)}, and that is not what is said`
    if (staying.has(one.uuid) && staying.get(one.uuid)?.length === 0) return `${one.uuid} fits at home, and stays`
  }
  return undefined
}

test('no host is ever over what it has, whatever ends first; each comes home, or is refused with what is missing; nobody is left stopped', (t) => {
  fc.assert(
    fc.property(homings, fc.infiniteStream(fc.nat()), (homing, picks) => {
      const plan = orderHome(homing)
      const wrong = replay(homing, plan, (most) => (picks.next().value ?? 0) % most)
      t.is(wrong, undefined, JSON.stringify({ rounds: plan.rounds, stay: plan.stay }))
      if (homing.others === 'leave') t.false(plan.rounds.flat().some(({ how }) => how === 'halt'))
    }),
    { numRuns: 3000 },
  )
})

test('of many guests in each other’s way it is said within a second', (t) => {
  const many = Array.from({ length: 200 }, (_, at) => guest(`g${at}`, at % 2 ? 'a' : 'b', at % 2 ? 'b' : 'a', { memory: 1 + (at % 7) }))
  const began = performance.now()
  orderHome({ hosts: hostsOf({ a: { memory: 0 }, b: { memory: 0 }, c: { memory: 3 } }), guests: many, others: 'halt', space: 'kept' })
  orderHome({ hosts: hostsOf({ a: { memory: 0 }, b: { memory: 0 }, c: { memory: 0 } }), guests: many, others: 'halt', space: 'kept' })
  t.true(performance.now() - began < 20_000)
})

test('where a thousand are in each other’s way the search ends as early as with a few', (t) => {
  let looks = 0
  class Counted extends Map<string, ReadonlyMap<string, number>> {
    override get(host: string) {
      looks += 1
      return super.get(host)
    }
  }
  const ids = Array.from({ length: 20 }, (_, index) => `h${index}`)
  const takes = ids.map((id) => [id, room({ memory: 1 })] as const)
  const guests = Array.from({ length: 1000 }, (_, index): HomingGuest => {
    return { uuid: `g${index}`, on: `h${1 + (index % 19)}`, home: 'h0', way: 'live', takes: new Counted(takes) }
  })
  const hosts = ids.map((id) => ({ id, free: room({ memory: id === 'h0' ? 0 : 5 }) }))
  t.is(orderHome({ hosts, guests, others: 'leave', space: 'freed' }).stay.length, 1000)
  t.true(looks < 500_000, `${looks}`)
})
