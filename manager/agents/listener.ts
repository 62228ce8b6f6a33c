// Where the manager listens.
import type { Server } from 'node:https'

/** Waiting connections: a thousand hosts come back at once. */
const BACKLOG = 4096

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
