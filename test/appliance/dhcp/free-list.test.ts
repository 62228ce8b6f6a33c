import test from 'ava'
import fc from 'fast-check'
import { FreeList } from '../../../appliance/dhcp/free-list.ts'
import type { Lease } from '../../../appliance/dhcp/lease.ts'
import { type Ipv4, ipv4FromNumber, ipv4ToNumber } from '../../../appliance/wire/addresses.ts'
import { A, bound, ip, NOW, permanent, range } from './packets.ts'

const RANGE = range('10.77.0.100-10.77.0.107')
const NEVER = ip('10.77.0.102')
const ADDRESSES = Array.from({ length: 8 }, (_, index) => ipv4FromNumber(ipv4ToNumber(RANGE.first) + index))
const made = () => new FreeList({ range: RANGE, lends: (address) => address !== NEVER })

const KINDS = ['offered', 'bound', 'permanent', 'released', 'declined', 'forgotten'] as const
const step = fc.record({
  address: fc.constantFrom(...ADDRESSES, ip('10.77.0.99'), ip('10.77.0.108')),
  kind: fc.constantFrom(...KINDS),
  lasts: fc.integer({ min: -3, max: 5 }),
  /** The clock may be set back, too. */
  passes: fc.integer({ min: -2, max: 4 }),
})

function leaseOf(kind: Lease['kind'], address: Ipv4, expires: number): Lease {
  if (kind === 'permanent') return permanent(A, address)
  return kind === 'declined' ? { kind, subnet: '10.77.0.0/24', address, expires } : { ...bound(A, address, expires), kind }
}

test('whatever leases come and go, the choice is what a walk over the pool finds', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const list = made()
      const used = new Map<Ipv4, { readonly kind: (typeof KINDS)[number]; readonly from: number }>()
      let now = NOW
      for (const { address, kind, lasts, passes } of steps) {
        const from = now + lasts
        if (kind === 'forgotten') list.forget(address, from)
        else list.put(leaseOf(kind, address, from))
        used.set(address, { kind, from })
        now += passes

        const lent = ADDRESSES.filter((each) => each !== NEVER)
        const fresh = lent.find((each) => !used.has(each))
        const isFree = (each: Ipv4) => {
          const found = used.get(each)
          return found?.kind === 'released' || found?.kind === 'forgotten' || (found?.kind !== 'permanent' && (found?.from ?? 0) <= now)
        }
        const free = lent.filter(isFree)
        const chosen = list.next(now)
        if (fresh) t.is(chosen, fresh)
        else if (chosen === undefined) t.deepEqual(free, [])
        else {
          t.true(isFree(chosen))
          t.is(used.get(chosen)?.from, Math.min(...free.map((each) => used.get(each)?.from ?? 0)))
        }
        for (const each of KINDS.filter((one) => one !== 'forgotten')) {
          t.is(list.counts[each], lent.filter((one) => used.get(one)?.kind === each).length)
        }
      }
    }),
  )
})

test('what is taken back was never used', (t) => {
  const list = made()
  const [first, second] = [ip('10.77.0.100'), ip('10.77.0.101')]
  list.put(bound(A, first))
  list.put(bound(A, second))
  list.takeBack(first)
  t.is(list.next(NOW), first)
  t.is(list.counts.bound, 1)
  list.put(bound(A, first))
  t.is(list.next(NOW), ip('10.77.0.103'))
})

test('no walk: of 60,000 addresses that are taken the one free is found at once, and that none is, too', (t) => {
  let asked = 0
  const list = new FreeList({
    range: range('10.77.0.0-10.77.255.255'),
    lends() {
      asked += 1
      return true
    },
  })
  for (let number = 0; number < 65_536; number += 1)
    list.put(bound(A, ipv4FromNumber(ipv4ToNumber(ip('10.77.0.0')) + number), NOW + number))
  const before = asked
  t.is(list.next(NOW - 1), undefined)
  t.is(list.next(NOW), ip('10.77.0.0'))
  t.is(asked, before)
})
