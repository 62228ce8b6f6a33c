// Where the manager listens, and for how long it waits for who connects.
import { createServer, type Server } from 'node:https'

/** Waiting connections: a thousand hosts come back at once. */
const BACKLOG = 4096

/** `patience`: milliseconds for a handshake, and then for the headers of a request. */
export function createListener(own: { readonly key: string; readonly certificate: string }, authority: string, patience: number): Server {
  return createServer({
    key: own.key,
    cert: own.certificate,
    ca: authority,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    // From the connection on, whatever comes in the meantime.
    handshakeTimeout: patience,
    headersTimeout: patience,
    requestTimeout: 2 * patience,
    connectionsCheckingInterval: patience / 4,
    maxHeaderSize: 16 << 10,
  })
}

/** `onError`: of a listener that listens. Rejects when the address cannot be listened on. */
export function listenOn(
  server: Server,
  { address, port }: { readonly address: string; readonly port: number },
  onError: (error: Error) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => reject(new Error(`the manager cannot listen on ${address}:${port} (manager.listen)`, { cause }))
    server.once('error', fail)
    server.listen(port, address, BACKLOG, () => {
      server.off('error', fail)
      server.on('error', onError)
      resolve()
    })
  })
}
