// What a DHCP exchange costs us by itself, without sockets: encoded DISCOVERs and REQUESTs through what answers them, at few leases and at
// many; leases on disk, as in earnest. To be run by hand: `npx tsx test/bench/dhcp-cost.ts [leases at first] [leases at last]`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAnswering } from '../../appliance/dhcp/answering.ts'
import { decodeDhcp, encodeDhcp } from '../../appliance/dhcp/packet.ts'
import { settingOf } from '../../appliance/dhcp/server.ts'
import { openStore } from '../../appliance/store/database.ts'
import { Leases } from '../../appliance/store/leases.ts'
import { type Ipv4, macFromBytes, subnetOf, UNSPECIFIED } from '../../appliance/wire/addresses.ts'
import { BIOS, BOOT, chosenServer, range, request, SERVER, wanted } from '../appliance/dhcp/packets.ts'

/** Exchanges that are answered and written together. */
const GROUP = 64
/** Groups that are measured at each size, one in turn with the other; of new machines, and of known ones. */
const ROUNDS = 150
const [few = 100, many = 100_000] = process.argv.slice(2).map(Number)

const folder = mkdtempSync(join(tmpdir(), 'hl-dhcp-cost-'))
const racks = [rackWith(few, 'few.db'), rackWith(many, 'many.db')] as const
process.stdout.write(`exchanges of four messages, in groups of ${GROUP}, µs each (median of ${ROUNDS} groups):\n`)
for (const kind of ['new', 'known'] as const) {
  const took = racks.map((): number[] => [])
  for (let round = 0; round < ROUNDS; round += 1) for (const [index, rack] of racks.entries()) took[index]?.push(rack.group(kind))
  const [small = 0, large = 0] = took.map((each) => ((each.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0) / GROUP) * 1000)
  const figures = `${small.toFixed(1)} at ${few} leases, ${large.toFixed(1)} at ${many}`
  process.stdout.write(`${kind} machines: ${figures}; ratio ${(large / small).toFixed(2)}\n`)
}
rmSync(folder, { recursive: true })

/** A rack with so many leases; each new machine takes one more, which it gives back unmeasured. */
function rackWith(leases: number, file: string) {
  const store = openStore(join(folder, file))
  const table = new Leases(store)
  const settings = {
    mode: 'authoritative',
    address: SERVER,
    subnet: subnetOf(SERVER, 14),
    pool: range('10.76.1.0-10.79.200.255'),
    router: undefined,
    dns: [SERVER],
    relayed: [],
    hosts: [],
  } as const
  const silent = () => undefined
  const answering = openAnswering({
    setting: settingOf({ settings, bootTarget: BOOT }),
    store: table,
    now: Date.now,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    onExchange: silent,
  })
  let answers: Buffer[] = []
  let next = 0
  const send = (bytes: Buffer) => void answers.push(bytes)
  const from = { address: UNSPECIFIED, port: 68 }
  const settled = (all: readonly Buffer[]): readonly Buffer[] => {
    answers = []
    for (const bytes of all) answering.take({ bytes, from, port: 67, send })
    answering.settle()
    if (answers.length < all.length) throw new Error(`${all.length - answers.length} were not answered`)
    return answers
  }
  const exchange = (machines: readonly number[]): { readonly took: number; readonly addresses: readonly Ipv4[] } => {
    const discovers = machines.map((machine) => encodeDhcp(request('DISCOVER', { mac: macOf(machine), xid: machine }, BIOS)))
    const began = performance.now()
    const offers = settled(discovers)
    const paused = performance.now()
    const addresses = offers.map((bytes) => decodeDhcp(bytes).yiaddr)
    const requests = machines.map((machine, index) =>
      encodeDhcp(
        request('REQUEST', { mac: macOf(machine), xid: machine }, [...BIOS, chosenServer(), wanted(addresses[index] ?? UNSPECIFIED)]),
      ),
    )
    const resumed = performance.now()
    settled(requests)
    return { took: performance.now() - resumed + paused - began, addresses }
  }
  const machines = (first: number) => Array.from({ length: GROUP }, (_, index) => first + index)
  for (; next < leases; next += GROUP) exchange(machines(next))
  return {
    group(kind: 'new' | 'known'): number {
      if (kind === 'known') return exchange(machines(Math.floor((Math.random() * (leases - GROUP)) / GROUP) * GROUP)).took
      const { took, addresses } = exchange(machines(next))
      for (const [index, address] of addresses.entries()) {
        table.stage({ kind: 'free', subnet: '10.76.0.0/14', mac: macOf(next + index), address, at: Date.now() })
      }
      table.flush()
      next += GROUP
      return took
    },
  }
}

function macOf(machine: number) {
  const bytes = Buffer.from([0x52, 0x54, 0, 0, 0, 0])
  bytes.writeUInt32BE(machine, 2)
  return macFromBytes(bytes)
}
