import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { decide } from '../../../appliance/dhcp/decide.ts'
import { isLive, type Lease, ownerOf } from '../../../appliance/dhcp/lease.ts'
import { openStore } from '../../../appliance/store/database.ts'
import { Leases } from '../../../appliance/store/leases.ts'
import type { Ipv4, Mac } from '../../../appliance/wire/addresses.ts'
import { A, B, chosenServer, context, IPXE, ip, LOCAL, mac, NOW, range, request, UEFI, wanted } from '../dhcp/packets.ts'

const bind = (client: Mac, address: string, expires = NOW + 1000) =>
  ({ kind: 'bind', subnet: LOCAL, mac: client, address: ip(address), expires }) as const

function leasesInMemory(now: () => number = () => NOW) {
  return new Leases(openStore(':memory:'), now)
}

test('every kind of lease survives closing and reopening the file', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hl-leases-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const first = openStore(join(folder, 'appliance.sqlite'))
  const leases = new Leases(first, () => NOW)
  const hosts = [1, 2, 3, 4].map((index) => mac(`52:54:00:77:00:0${index}`)) as [Mac, Mac, Mac, Mac]
  leases.commit({ ...bind(hosts[0], '10.77.0.100'), kind: 'offer' })
  leases.commit(bind(hosts[1], '10.77.0.101'))
  leases.commit(bind(hosts[2], '10.77.0.102'))
  leases.makePermanent(hosts[2], ip('10.77.0.102'))
  leases.commit(bind(hosts[3], '10.77.0.103'))
  leases.commit({ kind: 'free', subnet: LOCAL, mac: hosts[3], address: ip('10.77.0.103'), at: NOW })
  leases.commit({ kind: 'decline', subnet: LOCAL, address: ip('10.77.0.104'), until: NOW + 5 })
  const before = leases.list()
  first.close()

  const second = openStore(join(folder, 'appliance.sqlite'))
  t.teardown(() => second.close())
  const reopened = new Leases(second, () => NOW)
  t.deepEqual(reopened.list(), before.slice(1), 'all but the offer, which promises nothing')
  t.deepEqual(
    before.map(({ kind }) => kind),
    ['offered', 'bound', 'permanent', 'released', 'declined'],
  )
  t.is(reopened.inSubnet(LOCAL, hosts[2])?.address, ip('10.77.0.102'))
})

test('a commit is on disk when it returns: another connection sees it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hl-leases-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'appliance.sqlite')
  const store = openStore(file)
  t.teardown(() => store.close())
  new Leases(store, () => NOW).commit(bind(A, '10.77.0.100'))
  const other = openStore(file)
  t.teardown(() => other.close())
  t.is(new Leases(other, () => NOW).byMac(A)?.address, ip('10.77.0.100'))
})

test('the table itself refuses two rows for one address, and two addresses for one host in a subnet', (t) => {
  const store = openStore(':memory:')
  new Leases(store, () => NOW).commit(bind(A, '10.77.0.100'))
  const insert = store.prepare('INSERT INTO leases (address, subnet, mac, kind, expires) VALUES (?, ?, ?, ?, ?)')
  t.throws(() => insert.run('10.77.0.100', 'elsewhere', B, 'bound', NOW), { any: true, message: /UNIQUE/ })
  t.throws(() => insert.run('10.77.0.101', LOCAL, A, 'bound', NOW), { any: true, message: /UNIQUE/ })
})

test('a live lease is not taken from another host, whatever a decision says', (t) => {
  const leases = leasesInMemory()
  leases.commit(bind(A, '10.77.0.100'))
  t.throws(() => leases.commit(bind(B, '10.77.0.100')), {
    message: /10\.77\.0\.100 cannot go to 52:54:00:77:00:02: it is lent to 52:54:00:77:00:01/,
  })
  t.is(leases.byAddress(ip('10.77.0.100'))?.kind, 'bound')
  t.is(leases.byMac(B), undefined)
})

