// RPC over UDP, a packet a call: for portmap only. What is no call gets no answer.
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Log } from '../../wire/log.ts'

export interface UdpService {
  readonly address: string
  readonly port: number
  /** Limited: a peer can make it write. */
  readonly complaints: Log
  /** Never throws; a string is the reason not to answer. */
  serve(packet: Buffer, clientAddress: string): Buffer | string
}

export interface UdpListener {
  close(): Promise<void>
}

/** Rejects with the error of bind(2) when the address or port cannot be had. */
export async function bindUdp({ address, port, complaints, serve }: UdpService): Promise<UdpListener> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeListener('error', reject)
      resolve()
    })
  })
  socket.on('error', (error) => complaints.error({ error }, 'udp socket failed'))
  socket.on('message', (packet, peer) => {
    const reply = serve(packet, peer.address)
    if (typeof reply === 'string') return complaints.warn({ peer: peer.address, reason: reply }, 'packet dropped')
    // Nobody can be sent to at port 0, and node throws.
    if (peer.port === 0) return
    socket.send(reply, peer.port, peer.address, (error) => {
      if (error) complaints.warn({ peer: peer.address, error: error.message }, 'reply not sent')
    })
  })
  return { close: () => new Promise((resolve) => socket.close(() => resolve())) }
}
