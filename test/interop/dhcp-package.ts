// For dhcp.test.ts, to be run inside a network namespace: the client of the npm package `dhcp`, from its DISCOVER until it is bound.
// Prints a JSON line for each message and one for the lease.
import { createRequire } from 'node:module'

interface Client {
  on(event: 'message', listener: (reply: { readonly yiaddr: string; readonly options: Readonly<Record<number, unknown>> }) => void): void
  on(event: 'bound', listener: (state: object) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  listen(port: number, address: string, ready: () => void): void
  sendDiscover(): void
  close(): void
  readonly _state: { address?: string }
}
interface Package {
  createClient(config: { readonly mac: string; readonly features: readonly string[] }): Client
}

const [mac = ''] = process.argv.slice(2)
const { createClient }: Package = createRequire(import.meta.url)('dhcp')
const print = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`)

const client = createClient({ mac, features: ['hostname'] })
client.on('message', ({ yiaddr, options }) => {
  // It asks for the address that it had before, and ends on an exception where it had none.
  client._state.address ??= yiaddr
  print({ kind: 'message', type: options[53], address: yiaddr })
})
client.on('error', (error) => print({ kind: 'error', reason: String(error) }))
client.on('bound', (state) => {
  print({ kind: 'bound', state })
  client.close()
})
client.listen(68, '0.0.0.0', () => client.sendDiscover())
