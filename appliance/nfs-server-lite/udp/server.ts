// RPC over UDP, a packet a call. Nothing is remembered of a peer: a retransmission is answered again, for all that is
// served here may be asked twice. What is no call gets no answer.
import { createSocket, type RemoteInfo } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Log } from '../../wire/log.ts'
import type { Answer, DataRead } from '../program.ts'
import { RECORD_MARK_SIZE } from '../rpc.ts'
import { padding } from '../xdr.ts'

/** The most bytes that one reply carries: what UDP over IPv4 can, by far; READ and lists are kept much smaller. */
const LONGEST_REPLY = 60_000
/** Reads of the disk under way, all peers together; beyond, calls are dropped, and their clients ask again. */
const MOST_READS = 64

export interface UdpService {
  readonly address: string
  readonly port: number
  /** Limited: a peer can make it write. */
  readonly complaints: Log
  /** Never throws; a string is the reason not to answer. */
  serve(packet: Buffer, clientAddress: string): Answer | string
  readFailed(error: unknown, data: DataRead): void
}

export interface UdpListener {
  close(): Promise<void>
}

/** Rejects with the error of bind(2) when the address or port cannot be had. */
export async function bindUdp({ address, port, complaints, serve, readFailed }: UdpService): Promise<UdpListener> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeListener('error', reject)
      resolve()
    })
  })
  let closed: Promise<void> | undefined
  let reads = 0
  socket.on('error', (error) => complaints.error({ error }, 'udp socket failed'))
  socket.on('message', (packet, peer) => {
    // Nobody can be sent to at port 0, and node throws.
    if (peer.port === 0) return
    const answer = serve(packet, peer.address)
    if (typeof answer === 'string') drop(peer, answer)
    else if (answer.kind === 'reply') send(peer, [answer.reply])
    else if (reads >= MOST_READS) drop(peer, `${reads} reads are under way`)
    else void read(peer, answer)
  })

  async function read(peer: RemoteInfo, { head, data, failed }: Answer & { readonly kind: 'data' }): Promise<void> {
    reads += 1
    let parts: readonly Buffer[]
    try {
      const bytes = await data.source.read(data.position, data.length)
      if (bytes.length !== data.length) throw new Error(`${bytes.length} bytes read, ${data.length} wanted`)
      parts = [head, bytes, Buffer.alloc(padding(bytes.length))]
    } catch (error) {
      readFailed(error, data)
      parts = [failed()]
    }
    reads -= 1
    if (!closed) send(peer, parts)
  }

  /** The first part begins with a record mark, which is TCP's alone. */
  function send(peer: RemoteInfo, [head, ...more]: readonly Buffer[]): void {
    const reply = Buffer.concat([head?.subarray(RECORD_MARK_SIZE) ?? Buffer.alloc(0), ...more])
    if (reply.length > LONGEST_REPLY) {
      drop(peer, `a reply of ${reply.length} bytes is too long for UDP: ask over TCP`)
      return
    }
    socket.send(reply, peer.port, peer.address, (error) => {
      if (error) complaints.warn({ peer: peer.address, error: error.message }, 'reply not sent')
    })
  }

  function drop(peer: RemoteInfo, reason: string): void {
    complaints.warn({ peer: peer.address, reason }, 'packet dropped')
  }

  return {
    close() {
      closed ??= new Promise((resolve) => socket.close(() => resolve()))
      return closed
    },
  }
}

/** Undefined when the port is taken. Rejects with any other error. */
export async function unlessTaken<Listener>(listen: () => Promise<Listener>): Promise<Listener | undefined> {
  try {
    return await listen()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined
    throw error
  }
}
