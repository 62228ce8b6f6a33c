// For dhcp-kill.test.ts, to be run inside a network namespace: machines that ask for an address, so many at the same time, each when another
// has got its own, for as long as there is standard input. Prints a JSON line for each ACK.
import { once } from 'node:events'
import { messageType, optionData } from '../../appliance/dhcp/fields.ts'
import { BROADCAST_FLAG, decodeDhcp, encodeDhcp } from '../../appliance/dhcp/packet.ts'
import { macFromBytes } from '../../appliance/wire/addresses.ts'
import { openUdpOn } from '../../appliance/wire/server.ts'
import { BIOS, chosenServer, request, wanted } from '../appliance/dhcp/packets.ts'

const [interfaceName = '', first = '0', atOnce = '64'] = process.argv.slice(2)
/** What a machine waits before another takes its turn, ms: it may have been asked of a server that is gone. */
const PATIENCE = 500
const print = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`)

const socket = await openUdpOn(interfaceName, 68)
let next = Number(first)
const waiting = new Map<number, NodeJS.Timeout>()

const macOf = (machine: number) => {
  const bytes = Buffer.from([0x52, 0x54, 0, 0, 0, 0])
  bytes.writeUInt32BE(machine, 2)
  return macFromBytes(bytes)
}
const send = (type: 'DISCOVER' | 'REQUEST', machine: number, options: readonly ReturnType<typeof wanted>[]) => {
  const packet = request(type, { mac: macOf(machine), xid: machine, flags: BROADCAST_FLAG }, [...BIOS, ...options])
  socket.send(encodeDhcp(packet), 67, '255.255.255.255')
}
const begin = () => {
  const machine = next
  next += 1
  waiting.set(
    machine,
    setTimeout(() => end(machine), PATIENCE),
  )
  send('DISCOVER', machine, [])
}
const end = (machine: number) => {
  clearTimeout(waiting.get(machine))
  if (waiting.delete(machine)) begin()
}

socket.on('message', (bytes) => {
  const reply = decodeDhcp(bytes)
  const { xid: machine, yiaddr: address } = reply
  if (!waiting.has(machine)) return
  switch (messageType(reply)) {
    case 'OFFER':
      send('REQUEST', machine, [chosenServer(), wanted(address)])
      break
    case 'ACK': {
      const seconds = optionData(reply, 51)?.readUInt32BE(0)
      print({ kind: 'ack', mac: macOf(machine), address, seconds, heard: Date.now() })
      end(machine)
    }
  }
})
for (let count = 0; count < Number(atOnce); count += 1) begin()
await once(process.stdin.resume(), 'end')
for (const timer of waiting.values()) clearTimeout(timer)
socket.close()
print({ kind: 'closed' })
