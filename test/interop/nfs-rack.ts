// For nfs.test.ts, to be run in a network namespace of its own: serves the test tree on the ports
// 2049 and 111, makes one call of every type, says `ready` and stays until its standard input ends.
import { stdin, stdout } from 'node:process'
import { Asker } from '../appliance/nfs-server-lite/caller.ts'
import { everyCall } from '../appliance/nfs-server-lite/calls.ts'
import { Client, startServer } from '../appliance/nfs-server-lite/client.ts'
import { EVERYTHING, testExport } from '../appliance/nfs-server-lite/tree.ts'
import { marked } from '../appliance/nfs-server-lite/wire.ts'

const source = testExport(EVERYTHING)
const server = await startServer([source], { port: 2049, portmap: { port: 111 } })
const clients = { nfs: await Client.to(server.port), portmap: await Client.to(server.portmapPort ?? 0) }
for (const [index, { name, message }] of everyCall(new Asker([source])).entries()) {
  const client = name.startsWith('PORTMAP') ? clients.portmap : clients.nfs
  const call = Buffer.from(message)
  call.writeUInt32BE(index, 0)
  client.socket.write(marked(call))
  await client.reply(index)
}
for (const client of Object.values(clients)) client.close()
stdout.write('ready\n')
stdin.resume()
stdin.on('end', () => server.close())
