// A host is all its NICs: those of its bond boot it as one.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { hostKeyOf } from '../../../appliance/boot/known-host.ts'
import type { HostEntry } from '../../../appliance/dhcp/scope.ts'
import { openStore } from '../../../appliance/store/database.ts'
import { Leases } from '../../../appliance/store/leases.ts'
import type { Mac } from '../../../appliance/wire/addresses.ts'
import { A, asking, B, chosenServer, IPXE, ip, LOCAL, mac, NOW, option, range, reply, request, silence, UEFI, wanted } from './packets.ts'

const C = mac('52:54:00:77:00:03')
const NODE: HostEntry & { readonly mac: Mac } = { name: 'node02', mac: A, bond: { members: [A, B] } }
const RESERVED = { ...NODE, address: ip('10.77.0.22') }
const POOL = range('10.77.0.100-10.77.0.109')

function rack(hosts: readonly HostEntry[], store = openStore(':memory:')) {
  const leases = new Leases(store, () => NOW, hostKeyOf(hosts))
  const asked = (packet: Parameters<typeof reply>[0]) => {
    const decision = reply(packet, { hosts, leases })
    if (decision.change) leases.commit(decision.change)
    return decision
  }
  /** DISCOVER and REQUEST: the address that is acknowledged. */
  const boots = (nic: Mac) => {
    const offer = asked(request('DISCOVER', { mac: nic }, UEFI))
    const ack = asked(request('REQUEST', { mac: nic }, [...IPXE, asking(12), chosenServer(), wanted(offer.packet.yiaddr)]))
    return ack.answer === 'ack' ? String(ack.packet.yiaddr) : `NAK: ${ack.reason}`
  }
  return { leases, hosts, asked, boots }
}

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'hl-bond-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  return join(path, 'appliance.db')
}

test('every member of a bond gets the reservation and the name of its host', (t) => {
  const { asked, boots } = rack([RESERVED])
  for (const nic of [B, A]) {
    t.is(boots(nic), '10.77.0.22')
    t.is(option(asked(request('DISCOVER', { mac: nic }, [...UEFI.slice(0, 2), asking(12)])), 12), 'node02')
  }
  t.is(boots(C), String(POOL.first))
})

test('a member gets the reservation without a pool, and keeps it by INIT-REBOOT and renewal', (t) => {
  const hosts = [RESERVED]
  const leases = new Leases(openStore(':memory:'), () => NOW, hostKeyOf(hosts))
  const local = { subnet: { network: ip('10.77.0.0'), prefix: 24 }, pool: undefined, router: undefined }
  t.is(reply(request('DISCOVER', { mac: B }, UEFI), { hosts, leases, local }).packet.yiaddr, ip('10.77.0.22'))
  t.is(reply(request('REQUEST', { mac: B }, [wanted('10.77.0.22')]), { hosts, leases, local }).answer, 'ack')
  t.is(reply(request('REQUEST', { mac: B, ciaddr: ip('10.77.0.22') }), { hosts, leases, local }).answer, 'ack')
})

test('NICs that ask in turn have one lease between them, of the pool too', (t) => {
  const { leases, boots } = rack([NODE])
  const address = boots(B)
  for (const nic of [A, B, A]) t.is(boots(nic), address)
  t.is(leases.list().length, 1)
  t.is(String(leases.byMac(B)?.address), address)
})

test('what is permanent is the host’s: another member gets it, nobody a NAK, and it stays one', (t) => {
  const { leases, boots, asked } = rack([NODE])
  const address = boots(A)
  leases.makePermanent(A, ip(address))
  t.is(asked(request('REQUEST', { mac: B }, [wanted(address)])).answer, 'ack')
  t.is(boots(B), address)
  t.truthy(leases.makePermanent(B, ip(address)))
  t.is(boots(A), address)
  t.deepEqual(
    leases.list().map(({ kind }) => kind),
    ['permanent'],
  )
})

test('a member gives back and declines what another of its host was lent, and a stranger does not', (t) => {
  const { leases, boots, hosts } = rack([NODE])
  const address = ip(boots(A))
  t.is(silence(request('RELEASE', { mac: C, ciaddr: address }), { hosts, leases }).change, undefined)
  t.is(silence(request('RELEASE', { mac: B, ciaddr: address }), { hosts, leases }).change?.kind, 'free')
  t.is(silence(request('DECLINE', { mac: B }, [wanted(address)]), { hosts, leases }).change?.kind, 'decline')
  t.is(leases.release(B).length, 1, 'all of the host')
})

test('a stranger gets neither the reservation nor the lease of a bonded host', (t) => {
  const { leases, boots, hosts } = rack([RESERVED])
  boots(B)
  const decision = reply(request('REQUEST', { mac: C }, [chosenServer(), wanted('10.77.0.22')]), { hosts, leases })
  t.is(decision.answer, 'nak')
  t.regex(decision.reason ?? '', /reserved for node02/)
})

test('two machines that a new config makes one host have one lease from the next boot on, across a restart of the appliance', (t) => {
  const file = folder(t)
  const first = openStore(file)
  const before = rack([], first)
  const [a, b] = [before.boots(A), before.boots(B)]
  t.not(a, b)
  before.leases.makePermanent(A, ip(a))
  first.close()

  const second = openStore(file)
  const after = rack([NODE], second)
  t.is(String(after.leases.inSubnet(LOCAL, B)?.address), a, 'the one that a root lives on')
  t.is(after.boots(C), '10.77.0.102', 'nothing of a running host is lent before it has booted')
  t.is(after.boots(B), a)
  after.leases.makePermanent(B, ip(a))
  second.close()

  const third = openStore(file)
  t.teardown(() => third.close())
  const again = rack([NODE], third)
  t.deepEqual(
    again.leases.list().map(({ address, kind }) => [address, kind]),
    [
      [a, 'permanent'],
      ['10.77.0.102', 'bound'],
    ],
  )
  t.is(again.boots(A), a)
})
