// Stands where the appliance's HTTP was and gives one file away, damaged: what an attacker, or a bad link, would do. Holds
// back the last byte until SIGTERM, so that the appliance can be there again before the damage is noticed. Runs in the rack.
// Usage: node --import tsx impostor.ts ADDRESS PORT URL-PATH FILE; says "listening", then "held", each on a line

import { open } from 'node:fs/promises'
import { createServer } from 'node:http'

const [address, port, path, file = ''] = process.argv.slice(2)
const say = (word: string) => process.stdout.write(`${word}\n`)

const server = createServer(async (request, response) => {
  if (request.url !== path) {
    response.writeHead(404).end()
    return
  }
  server.close()
  const handle = await open(file, 'r')
  const { size } = await handle.stat()
  response.writeHead(200, { 'Content-Length': size, Connection: 'close' })
  const [middle, last] = [Math.floor(size / 2), size - 1]
  let at = 0
  for await (const bytes of handle.createReadStream({ end: last - 1 }) as AsyncIterable<Buffer>) {
    const damaged = middle - at
    if (damaged >= 0 && damaged < bytes.length) bytes[damaged] = (bytes[damaged] ?? 0) ^ 1
    at += bytes.length
    if (!response.write(bytes)) await new Promise((resolve) => response.once('drain', resolve))
  }
  process.once('SIGTERM', () => response.end(Buffer.alloc(1), () => process.exit()))
  say('held')
})
server.listen(Number(port), address, () => say('listening'))
