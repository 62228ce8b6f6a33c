// An NFSv3 client for loads: calls are encoded once and sent many times, replies are only checked for success and size.
// The same for both servers.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Cursor } from '../../appliance/wire/cursor.ts'
import { decodeReply, encodeCall, join, MOUNT, marked, NFS, opaque, ROOT, readOpaque, u32, u64 } from '../appliance/nfs-server-lite/wire.ts'
import { RecordReader } from './nfs-records.ts'

const PROC = { GETATTR: 1, LOOKUP: 3, READ: 6, READDIRPLUS: 17 } as const
const MNT = 1
const XID_OFFSET = 4
/** xid, REPLY, accepted, an empty verifier, SUCCESS, then nfsstat3. */
const STATUS_OFFSET = 24

/** A call with its record mark; its xid is set when it is sent. */
export type EncodedCall = Buffer

export interface CallReply {
  readonly parts: readonly Buffer[]
  readonly bytes: number
}

export class NfsConnection {
  readonly #socket: Socket
  readonly #waiting = new Map<number, { readonly resolve: (reply: CallReply) => void; readonly reject: (error: Error) => void }>()
  #xid = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    const reader = new RecordReader((parts, bytes) => {
      const xid = wholeHead(parts, 4).readUInt32BE(0)
      const waiting = this.#waiting.get(xid)
      this.#waiting.delete(xid)
      waiting?.resolve({ parts, bytes })
    })
    socket.on('data', (chunk) => reader.push(chunk))
    const fail = (error: Error) => {
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
    }
    socket.on('error', fail).on('close', () => fail(new Error('the server closed the connection')))
  }

  /** `localAddress`: default the one that leads there. */
  static async open(host: string, port: number, localAddress?: string): Promise<NfsConnection> {
    const socket = connect({ host, port, noDelay: true, ...(localAddress === undefined ? {} : { localAddress }) })
    await once(socket, 'connect')
    return new NfsConnection(socket)
  }

  /** Resolves with the whole reply, whatever it says. Rejects when the connection ends. */
  send(call: EncodedCall): Promise<CallReply> {
    this.#xid = (this.#xid + 1) >>> 0
    const xid = this.#xid
    const message = Buffer.from(call)
    message.writeUInt32BE(xid, XID_OFFSET)
    return new Promise((resolve, reject) => {
      this.#waiting.set(xid, { resolve, reject })
      this.#socket.write(message)
    })
  }

  close(): void {
    this.#socket.removeAllListeners('close').on('close', () => undefined)
    this.#socket.destroy()
  }
}

/** The export's root. `port`: of MOUNT. */
export async function mountRoot(host: string, port: number, path: string, localAddress?: string): Promise<Buffer> {
  const connection = await NfsConnection.open(host, port, localAddress)
  const call = marked(encodeCall({ prog: MOUNT, vers: 3, proc: MNT, auth: ROOT }, opaque(path)))
  const result = resultOf(await connection.send(call))
  connection.close()
  const status = result.u32('mountstat3')
  if (status !== 0) throw new Error(`MNT of ${path} is refused: mountstat3 ${status}`)
  return readOpaque(result)
}

export const getattr = (handle: Buffer): EncodedCall => nfs(PROC.GETATTR, opaque(handle))
export const lookup = (directory: Buffer, name: Buffer): EncodedCall => nfs(PROC.LOOKUP, join(opaque(directory), opaque(name)))
export const read = (handle: Buffer, offset: number, count: number): EncodedCall =>
  nfs(PROC.READ, join(opaque(handle), u64(BigInt(offset)), u32(count)))
export const readdirplus = (directory: Buffer, cookie: bigint, verifier: bigint): EncodedCall =>
  nfs(PROC.READDIRPLUS, join(opaque(directory), u64(cookie), u64(verifier), u32(8_192, 65_536)))

/** Throws unless the call succeeded and its reply has at least `least` bytes. */
export function check({ parts, bytes }: CallReply, least: number): void {
  const status = statusOf({ parts, bytes })
  if (status !== 0) throw new Error(`a call failed: ${status === undefined ? 'RPC' : `nfsstat3 ${status}`}`)
  if (bytes < least) throw new Error(`a reply has ${bytes} bytes, not ${least} or more`)
}

/** nfsstat3 (RFC 1813, section 2.6); undefined: RPC itself failed. */
export function statusOf({ parts }: CallReply): number | undefined {
  const head = wholeHead(parts, STATUS_OFFSET + 4)
  return head.readUInt32BE(8) + head.readUInt32BE(20) === 0 ? head.readUInt32BE(STATUS_OFFSET) : undefined
}

/** The result behind the RPC header, for replies that are read. Throws when RPC itself failed. */
export function resultOf({ parts }: CallReply): Cursor {
  const reply = decodeReply(Buffer.concat(parts))
  if (reply.stat !== 'SUCCESS') throw new Error(`a call failed: ${reply.stat}`)
  return reply.result
}

export function nfs(proc: number, args: Buffer): EncodedCall {
  return marked(encodeCall({ prog: NFS, vers: 3, proc, auth: ROOT }, args))
}

function wholeHead(parts: readonly Buffer[], length: number): Buffer {
  const [first] = parts
  return first && first.length >= length ? first : Buffer.concat(parts)
}
