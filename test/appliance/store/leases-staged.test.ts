// Leases that are staged, written together, taken back; and those that are in memory alone.
import test from 'ava'
import fc from 'fast-check'
import { isLive, type LeaseChange } from '../../../appliance/dhcp/lease.ts'
import { openStore } from '../../../appliance/store/database.ts'
import { Leases } from '../../../appliance/store/leases.ts'
import type { Ipv4, Mac } from '../../../appliance/wire/addresses.ts'
import { A, B, ip, LOCAL, mac, NOW, range } from '../dhcp/packets.ts'

const bind = (client: Mac, address: string, expires = NOW + 1000) =>
  ({ kind: 'bind', subnet: LOCAL, mac: client, address: ip(address), expires }) as const
const HOSTS = [A, B, mac('52:54:00:77:00:03'), mac('52:54:00:77:00:04')]
const POOL = { range: range('10.77.0.100-10.77.0.103'), lends: () => true }

function table() {
  const store = openStore(':memory:')
  const rows = () => store.prepare('SELECT address, kind, mac, expires FROM leases ORDER BY address').all()
  return { store, rows, leases: new Leases(store, () => NOW) }
}

test('what is staged is seen at once and written by the flush', (t) => {
  const { leases, rows } = table()
  leases.stage(bind(A, '10.77.0.100'))
  leases.stage(bind(B, '10.77.0.101'))
  t.is(leases.byMac(A)?.address, ip('10.77.0.100'))
  t.is(leases.nextFree(POOL, NOW), ip('10.77.0.102'))
  t.deepEqual(rows(), [])
  leases.flush()
  t.is(rows().length, 2)
})

test('one that moves on within a group leaves one row', (t) => {
  const { leases, rows } = table()
  leases.stage(bind(A, '10.77.0.100'))
  leases.stage(bind(A, '10.77.0.101'))
  leases.stage({ kind: 'free', subnet: LOCAL, mac: A, address: ip('10.77.0.101'), at: NOW })
  leases.stage(bind(B, '10.77.0.101'))
  leases.stage(bind(A, '10.77.0.102'))
  leases.flush()
  t.deepEqual(rows(), [
    { address: '10.77.0.101', kind: 'bound', mac: B, expires: NOW + 1000 },
    { address: '10.77.0.102', kind: 'bound', mac: A, expires: NOW + 1000 },
  ])
  t.is(leases.list().length, 2)
})

test('a write apart from the group takes with it what was staged before; what fails with it is told to the flush', (t) => {
  const { store, leases, rows } = table()
  leases.stage(bind(A, '10.77.0.100'))
  leases.commit(bind(B, '10.77.0.101'))
  t.is(rows().length, 2)
  leases.flush()
  leases.stage(bind(A, '10.77.0.100', NOW + 5000))
  store.pragma('query_only = ON')
  t.throws(() => leases.commit(bind(B, '10.77.0.101', NOW + 5000)), { any: true, message: /readonly/ })
  leases.stage(bind(A, '10.77.0.100', NOW + 6000))
  store.pragma('query_only = OFF')
  t.throws(() => leases.flush(), { any: true, message: /readonly/ }, 'not all of it is on disk')
  t.notThrows(() => leases.flush())
})

test('a lease that could not be written is not made permanent', (t) => {
  const { store, leases, rows } = table()
  leases.stage(bind(A, '10.77.0.100'))
  store.pragma('query_only = ON')
  t.is(leases.makePermanent(A, ip('10.77.0.100')), undefined)
  store.pragma('query_only = OFF')
  t.deepEqual(rows(), [])
  t.throws(() => leases.flush(), { any: true, message: /readonly/ })
})

const step = fc.record({
  host: fc.constantFrom(...HOSTS),
  what: fc.constantFrom('offer', 'bind', 'bind', 'free', 'decline', 'permanent', 'flush', 'flush', 'full', 'room'),
  last: fc.integer({ min: 100, max: 104 }),
  expires: fc.integer({ min: NOW - 2, max: NOW + 5 }),
})

test('whatever is staged and whenever it cannot be written, after a flush memory is what is on disk, but for offers', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const store = openStore(':memory:')
      const leases = new Leases(store, () => NOW, undefined, 2)
      const given = () => leases.list().filter(({ kind }) => kind === 'bound' || kind === 'permanent' || kind === 'declined')
      const flush = () => {
        try {
          leases.flush()
        } catch {
          // taken back
        }
        const reopened = new Leases(store, () => NOW)
        t.deepEqual(
          given().map(({ address }) => reopened.byAddress(address)),
          given(),
        )
        const inPool = [100, 101, 102, 103].map((last) => ip(`10.77.0.${last}`))
        const isFree = (address: Ipv4) => {
          const lease = leases.byAddress(address)
          return !lease || !isLive(lease, NOW)
        }
        const free = leases.nextFree(POOL, NOW)
        t.is(free !== undefined, inPool.some(isFree))
        t.true(free === undefined || isFree(free))
      }
      for (const { host, what, last, expires } of steps) {
        const address = ip(`10.77.0.${last}`)
        const changes: Partial<Record<string, LeaseChange>> = {
          offer: { kind: 'offer', subnet: LOCAL, mac: host, address, expires },
          bind: { kind: 'bind', subnet: LOCAL, mac: host, address, expires },
          free: { kind: 'free', subnet: LOCAL, mac: host, address, at: NOW },
          decline: { kind: 'decline', subnet: LOCAL, address, until: expires },
        }
        const change = changes[what]
        try {
          if (change) leases.stage(change)
          if (what === 'permanent') leases.makePermanent(host, address)
        } catch {
          // another host's, or a full disk
        }
        if (what === 'full') store.pragma('query_only = ON')
        if (what === 'room') store.pragma('query_only = OFF')
        if (what === 'flush') flush()
      }
      store.pragma('query_only = OFF')
      flush()
      store.close()
    }),
    { numRuns: 300 },
  )
})

test('offers are bounded: the oldest goes, its address is lent last, and what it stood in the place of is there again', (t) => {
  const store = openStore(':memory:')
  const leases = new Leases(store, () => NOW, undefined, 2)
  leases.commit(bind(HOSTS[3] ?? A, '10.77.0.100', NOW - 1))
  const offer = (client: Mac, address: string) => leases.stage({ ...bind(client, address), kind: 'offer' })
  offer(A, '10.77.0.100')
  offer(B, '10.77.0.101')
  offer(HOSTS[2] ?? A, '10.77.0.102')
  t.is(leases.inSubnet(LOCAL, A), undefined)
  t.is(leases.byAddress(ip('10.77.0.100'))?.kind, 'bound')
  t.is(leases.inSubnet(LOCAL, B)?.kind, 'offered')
  t.is(leases.nextFree(POOL, NOW), ip('10.77.0.103'))
  offer(A, '10.77.0.103')
  t.is(leases.byAddress(ip('10.77.0.101')), undefined)
  t.is(leases.nextFree(POOL, NOW), ip('10.77.0.100'))
})