test('an expired lease goes to another host, and its first owner is forgotten', (t) => {
  const leases = leasesInMemory()
  leases.commit(bind(A, '10.77.0.100', NOW))
  leases.commit(bind(B, '10.77.0.100'))
  t.is(leases.byMac(A), undefined)
  t.is(leases.inSubnet(LOCAL, A), undefined)
  t.is(leases.byMac(B)?.address, ip('10.77.0.100'))
})

test('a host that moves to another address has one lease', (t) => {
  const leases = leasesInMemory()
  leases.commit(bind(A, '10.77.0.100'))
  leases.commit(bind(A, '10.77.0.101'))
  t.deepEqual(
    leases.list().map(({ address }) => address),
    [ip('10.77.0.101')],
  )
})

test('a permanent lease outlives offers, binds and time, and ends with its release', (t) => {
  let now = NOW
  const leases = leasesInMemory(() => now)
  leases.commit(bind(A, '10.77.0.100'))
  t.is(leases.makePermanent(A, ip('10.77.0.100'))?.kind, 'permanent')
  now += 10 * 365 * 86_400_000
  leases.commit({ ...bind(A, '10.77.0.100'), kind: 'offer' })
  leases.commit(bind(A, '10.77.0.100'))
  t.is(leases.byMac(A)?.kind, 'permanent')
  t.throws(() => leases.commit(bind(B, '10.77.0.100')))

  leases.commit({ kind: 'free', subnet: LOCAL, mac: A, address: ip('10.77.0.100'), at: now })
  t.is(leases.byAddress(ip('10.77.0.100'))?.kind, 'released')
  leases.commit(bind(A, '10.77.0.100', now + 1000))
  t.is(leases.byMac(A)?.kind, 'bound')
})

test('makePermanent refuses an address that is not this host’s', (t) => {
  const leases = leasesInMemory()
  leases.commit(bind(A, '10.77.0.100'))
  t.is(leases.makePermanent(B, ip('10.77.0.100')), undefined)
  t.is(leases.makePermanent(A, ip('10.77.0.101')), undefined)
  t.is(leases.byMac(A)?.kind, 'bound')
})

test('free by another MAC changes nothing', (t) => {
  const leases = leasesInMemory()
  leases.commit(bind(A, '10.77.0.100'))
  leases.commit({ kind: 'free', subnet: LOCAL, mac: B, address: ip('10.77.0.100'), at: NOW })
  t.is(leases.byMac(A)?.kind, 'bound')
})

test('byMac prefers the permanent lease and does not count offers', (t) => {
  const leases = leasesInMemory()
  leases.commit({ ...bind(A, '10.77.0.100'), kind: 'offer' })
  t.is(leases.byMac(A), undefined)
  leases.commit(bind(A, '10.77.0.100'))
  leases.makePermanent(A, ip('10.77.0.100'))
  leases.commit({ ...bind(A, '10.88.0.10', NOW + 9e9), subnet: '10.88.0.0/24' })
  t.is(leases.byMac(A)?.address, ip('10.77.0.100'))
})

test('what is one host by another config is told apart or together from then on, and no lease is changed', (t) => {
  const file = openStore(':memory:')
  const leases = new Leases(file, () => NOW)
  leases.commit(bind(A, '10.77.0.100', NOW + 1000))
  leases.commit(bind(B, '10.77.0.101', NOW + 2000))
  leases.stage({ ...bind(mac('52:54:00:77:00:03'), '10.77.0.102'), kind: 'offer' })
  const range_ = range('10.77.0.100-10.77.0.109')
  const lends = () => true
  t.is(leases.nextFree({ range: range_, lends }, NOW), ip('10.77.0.103'))
  const before = leases.list()
  leases.rekey((one) => (one === B ? A : one))
  t.is(leases.inSubnet(LOCAL, A)?.address, ip('10.77.0.101'), 'of a host with several the one that lasts longest')
  t.deepEqual(leases.list(), before)
  t.is(leases.nextFree({ range: range_, lends: (address) => address !== ip('10.77.0.103') }, NOW), ip('10.77.0.104'), 'asked anew')
  t.deepEqual(new Leases(file, () => NOW).list(), before.slice(0, 2), 'and nothing of it was written')
  leases.commit(bind(A, '10.77.0.100', NOW + 3000))
  t.deepEqual(
    new Leases(file, () => NOW).list().map(({ address }) => address),
    [ip('10.77.0.100')],
    'a host has one in a subnet once it is written',
  )
  leases.rekey((one) => one)
  t.is(leases.inSubnet(LOCAL, B), undefined)
})

