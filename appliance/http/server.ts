// The boot server's socket: limits that end slow and greedy connections, but not a slow download.
// Also the one place of appliance/http that opens files for machines that boot.

import { once } from 'node:events'
import { constants, open } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { answerWith } from '../wire/http-body.ts'
import { withinRate } from '../wire/limit.ts'
import type { OpenedFile } from './boot-files.ts'
import { droppedRequest } from './dropped.ts'
import { type BootRoutesOptions, bootRoutes } from './routes.ts'

export interface HttpLimits {
  /** Milliseconds for all headers of a request. */
  readonly headersTimeout: number
  /** Milliseconds for a whole request, body included; says nothing about the answer. */
  readonly requestTimeout: number
  /** Milliseconds without a byte in either direction: a download that moves, however slowly, goes on. */
  readonly idleTimeout: number
  readonly connections: number
  readonly connectionsPerAddress: number
}

export interface HttpServerOptions extends Omit<BootRoutesOptions, 'openFile' | 'now'> {
  readonly address: string
  /** 8067; 0 takes a free one. */
  readonly port: number
  readonly limits?: Partial<HttpLimits>
  /** Called for what a client sent and got no answer of a route to; of a flood only for some. `peer`: IPv4 address. */
  readonly onDropped?: (peer: string, reason: string) => void
}

const LIMITS: HttpLimits = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  idleTimeout: 120_000,
  connections: 2048,
  connectionsPerAddress: 16,
}
const LONGEST_HEADERS = 8 * 1024
const MOST_HEADERS = 64

/** Rejects when the port cannot be bound. `close` drops open connections. */
export async function startHttpServer(options: HttpServerOptions): Promise<{ readonly port: number; close(): Promise<void> }> {
  const limits = { ...LIMITS, ...options.limits }
  const { log } = options
  const app = bootRoutes({ ...options, openFile, now: () => performance.now() })
  const timeouts = {
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    connectionsCheckingInterval: Math.ceil(limits.headersTimeout / 4),
  }
  const server = createServer({ ...timeouts, maxHeaderSize: LONGEST_HEADERS, keepAliveTimeout: limits.headersTimeout })
  answerWith(server, app)
  server.maxHeadersCount = MOST_HEADERS
  server.timeout = limits.idleTimeout
  server.maxConnections = limits.connections

  const mayTell = withinRate({ times: 20, windowSeconds: 1 }, () => performance.now())
  const tell = (address: string | undefined, reason: string): void => {
    if (address === undefined || !mayTell()) return
    try {
      options.onDropped?.(address.replace(/^::ffff:/, ''), reason)
    } catch (error) {
      log.error({ error, peer: address }, 'HTTP: what was dropped could not be told')
    }
  }
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const dropped = droppedRequest(error.code)
    if (dropped) tell((socket as Socket).remoteAddress, dropped.reason)
    if (!dropped || !socket.writable) return void socket.destroy()
    socket.end(`HTTP/1.1 ${dropped.status}\r\nConnection: close\r\n\r\n`, () => socket.destroy())
  })
  server.on('drop', (dropped) => tell(dropped?.remoteAddress, `a connection beyond the ${limits.connections} of all hosts`))

  const connections = new Map<string, Set<Socket>>()
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? ''
    const own = connections.get(address) ?? new Set()
    if (own.size >= limits.connectionsPerAddress) {
      tell(address, `a connection beyond the ${limits.connectionsPerAddress} of one host`)
      socket.destroy()
      return
    }
    connections.set(address, own.add(socket))
    socket.on('close', () => {
      own.delete(socket)
      if (own.size === 0) connections.delete(address)
    })
  })

  server.listen(options.port, options.address)
  await once(server, 'listening')
  server.on('error', (error) => log.error({ error }, 'HTTP: the server failed'))
  let closed: Promise<unknown> | undefined

  async function close(): Promise<void> {
    if (!closed) {
      closed = once(server, 'close')
      server.close()
      for (const own of connections.values()) for (const socket of own) socket.destroy()
    }
    await closed
  }

  return { port: (server.address() as AddressInfo).port, close }
}

/** Refuses what is not a regular file: a device or a FIFO would never end. */
async function openFile(path: string): Promise<OpenedFile> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK) // opening a FIFO does not wait for its writer
  const stats = await handle.stat()
  if (!stats.isFile()) {
    await handle.close()
    throw new Error(`${path} is not a regular file`)
  }
  return {
    size: stats.size,
    stream: (start, end) => handle.createReadStream({ start, end, highWaterMark: 256 * 1024 }),
    close: () => handle.close(),
  }
}
