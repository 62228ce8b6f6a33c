// The control socket: HTTP on `<dataDir>/appliance.sock`, for the owner alone (mode 0600). One live appliance a
// socket: a second one refuses to start, a socket file that nobody answers on is a crash's and is removed.

import { once } from 'node:events'
import { lstat, unlink } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createConnection, type Socket } from 'node:net'
import { answerWith } from '../../wire/http-body.ts'
import { type ControlRoutesOptions, controlRoutes } from './routes.ts'

export interface ControlServerOptions extends Omit<ControlRoutesOptions, 'backlog'> {
  /** Path of the socket file; Linux takes at most 107 bytes. */
  readonly socket: string
  readonly backlog?: number
}

const BACKLOG = 8 * 1024 * 1024
/** For the headers of a request, ms. */
const PATIENCE = 10_000
const LONGEST_SOCKET_PATH = 107
const OWNER_ONLY = 0o177

/** Rejects, in plain words, when another appliance answers on the socket or the path cannot be one. */
export async function startControlServer(options: ControlServerOptions): Promise<{ close(): Promise<void> }> {
  const { socket: path, log } = options
  if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH) {
    throw new Error(`${path}: the path of a socket has at most ${LONGEST_SOCKET_PATH} bytes; choose a shorter dataDir`)
  }
  await removeStale(path)
  const server = createServer({ headersTimeout: PATIENCE, requestTimeout: 2 * PATIENCE, connectionsCheckingInterval: PATIENCE / 4 })
  answerWith(server, controlRoutes({ ...options, backlog: options.backlog ?? BACKLOG }))
  const connections = new Set<Socket>()
  server.on('connection', (socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
  })
  // The file gets its mode as it is made: there is no moment in which others could connect.
  const umask = process.umask(OWNER_ONLY)
  try {
    server.listen({ path })
  } finally {
    process.umask(umask)
  }
  await once(server, 'listening')
  server.on('error', (error) => log.error({ error }, 'control: the server failed'))
  let closed: Promise<unknown> | undefined

  async function close(): Promise<void> {
    if (!closed) {
      closed = once(server, 'close')
      server.close()
      for (const socket of connections) socket.destroy()
    }
    await closed
  }

  return { close }
}

async function removeStale(path: string): Promise<void> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!stats) return
  if (!stats.isSocket()) throw new Error(`${path} is not a socket: move it away, the appliance needs this name`)
  if (await answers(path)) throw new Error(`another appliance is running on ${path}: stop it first`)
  await unlink(path)
}

async function answers(path: string): Promise<boolean> {
  const probe = createConnection(path)
  try {
    await once(probe, 'connect')
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return false
    throw error
  } finally {
    probe.destroy()
  }
}
