// Ends TCP connections whose TLS handshake is not done in time. Node's own handshakeTimeout begins anew with each byte, so that one byte
// now and then holds a connection for ever.
import type { Server } from 'node:https'
import type { Socket } from 'node:net'

/** `patience`: milliseconds from the connection on. */
export function endUnshaken(server: Pick<Server, 'on'>, patience: number): void {
  const deadlines = new Map<string, NodeJS.Timeout>()
  server.on('connection', (socket: Socket) => {
    const key = peerOf(socket)
    const deadline = setTimeout(() => socket.destroy(), patience)
    deadlines.set(key, deadline)
    socket.once('close', () => {
      clearTimeout(deadline)
      if (deadlines.get(key) === deadline) deadlines.delete(key)
    })
  })
  server.on('secureConnection', (socket) => clearTimeout(deadlines.get(peerOf(socket))))
}

/** TLS has a socket of its own over the same pair of addresses. */
function peerOf({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress} ${remotePort}`
}
