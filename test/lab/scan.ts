// Prints the TCP ports of an address that accept a connection, as a JSON array; tries all. Runs inside the rack's namespace.
// Usage: node --import tsx scan.ts ADDRESS

import { connect } from 'node:net'

const AT_ONCE = 256
const LAST_PORT = 65_535
const ANSWER_MS = 30_000

/** Rejects when there is no answer at all: a machine that is off has no closed ports either. */
function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`${host}:${port} is silent`)))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNREFUSED' ? resolve(false) : reject(error)))
  })
}

const [address = ''] = process.argv.slice(2)
const open: number[] = []
let next = 1
async function scan(): Promise<void> {
  while (next <= LAST_PORT) {
    const port = next++
    if (await isOpen(address, port)) open.push(port)
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, scan))
process.stdout.write(JSON.stringify(open.sort((a, b) => a - b)))
