// For capture.test.ts, to be run inside a network namespace: captures of the boot of one machine, beside TFTP and HTTP, until standard input
// ends. A line there tells what state its boot attempt is in; what is kept is written as a file. Prints JSON lines.
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { Captures } from '../../appliance/capture/runner.ts'
import { startTftpServer } from '../../appliance/tftp/server.ts'
import type { AttemptState } from '../../appliance/timeline/timeline.ts'
import { parseMac } from '../../appliance/wire/addresses.ts'
import { openPacketsOn } from '../../appliance/wire/sockets/packets.ts'
import { openUdpOn } from '../../appliance/wire/sockets/udp.ts'

const [interfaceName = '', address = '', host = '', token = '', file = ''] = process.argv.slice(2)
const print = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`)
const at = (level: string) => (fields: object, message: string) => print({ kind: 'log', level, message, fields: JSON.stringify(fields) })
const log = { debug: () => {}, info: at('info'), warn: at('warn'), error: at('error') }
const mac = parseMac(host)
if (!mac) throw new Error(`${host} is no MAC address`)

const large = Buffer.alloc(3_000_000, 'hostless ')
const tftp = await startTftpServer({
  port: 69,
  bind: (port) => openUdpOn(interfaceName, port),
  open: async () => {
    const read = async (position: number, length: number) => large.subarray(position, position + length)
    return { kind: 'file', size: 300_000, read, close: () => {} }
  },
  onTransfer: () => {},
  log,
})
const http = createServer((request, response) => {
  if (request.url === '/script') response.end(`#!ipxe\nkernel xen hl.token=${token}\n`)
  else response.end(large)
})
http.listen(8067, address)

const captures = new Captures({
  interface: interfaceName,
  open: (wish) => openPacketsOn(interfaceName, wish),
  host: () => ({ macs: [], known: true, ordered: false }),
  isRelayed: () => false,
  keep: async (_record, gzip) => {
    await writeFile(file, gzip)
    return true
  },
  onKept: (record) => print({ kind: 'kept', ...record }),
  now: Date.now,
  log,
})
const id = 'a'.repeat(16)
captures.hide(id, token)
const input = createInterface({ input: process.stdin })
input.on('line', (line) => {
  const { state } = JSON.parse(line) as { state: AttemptState }
  captures.heard({ id, host: 'node01', mac, startedAt: Date.now(), state, stages: [] })
  print({ kind: 'heard', state })
})
input.on('close', async () => {
  await captures.close()
  await tftp.close()
  http.close()
  http.closeAllConnections()
})
print({ kind: 'ready' })
