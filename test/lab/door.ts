// A door for a browser: a port of this machine's loopback that leads to the manager inside the rack's namespace. Sockets of files
// know no namespaces, so one process on each side of such a socket is all that it takes.

import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { PROJECT } from './folders.ts'
import { startInNamespace } from './namespace.ts'
import type { Rack } from './rack.ts'

const READY_MS = 30_000

/** Gives the port. Both ends go with the lab. */
export async function openDoor({ namespace, runtime, folder }: Rack): Promise<number> {
  const socket = join(runtime, 'door')
  const inner = [process.execPath, '--import', 'tsx', 'test/lab/door-inside.ts', socket]
  const child = startInNamespace(namespace, inner, join(folder, 'door.log'), PROJECT)
  const until = Date.now() + READY_MS
  while (!existsSync(socket)) {
    if (child.exitCode !== null || Date.now() > until) throw new Error(`no way to the page: see ${join(folder, 'door.log')}`)
    await pause(50)
  }
  const server = createServer((client) => splice(client, connect(socket)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

/** Either end's end is the other's. */
export function splice(one: Socket, other: Socket): void {
  const end = () => {
    one.destroy()
    other.destroy()
  }
  one.on('error', end).on('close', end).pipe(other)
  other.on('error', end).on('close', end).pipe(one)
}