test('what was staged before hosts are others is written with it, or told to the flush', (t) => {
  const store = openStore(':memory:')
  const leases = new Leases(store, () => NOW)
  leases.stage(bind(A, '10.77.0.100'))
  leases.rekey((one) => one)
  leases.flush()
  t.is(new Leases(store, () => NOW).byMac(A)?.address, ip('10.77.0.100'))
  leases.stage(bind(B, '10.77.0.101'))
  store.pragma('query_only = on')
  leases.rekey((one) => one)
  t.throws(() => leases.flush(), { any: true })
  t.is(leases.byMac(B), undefined)
})

test('release ends everything that a host has, and only that', (t) => {
  const leases = leasesInMemory()
  leases.commit(bind(A, '10.77.0.100'))
  leases.makePermanent(A, ip('10.77.0.100'))
  leases.commit({ ...bind(A, '10.88.0.10'), subnet: '10.88.0.0/24' })
  leases.commit(bind(B, '10.77.0.101'))
  t.is(leases.release(A).length, 2)
  t.is(leases.byMac(A), undefined)
  t.is(leases.release(A).length, 0)
  t.is(leases.byMac(B)?.kind, 'bound')
})

test('a row that cannot be read stops the start with the address', (t) => {
  const store = openStore(':memory:')
  store.prepare('INSERT INTO leases (address, subnet, mac, kind, expires) VALUES (?, ?, ?, ?, ?)').run('10.77.0.9', LOCAL, A, 'bound', null)
  t.throws(() => new Leases(store), { message: /10\.77\.0\.9/ })
})

// Many hosts do what they like while the clock jumps. What each host believes to have is kept beside the store.
const HOSTS = Array.from({ length: 7 }, (_, index) => mac(`52:54:00:77:01:0${index}`))
const command = fc.record({
  host: fc.constantFrom(...HOSTS),
  action: fc.constantFrom('boot', 'boot', 'discover', 'other-server', 'renew', 'release', 'decline', 'permanent', 'steal', 'reopen'),
  minutes: fc.constantFrom(0, 0, 0, 1, 5, 11, 70),
  address: fc.integer({ min: 98, max: 106 }),
})

