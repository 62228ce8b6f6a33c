// Listens for RPC over TCP: admits connections, feeds each its bytes, closes those overdue.
import { createServer, type Server, type Socket } from 'node:net'
import type { Log } from '../../wire/log.ts'
import type { Answer, DataRead } from '../program.ts'
import { type AdmissionLimits, type Admitted, connectionToClose } from './admission.ts'
import { Connection, type ConnectionLimits } from './connection.ts'

export type TcpLimits = AdmissionLimits & ConnectionLimits

export const TCP_LIMITS: TcpLimits = {
  connections: 512,
  connectionsPerAddress: 32,
  recordBytes: 64 * 1024,
  fragments: 1024,
  calls: 64,
  replyBytes: 2 * 1024 * 1024,
  halfRecordMs: 30_000,
  stalledMs: 120_000,
  idleMs: 360_000,
}

const KEEP_ALIVE_MS = 60_000

export interface TcpService {
  readonly address: string
  /** 0 is a free one. */
  readonly port: number
  readonly limits: TcpLimits
  /** Limited: a peer can make it write. */
  readonly complaints: Log
  /** Milliseconds. */
  readonly now: () => number
  /** Never throws; a string is the reason to close the connection. */
  serve(record: Buffer, clientAddress: string): Answer | string
  readFailed(error: unknown, data: DataRead): void
}

export interface TcpListener {
  readonly port: number
  close(): Promise<void>
}

interface Peer extends Admitted {
  readonly socket: Socket
  readonly connection: Connection
}

/** Rejects with the error of listen(2) when the address or port cannot be had. */
export async function listenTcp(service: TcpService): Promise<TcpListener> {
  const peers = new Set<Peer>()
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) =>
    accept(service, peers, socket),
  )
  await listening(server, service)
  server.on('error', (error) => service.complaints.error({ error }, 'cannot accept connections'))
  const sweep = setInterval(() => closeOverdue(service, peers), Math.min(service.limits.halfRecordMs, 1000))
  const bound = server.address()
  return {
    port: typeof bound === 'object' && bound ? bound.port : service.port,
    close() {
      clearInterval(sweep)
      for (const { socket } of peers) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function listening(server: Server, { address, port }: TcpService): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: address, port, backlog: 511 }, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

function accept(service: TcpService, peers: Set<Peer>, socket: Socket): void {
  const { remoteAddress } = socket
  socket.on('error', (error) => service.complaints.warn({ peer: remoteAddress, error: error.message }, 'connection failed'))
  // It has gone already.
  if (remoteAddress === undefined) return void socket.destroy()
  const clientAddress = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '')
  const crowd = connectionToClose(peers, clientAddress, service.limits)
  if (crowd) close(service, peers, crowd, 'too many connections')
  const connection = new Connection(socket, service.limits, {
    serve: (record) => service.serve(record, clientAddress),
    readFailed: service.readFailed,
    now: service.now,
  })
  const peer: Peer = {
    clientAddress,
    socket,
    connection,
    get heardAt() {
      return connection.heardAt
    },
  }
  peers.add(peer)
  socket.on('data', (chunk) => {
    const reason = connection.receive(chunk)
    if (reason !== undefined) complain(service, clientAddress, reason)
  })
  socket.on('close', () => {
    connection.stop()
    peers.delete(peer)
  })
}

function closeOverdue(service: TcpService, peers: Set<Peer>): void {
  const now = service.now()
  for (const peer of peers) {
    const reason = peer.connection.overdue(now)
    if (reason !== undefined) close(service, peers, peer, reason)
  }
}

function close(service: TcpService, peers: Set<Peer>, peer: Peer, reason: string): void {
  complain(service, peer.clientAddress, reason)
  // At once: its 'close' comes later, and the next newcomer may not.
  peers.delete(peer)
  peer.connection.stop()
  peer.socket.destroy()
}

function complain({ complaints }: TcpService, peer: string, reason: string): void {
  complaints.warn({ peer, reason }, 'connection closed')
}
