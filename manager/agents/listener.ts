// Where the manager listens, and for how long it waits for who connects.
import { createServer, type Server } from 'node:https'

/** Waiting connections: a thousand hosts come back at once. */
const BACKLOG = 4096

/** Between two requests, ms: longer than proxies and clients keep a connection, so that none is cut while a request is on its way. */
const IDLE = 75_000

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
    keepAliveTimeout: IDLE,
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
