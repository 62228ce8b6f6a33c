// A live server on loopback, and a client that speaks RPC over TCP to it.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { isHalfRecord, NO_RECORD, stepRecords } from '../../../appliance/nfs-server-lite/record.ts'
import { type MountObservation, type NfsServerOptions, startNfsServer } from '../../../appliance/nfs-server-lite/server.ts'
import type { Export } from '../../../appliance/nfs-server-lite/vfs.ts'
import type { Log } from '../../../appliance/wire/log.ts'
import { exportsOf, KEY } from './caller.ts'
import { decodeReply, encodeCall, marked, NFS, ROOT, type RpcReply } from './wire.ts'

export interface Line {
  readonly level: keyof Log
  readonly message: string
  readonly fields: object
}

export function collectingLog(lines: Line[]): Log {
  const at = (level: keyof Log) => (fields: object, message: string) => void lines.push({ level, message, fields })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

export async function startServer(sources: readonly Export[], more: Partial<NfsServerOptions> = {}) {
  const lines: Line[] = []
  const observed: MountObservation[] = []
  const server = await startNfsServer({
    address: '127.0.0.1',
    port: 0,
    portmap: undefined,
    exports: () => exportsOf(...sources),
    mayRead: () => true,
    handleKey: KEY,
    log: collectingLog(lines),
    onMount: (observation) => observed.push(observation),
    now: Date.now,
    ...more,
  })
  return { ...server, lines, observed }
}

const DEADLINE_MS = 60_000

/** Waits until it holds, looking after every turn of the event loop; rejects after a minute. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export class Client {
  readonly socket: Socket
  /** In the order in which they came. */
  readonly replies: RpcReply[] = []
  readonly errors: Error[] = []
  #state = NO_RECORD

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', (error) => this.errors.push(error))
    socket.on('data', (chunk) => {
      const { state, records } = stepRecords(this.#state, chunk, { recordBytes: 2 ** 21, fragments: 1 })
      this.#state = state
      for (const record of records) this.replies.push(decodeReply(record))
    })
  }

  static async to(port: number): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1' })
    await once(socket, 'connect')
    return new Client(socket)
  }

  get half(): boolean {
    return isHalfRecord(this.#state)
  }

  get closed(): boolean {
    return this.socket.closed
  }

  send(proc: number, args: Buffer, xid: number): void {
    this.socket.write(marked(encodeCall({ xid, prog: NFS, vers: 3, proc, auth: ROOT }, args)))
  }

  async reply(xid: number): Promise<RpcReply> {
    await until(`a reply to ${xid}`, () => this.replies.some((reply) => reply.xid === xid) || this.closed)
    const found = this.replies.find((reply) => reply.xid === xid)
    if (!found) throw new Error(`connection closed before the reply to ${xid}`)
    return found
  }

  async call(proc: number, args: Buffer, xid = 1, prog = NFS, vers = 3): Promise<RpcReply> {
    this.socket.write(marked(encodeCall({ xid, prog, vers, proc, auth: ROOT }, args)))
    return this.reply(xid)
  }

  close(): void {
    this.socket.destroy()
  }
}
