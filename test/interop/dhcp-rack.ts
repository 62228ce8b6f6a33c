// For dhcp.test.ts, to be run inside a network namespace: `serve` runs our DHCP server and Router Advertiser, `client` sends
// what it is told (a JSON line each on standard input). Both print JSON lines; both end when standard input does.
import { createInterface } from 'node:readline'
import { startDhcpServer } from '../../appliance/dhcp/server.ts'
import { startRouterAdvertiser } from '../../appliance/ra/server.ts'
import { openStore } from '../../appliance/store/database.ts'
import { Leases } from '../../appliance/store/leases.ts'
import { subnetOf } from '../../appliance/wire/addresses.ts'
import type { Log } from '../../appliance/wire/log.ts'
import { openIcmpv6On } from '../../appliance/wire/sockets/icmpv6.ts'
import { openUdpOn } from '../../appliance/wire/sockets/udp.ts'
import { ip, range } from '../appliance/dhcp/packets.ts'

const [role, interfaceName = '', mode = 'authoritative'] = process.argv.slice(2)
const print = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`)
const input = createInterface({ input: process.stdin })

const at = (level: string) => (fields: object, message: string) =>
  print({ kind: 'log', level, message, fields: String(JSON.stringify(fields)) })
const log: Log = { debug: () => {}, info: at('info'), warn: at('warn'), error: at('error') }

if (role === 'serve') {
  const address = ip('10.77.0.1')
  const store = openStore(':memory:')
  const settings = {
    mode: mode === 'proxy' ? ('proxy' as const) : ('authoritative' as const),
    address,
    subnet: subnetOf(address, 24),
    pool: range('10.77.0.100-10.77.0.199'),
    router: address,
    dns: [address],
    relayed: [{ subnet: subnetOf(ip('10.88.0.0'), 24), pool: range('10.88.0.10-10.88.0.20'), router: ip('10.88.0.1') }],
    hosts: [],
  }
  const server = await startDhcpServer({
    interface: interfaceName,
    settings,
    store: new Leases(store),
    bootTarget: { address, httpPort: 8067, tftpPort: 69 },
    now: Date.now,
    log,
    onExchange: (exchange) => print({ kind: 'exchange', ...exchange }),
  })
  const advertiser = await startRouterAdvertiser({ interface: interfaceName, log })
  print({ kind: 'ready' })
  input.on('close', async () => {
    await Promise.all([server.close(), advertiser.close()])
    store.close()
    print({ kind: 'closed' })
  })
} else {
  const socket = await openUdpOn(interfaceName, 68)
  const allNodes = Buffer.from('ff020000000000000000000000000001', 'hex')
  const allRouters = Buffer.from('ff020000000000000000000000000002', 'hex')
  const icmpv6 = openIcmpv6On(interfaceName, allNodes, 134)
  socket.on('message', (bytes, from) => print({ kind: 'dhcp', hex: bytes.toString('hex'), address: from.address, port: from.port }))
  const receiving = (async () => {
    for (let next = await icmpv6.receive(); next; next = await icmpv6.receive()) {
      print({ kind: 'advertisement', hex: next.bytes.toString('hex'), hopLimit: next.hopLimit, source: next.source.toString('hex') })
    }
  })()
  print({ kind: 'ready' })
  input.on('line', (line) => {
    const { hex, to } = JSON.parse(line) as { hex: string; to: { address: string; port: number } | 'all-routers' }
    const bytes = Buffer.from(hex, 'hex')
    if (to !== 'all-routers') return socket.send(bytes, to.port, to.address)
    return icmpv6.send(bytes, allRouters)
  })
  input.on('close', async () => {
    socket.close()
    icmpv6.close()
    await receiving
  })
}
