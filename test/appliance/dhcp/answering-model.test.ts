// Many machines do what they like, in groups of datagrams; the clock jumps, the disk fills, the appliance is killed and started again.
// What each machine believes to have is kept beside it, by what it was told alone.
import test from 'ava'
import fc from 'fast-check'
import { type Answering, openAnswering } from '../../../appliance/dhcp/answering.ts'
import { messageType, optionData } from '../../../appliance/dhcp/fields.ts'
import { isLive, ownerOf } from '../../../appliance/dhcp/lease.ts'
import { decodeDhcp, encodeDhcp } from '../../../appliance/dhcp/packet.ts'
import { settingOf } from '../../../appliance/dhcp/server.ts'
import { openStore } from '../../../appliance/store/database.ts'
import { Leases } from '../../../appliance/store/leases.ts'
import { type Ipv4, type Mac, subnetOf, UNSPECIFIED } from '../../../appliance/wire/addresses.ts'
import { collectingLog } from '../wire/collecting-log.ts'
import { BIOS, BOOT, chosenServer, ip, mac, NOW, range, request, SERVER, text, wanted } from './packets.ts'

const MACHINES = Array.from({ length: 7 }, (_, index) => mac(`52:54:00:77:01:0${index}`))
const SETTINGS = {
  mode: 'authoritative',
  address: SERVER,
  subnet: subnetOf(SERVER, 24),
  pool: range('10.77.0.100-10.77.0.104'),
  router: undefined,
  dns: [],
  relayed: [],
  hosts: [{ name: 'reserved', mac: MACHINES[0] as Mac, address: ip('10.77.0.101') }],
} as const

const command = fc.record({
  machine: fc.constantFrom(...MACHINES),
  action: fc.constantFrom(
    ...(['discover', 'discover', 'take', 'take', 'take', 'steal', 'renew', 'reboot', 'release', 'decline', 'permanent'] as const),
  ),
  system: fc.boolean(),
  address: fc.integer({ min: 99, max: 106 }),
  seconds: fc.constantFrom(0, 0, 0, 0, 1, 45, 100, 160, 400, 700, 4000),
  after: fc.constantFrom(...(['go on', 'go on', 'settle', 'settle', 'settle', 'kill', 'fill the disk', 'empty the disk'] as const)),
})

interface Told {
  readonly address: Ipv4
  readonly until: number
}

test('whatever machines do and whenever we die, no address is acknowledged to two, and every ACK is on disk when it leaves', (t) => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const store = openStore(':memory:')
      const row = store.prepare<[string], { mac: string; kind: string; expires: number | null }>(
        'SELECT mac, kind, expires FROM leases WHERE address = ?',
      )
      let now = NOW
      const offered = new Map<Mac, Ipv4>()
      const believes = new Map<Mac, Told>()
      const hears = (machine: Mac, asked: number) => (bytes: Buffer) => {
        const packet = decodeDhcp(bytes)
        const seconds = optionData(packet, 51)?.readUInt32BE(0) ?? 0
        switch (messageType(packet)) {
          case 'OFFER':
            offered.set(machine, packet.yiaddr)
            break
          case 'ACK': {
            const until = seconds === 0xffffffff ? Number.POSITIVE_INFINITY : asked + seconds * 1000
            believes.set(machine, { address: packet.yiaddr, until })
            const onDisk = row.get(packet.yiaddr)
            t.is(store.inTransaction, false)
            t.is(onDisk?.mac, machine)
            t.true(
              onDisk?.kind === 'permanent' || (onDisk?.kind === 'bound' && (onDisk.expires ?? 0) >= until),
              'shorter on disk than told',
            )
            break
          }
          case 'NAK':
            believes.delete(machine)
        }
      }
      const start = () => {
        const leases = new Leases(store, () => now, undefined, 4)
        const { log } = collectingLog()
        const setting = settingOf({ settings: SETTINGS, bootTarget: BOOT })
        return { leases, answering: openAnswering({ setting, store: leases, now: () => now, log, onExchange: () => undefined }) }
      }
      let { leases, answering }: { leases: Leases; answering: Answering } = start()
      const check = () => {
        const live = [...believes].filter(([, { until }]) => until > now)
        t.is(new Set(live.map(([, { address }]) => address)).size, live.length, 'two machines believe to have one address')
        for (const [machine, { address }] of live) {
          const lease = leases.byAddress(address)
          t.true(lease !== undefined && ownerOf(lease) === machine && isLive(lease, now), `${machine} on ${address}`)
          t.true(address !== ip('10.77.0.101') || machine === MACHINES[0])
        }
      }
      for (const { machine, action, system, address, seconds, after } of commands) {
        now += seconds * 1000
        const has = believes.get(machine)
        const self = system ? [text(60, 'udhcp')] : BIOS
        const say = (packet: Parameters<typeof encodeDhcp>[0]) => {
          answering.take({ bytes: encodeDhcp(packet), from: { address: UNSPECIFIED, port: 68 }, port: 67, send: hears(machine, now) })
        }
        const select = (chosen: Ipv4) => say(request('REQUEST', { mac: machine }, [chosenServer(), wanted(chosen), ...self]))
        switch (action) {
          case 'discover':
            say(request('DISCOVER', { mac: machine }, self))
            break
          case 'take':
            select(offered.get(machine) ?? ip(`10.77.0.${address}`))
            break
          case 'steal':
            select(ip(`10.77.0.${address}`))
            break
          case 'renew':
            if (has && has.until > now) say(request('REQUEST', { mac: machine, ciaddr: has.address }, self))
            break
          case 'reboot':
            if (has) say(request('REQUEST', { mac: machine }, [wanted(has.address), ...self]))
            break
          case 'release':
          case 'decline':
            if (!has || has.until <= now) break
            believes.delete(machine)
            say(
              action === 'release'
                ? request('RELEASE', { mac: machine, ciaddr: has.address })
                : request('DECLINE', { mac: machine }, [wanted(has.address)]),
            )
            break
          case 'permanent':
            if (!has || has.until <= now || store.pragma('query_only', { simple: true }) === 1) break
            if (leases.makePermanent(machine, has.address)) believes.set(machine, { ...has, until: Number.POSITIVE_INFINITY })
        }
        switch (after) {
          case 'settle':
            answering.settle()
            check()
            break
          case 'kill': // what was not settled has not been answered
            ;({ leases, answering } = start())
            check()
            break
          case 'fill the disk':
            store.pragma('query_only = ON')
            break
          case 'empty the disk':
            store.pragma('query_only = OFF')
            break
          case 'go on':
        }
      }
      answering.settle()
      check()
      store.close()
    }),
    { numRuns: 400 },
  )
})
