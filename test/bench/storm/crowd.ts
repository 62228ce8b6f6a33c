// So many machines that are switched on at one moment: run at the load's end of a cable with a file, in JSON, that says which; prints what
// became of them as JSON.
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type Mac, macFromBytes } from '../../../appliance/wire/addresses.ts'
import { mountRoot, NfsConnection } from '../nfs-client.ts'
import { walk } from '../nfs-walk.ts'
import { openDhcpClients } from './dhcp-client.ts'
import { type Booted, bootMachine } from './machine.ts'
import { encodeNfsCall, type NfsCall } from './nfs-calls.ts'

const crowd = z.object({
  server: z.string(),
  relay: z.string(),
  base: z.string(),
  root: z.object({ port: z.number(), mountPort: z.number(), path: z.string() }),
  /** Number of the first; each has a MAC of its own by it. */
  first: z.number(),
  machines: z.number(),
  calls: z.array(z.custom<NfsCall>()),
})
export type Crowd = z.output<typeof crowd>

export interface CrowdResult {
  /** From the first message to the last report, s. */
  readonly seconds: number
  readonly boots: readonly Booted[]
  /** Why the others did not come to their end. */
  readonly lost: readonly string[]
  readonly dhcpAgain: number
}

const given = crowd.parse(JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')))
const { server, relay, base, root, first, machines } = given
const rootHandle = await mountRoot(server, root.mountPort, root.path)
const connection = await NfsConnection.open(server, root.port)
const handles = new Map([['', rootHandle], ...(await walk(connection, rootHandle)).map(({ path, handle }) => [path, handle] as const)])
connection.close()
const calls = given.calls.map((call) => ({ call: encodeNfsCall(call, handles), isRead: call.kind === 'read' }))
const dhcp = await openDhcpClients(server, relay)
const ground = { server, base, dhcp, calls }
const boots: Booted[] = []
const lost: string[] = []
const began = performance.now()
await Promise.all(Array.from({ length: machines }, (_, at) => bootMachine(macOf(first + at), ground).then((one) => boots.push(one), fail)))
const result: CrowdResult = { seconds: (performance.now() - began) / 1000, boots, lost, dhcpAgain: dhcp.again() }
dhcp.close()
process.stdout.write(JSON.stringify(result))

function fail(error: unknown): void {
  lost.push(error instanceof Error ? error.message : String(error))
}

function macOf(machine: number): Mac {
  const bytes = Buffer.from([0x52, 0x54, 0, 0, 0, 0])
  bytes.writeUInt32BE(machine, 2)
  return macFromBytes(bytes)
}
