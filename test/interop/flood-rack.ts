// For flood.test.ts, to be run inside a network namespace: `serve` runs our DHCP server with one reservation, leases on disk; `flood`
// sends DISCOVERs, each of another machine, as fast as it can; `boot` is the reserved machine, and boots at each line that it is told.
// Each prints JSON lines, and ends with its standard input.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { messageType } from '../../appliance/dhcp/fields.ts'
import { BROADCAST_FLAG, decodeDhcp, encodeDhcp } from '../../appliance/dhcp/packet.ts'
import { startDhcpServer } from '../../appliance/dhcp/server.ts'
import { openStore } from '../../appliance/store/database.ts'
import { Leases } from '../../appliance/store/leases.ts'
import { subnetOf } from '../../appliance/wire/addresses.ts'
import { openUdpOn } from '../../appliance/wire/sockets/udp.ts'
import { A, BIOS, chosenServer, ip, mac, range, request, wanted } from '../appliance/dhcp/packets.ts'

const [role, interfaceName = '', argument = ''] = process.argv.slice(2)
const print = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`)
const SERVER = ip('10.77.0.1')
const RESERVED = ip('10.77.0.21')
/** Where a packet has them (RFC 2131): of chaddr, the last four bytes of six. */
const XID = 4
const END_OF_MAC = 30
/** What a firmware waits before it asks again, ms. */
const PATIENCE = 1000

switch (role) {
  case 'serve': {
    const store = openStore(argument)
    let others = 0
    const server = await startDhcpServer({
      interface: interfaceName,
      settings: {
        mode: 'authoritative',
        address: SERVER,
        subnet: subnetOf(SERVER, 16),
        pool: range('10.77.1.0-10.77.250.255'),
        router: SERVER,
        dns: [SERVER],
        relayed: [],
        hosts: [{ name: 'node01', mac: A, address: RESERVED }],
      },
      store: new Leases(store),
      bootTarget: { address: SERVER, httpPort: 8067, tftpPort: 69 },
      now: Date.now,
      log: { debug: () => {}, info: () => {}, warn: (fields, message) => print({ kind: 'log', message, ...fields }), error: () => {} },
      onExchange: ({ mac }) => {
        if (mac !== A) others += 1
      },
    })
    print({ kind: 'ready' })
    await once(process.stdin.resume(), 'end')
    await server.close()
    store.close()
    print({ kind: 'closed', others })
    break
  }
  case 'flood': {
    const socket = await openUdpOn(interfaceName, 68)
    const bytes = encodeDhcp(request('DISCOVER', { mac: mac('52:54:01:00:00:00') }, BIOS))
    let isWanted = true
    void once(process.stdin.resume(), 'end').then(() => {
      isWanted = false
    })
    for (let stranger = 0; isWanted; stranger += 1) {
      bytes.writeUInt32BE(stranger, XID)
      bytes.writeUInt32BE(stranger, END_OF_MAC)
      const sent = new Promise<void>((resolve) => socket.send(Buffer.from(bytes), 67, '255.255.255.255', () => resolve()))
      if (stranger % 10_000 === 0) print({ kind: 'flooded', packets: stranger })
      // Back to the event loop, or the end of its input is never heard.
      if (stranger % 64 === 0) await sent.then(() => new Promise((resolve) => setImmediate(resolve)))
    }
    socket.close()
    break
  }
  case 'boot': {
    const socket = await openUdpOn(interfaceName, 68)
    let xid = 0x6c000000
    const exchange = async (type: 'DISCOVER' | 'REQUEST', options: readonly ReturnType<typeof wanted>[]): Promise<string> => {
      xid += 1
      const packet = encodeDhcp(request(type, { mac: A, xid, flags: BROADCAST_FLAG }, [...BIOS, ...options]))
      const wish = type === 'DISCOVER' ? 'OFFER' : 'ACK'
      for (;;) {
        socket.send(packet, 67, '255.255.255.255')
        const until = AbortSignal.timeout(PATIENCE)
        try {
          for (;;) {
            const [bytes] = (await once(socket, 'message', { signal: until })) as [Buffer]
            const reply = decodeDhcp(bytes)
            if (reply.op === 2 && reply.xid === xid && messageType(reply) === wish) return reply.yiaddr
          }
        } catch (error) {
          if (!until.aborted) throw error
        }
      }
    }
    print({ kind: 'ready' })
    for await (const _ of createInterface({ input: process.stdin })) {
      const began = performance.now()
      const offered = await exchange('DISCOVER', [])
      const address = await exchange('REQUEST', [chosenServer(), wanted(offered)])
      print({ kind: 'served', address, milliseconds: Math.round(performance.now() - began) })
    }
    socket.close()
    break
  }
}