test('however hosts DORA, release and decline while the clock jumps, no two live on one address', (t) => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const store = openStore(':memory:')
      let now = NOW
      let leases = new Leases(store, () => now)
      const believes = new Map<Mac, { readonly address: Ipv4; readonly until: number }>()
      const hosts = [{ name: 'reserved', mac: HOSTS[0] as Mac, address: ip('10.77.0.101') }]
      const local = { ...context().local, pool: range('10.77.0.99-10.77.0.104'), router: ip('10.77.0.99') }
      const send = (packet: Parameters<typeof decide>[0]) => {
        const decision = decide(packet, 67, context({ leases, hosts, local, now }))
        if (decision.change) leases.commit(decision.change)
        return decision
      }
      for (const { host, action, minutes, address } of commands) {
        now += minutes * 60_000
        const has = believes.get(host)
        const select = (from: Ipv4, chosen: Ipv4) => send(request('REQUEST', { mac: host }, [chosenServer(from), wanted(chosen), ...IPXE]))
        switch (action) {
          case 'boot': {
            const offer = send(request('DISCOVER', { mac: host }, UEFI))
            if (offer.kind === 'silent') break
            const { yiaddr } = offer.packet
            const ack = select(ip('10.77.0.1'), yiaddr)
            t.true(ack.kind === 'reply' && ack.answer === 'ack' && ack.packet.yiaddr === yiaddr)
            believes.set(host, { address: yiaddr, until: now + 600_000 })
            break
          }
          case 'discover':
            send(request('DISCOVER', { mac: host }, UEFI))
            break
          case 'other-server':
            select(ip('10.77.0.9'), ip('10.77.0.200'))
            break
          case 'steal': {
            const wish = ip(`10.77.0.${address}`)
            const answer = select(ip('10.77.0.1'), wish)
            if (answer.kind === 'reply' && answer.answer === 'ack') believes.set(host, { address: wish, until: now + 600_000 })
            break
          }
          case 'renew': {
            if (!has || has.until <= now) break
            const answer = send(request('REQUEST', { mac: host, ciaddr: has.address }, UEFI))
            if (answer.kind === 'reply' && answer.answer === 'ack') believes.set(host, { ...has, until: now + 600_000 })
            if (answer.kind === 'reply' && answer.answer === 'nak') believes.delete(host)
            break
          }
          case 'release':
            if (has) send(request('RELEASE', { mac: host, ciaddr: has.address }))
            believes.delete(host)
            break
          case 'decline':
            if (has && has.until > now) send(request('DECLINE', { mac: host }, [wanted(has.address)]))
            believes.delete(host)
            break
          case 'permanent':
            if (has && has.until > now && leases.makePermanent(host, has.address))
              believes.set(host, { ...has, until: Number.POSITIVE_INFINITY })
            break
          case 'reopen':
            leases = new Leases(store, () => now)
        }
        const live = [...believes.values()].filter(({ until }) => until > now).map((belief) => belief.address)
        t.is(new Set(live).size, live.length, 'two hosts believe to have one address')
        for (const taken of live) t.false(['10.77.0.1', '10.77.0.99', '10.77.0.0', '10.77.0.255'].includes(taken))
        for (const [holder, belief] of believes) {
          if (belief.until <= now) continue
          const lease = leases.byAddress(belief.address)
          t.true(lease !== undefined && ownerOf(lease) === holder && isLive(lease, now), `${holder} on ${belief.address}`)
          t.true(belief.address !== ip('10.77.0.101') || holder === HOSTS[0])
        }
        const rows = leases.list()
        t.is(new Set(rows.map((lease: Lease) => lease.address)).size, rows.length)
      }
      const kept = leases.list().filter(({ kind }) => kind === 'bound' || kind === 'permanent' || kind === 'declined')
      const reopened = new Leases(store, () => now)
      t.deepEqual(
        kept.map(({ address }) => reopened.byAddress(address)),
        kept,
      )
      store.close()
    }),
    { numRuns: 300 },
  )
})

test('an offer is not written, and neither is that it was not taken; what it stood in the place of is, once it is taken', (t) => {
  const store = openStore(':memory:')
  const leases = new Leases(store, () => NOW)
  const rows = () => store.prepare('SELECT address, kind FROM leases ORDER BY address').all()
  leases.commit({ ...bind(A, '10.77.0.100'), kind: 'offer' })
  t.is(leases.byAddress(ip('10.77.0.100'))?.kind, 'offered')
  leases.commit({ kind: 'free', subnet: LOCAL, mac: A, address: ip('10.77.0.100'), at: NOW })
  t.deepEqual(rows(), [])
  leases.commit(bind(A, '10.77.0.101', NOW))
  leases.commit({ ...bind(B, '10.77.0.101'), kind: 'offer' })
  leases.commit({ ...bind(A, '10.77.0.102'), kind: 'offer' })
  t.deepEqual(rows(), [{ address: '10.77.0.101', kind: 'bound' }])
  leases.commit(bind(B, '10.77.0.101'))
  leases.commit(bind(A, '10.77.0.102'))
  t.deepEqual(rows(), [
    { address: '10.77.0.101', kind: 'bound' },
    { address: '10.77.0.102', kind: 'bound' },
  ])
  t.deepEqual(new Leases(store, () => NOW).list(), leases.list())
})
