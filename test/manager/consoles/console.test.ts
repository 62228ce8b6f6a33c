// A console for several who look at it, at their own pace.
import { randomBytes } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { GuestConsole, SCROLL_BACK } from '../../../manager/consoles/console.ts'
import { Ring } from '../../../manager/consoles/ring.ts'
import { Tickets } from '../../../manager/consoles/tickets.ts'

function console() {
  const typed: string[] = []
  let [closed, empty] = [0, 0]
  const one = new GuestConsole(() => {
    empty += 1
  })
  one.on({
    type: (octets) => typed.push(Buffer.from(octets).toString()),
    close: () => {
      closed += 1
    },
  })
  let acknowledged = 0
  return {
    one,
    typed,
    closed: () => closed,
    empty: () => empty,
    say: (text: string, taken = 0) => {
      acknowledged += taken
      const octets = Buffer.from(text).toString('base64')
      one.said({ kind: 'console-said', channel: 'c', octets, typed: acknowledged, live: true })
    },
    sit: () => {
      let wakes = 0
      const seat = one.take({
        wake: () => {
          wakes += 1
        },
      })
      const read = (): string => {
        const shown = seat.next(1 << 20)
        return shown.kind === 'octets' ? shown.octets.toString() : shown.kind
      }
      return { ...seat, read, wakes: () => wakes }
    },
  }
}

test('who comes later sees what was said before, and all see what follows', (t) => {
  const { say, sit } = console()
  const first = sit()
  say('login: ')
  t.is(first.wakes(), 1)
  const second = sit()
  say('root')
  t.deepEqual([first.read(), second.read(), second.read()], ['login: root', 'login: root', 'nothing'])
})

test('who does not read holds up nobody: it finds that something is missing, and goes on', (t) => {
  const { say, sit } = console()
  const [slow, quick] = [sit(), sit()]
  let read = 0
  for (let index = 0; index < 40; index += 1) {
    say('x'.repeat(16_384))
    read += quick.read().length
  }
  t.is(read, 40 * 16_384)
  t.is(slow.read(), 'missed')
  t.is(slow.read().length, SCROLL_BACK)
})

test('what is typed goes on when the guest has taken what was sent before, and no more waits than it may', (t) => {
  const { say, sit, typed } = console()
  const seat = sit()
  t.is(seat.type(Buffer.from('a'.repeat(5000))), 'taken')
  t.is(seat.type(Buffer.from('b')), 'taken')
  t.deepEqual(
    typed.map(({ length }) => length),
    [4096],
  )
  say('', 4096)
  t.deepEqual(
    typed.map(({ length }) => length),
    [4096, 905],
  )
  t.is(seat.type(Buffer.alloc(65_000)), 'taken')
  t.is(seat.type(Buffer.alloc(1000)), 'full')
})

test('its end is told to all after what was said, and nothing is typed any more', (t) => {
  const { one, say, sit, empty } = console()
  const seat = sit()
  say('bye')
  one.ended({ cause: 'over', reason: 'web1 has ended' })
  t.is(seat.read(), 'bye')
  t.deepEqual(seat.next(10), { kind: 'ended', cause: 'over', reason: 'web1 has ended' })
  t.is(seat.type(Buffer.from('x')), 'ended')
  t.is(empty(), 1)
})

test('when the last has left, the line is closed', (t) => {
  const { sit, closed } = console()
  const [first, second] = [sit(), sit()]
  first.leave()
  t.is(closed(), 0)
  second.leave()
  second.leave()
  t.is(closed(), 1)
})

test('a ring gives what was put into it from any place on, as far as it is kept', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 }),
      fc.nat(600),
      fc.integer({ min: 1, max: 60 }),
      (pieces, from, most) => {
        const ring = new Ring(100)
        for (const piece of pieces) ring.push(Buffer.from(piece))
        const all = Buffer.concat(pieces)
        t.is(ring.end, all.length)
        t.is(ring.start, Math.max(0, all.length - 100))
        const { at, octets } = ring.read(from, most)
        t.is(at, Math.max(from, ring.start))
        t.deepEqual(octets, all.subarray(at, at + most))
      },
    ),
  )
})

test('a ticket lets one in, once, soon, and nobody else', (t) => {
  let now = 0
  const tickets = new Tickets(() => now, randomBytes)
  const ticket = { guest: { uuid: 'u', name: 'web1' }, host: 'h', mode: 'type', user: 'otto' } as const
  const [first, second, third] = [tickets.issue(ticket), tickets.issue(ticket), tickets.issue(ticket)]
  t.deepEqual(tickets.redeem(first, 'otto'), ticket)
  t.is(tickets.redeem(first, 'otto'), undefined)
  t.is(tickets.redeem(second, 'eve'), undefined)
  t.is(tickets.redeem(second, 'otto'), undefined, 'one that was tried by another is none any more')
  now = 31_000
  t.is(tickets.redeem(third, 'otto'), undefined)
})
