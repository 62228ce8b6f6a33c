// Asks the programs directly, without sockets: a call's bytes in, a reply's bytes out.
import { createFilehandleCodec } from '../../../appliance/nfs-server-lite/filehandle.ts'
import type { MountEntry } from '../../../appliance/nfs-server-lite/mount3/mounts.ts'
import { MOUNT_PROGRAM } from '../../../appliance/nfs-server-lite/mount3/program.ts'
import { NFS_PROGRAM } from '../../../appliance/nfs-server-lite/nfs3/program.ts'
import {
  type Answer,
  answerCall,
  type Exports,
  type MayRead,
  type Program,
  type Transport,
} from '../../../appliance/nfs-server-lite/program.ts'
import { decodeCall } from '../../../appliance/nfs-server-lite/rpc.ts'
import type { Export } from '../../../appliance/nfs-server-lite/vfs.ts'
import type { Cursor } from '../../../appliance/wire/cursor.ts'
import { exportPath } from '../../../appliance/wire/generation.ts'
import { type Auth, decodeReply, encodeCall, NFS, opaque, ROOT, type RpcReply } from './wire.ts'

export const KEY = Buffer.alloc(32, 7)
export const CLIENT = '10.77.0.21'

export function exportsOf(...sources: readonly Export[]): Exports {
  return {
    byPath: (path) => sources.find((source) => exportPath(source.image, source.generation) === path),
    byGeneration: (generation) => sources.find((source) => source.generation === generation),
    list: () => sources,
  }
}

export interface AskOptions {
  readonly mayRead?: MayRead
  readonly mounts?: readonly MountEntry[]
  readonly programs?: readonly Program[]
  readonly auth?: Auth | 'none'
  readonly transport?: Transport
}

export class Asker {
  readonly filehandles = createFilehandleCodec(KEY)
  readonly #exports: Exports
  readonly #sources: readonly Export[]
  readonly #options: AskOptions

  constructor(sources: readonly Export[], options: AskOptions = {}) {
    this.#sources = sources
    this.#exports = exportsOf(...sources)
    this.#options = options
  }

  answer(message: Buffer): Answer {
    const { mayRead = () => true, mounts = [], programs = [NFS_PROGRAM, MOUNT_PROGRAM], transport = 'tcp' } = this.#options
    const caller = { exports: this.#exports, mayRead, filehandles: this.filehandles, mounts, clientAddress: CLIENT, transport }
    return answerCall(programs, decodeCall(message), caller)
  }

  /** The whole reply without its record mark, which is checked. */
  async reply(message: Buffer): Promise<Buffer> {
    const answer = this.answer(message)
    const bytes = answer.kind === 'reply' ? answer.reply : await this.#withData(answer)
    const mark = bytes.readUInt32BE(0)
    if (mark !== 0x8000_0000 + bytes.length - 4) throw new Error(`record mark ${mark.toString(16)} for ${bytes.length - 4} bytes`)
    return bytes.subarray(4)
  }

  async ask(prog: number, proc: number, args: Buffer = Buffer.alloc(0), vers = 3): Promise<RpcReply> {
    const { auth = ROOT } = this.#options
    return decodeReply(await this.reply(encodeCall({ prog, vers, proc, auth: auth === 'none' ? undefined : auth }, args)))
  }

  /** The result of a call that must succeed in RPC's sense; for NFS it stands at nfsstat3. */
  async result(prog: number, proc: number, args: Buffer = Buffer.alloc(0), vers = 3): Promise<Cursor> {
    const reply = await this.ask(prog, proc, args, vers)
    if (reply.stat !== 'SUCCESS') throw new Error(`call failed: ${reply.stat}`)
    return reply.result
  }

  nfs(proc: number, args: Buffer): Promise<Cursor> {
    return this.result(NFS, proc, args)
  }

  /** The handle of a path, made without asking. */
  handle(path = '/', source: Export | undefined = this.#sources[0]): Buffer {
    if (!source) throw new Error('nothing is exported')
    let file = source.tree.root
    for (const name of path.split('/').filter((part) => part !== '')) {
      const next = source.tree.lookup(file, Buffer.from(name))
      if (next === undefined) throw new Error(`no ${name} in ${path}`)
      file = next
    }
    return this.filehandles.encode(source.generation, file)
  }

  /** `handle` as it stands in arguments. */
  fh(path = '/', source?: Export): Buffer {
    return opaque(this.handle(path, source ?? this.#sources[0]))
  }

  async #withData(answer: Answer & { readonly kind: 'data' }): Promise<Buffer> {
    const { source, position, length } = answer.data
    try {
      const bytes = await source.read(position, length)
      return Buffer.concat([answer.head, bytes, Buffer.alloc((4 - (length % 4)) % 4)])
    } catch {
      return answer.failed()
    }
  }
}
