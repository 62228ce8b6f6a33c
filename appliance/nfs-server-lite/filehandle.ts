// nfs_fh3: version, generation, file id and a MAC over them. A function of these alone, so that
// a handle outlives the server, and another server with the same key takes it.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Generation } from '../wire/generation.ts'

const VERSION = 1
const VERSION_SIZE = 4
const GENERATION_END = VERSION_SIZE + 8
const FILE_END = GENERATION_END + 4
const MAC_SIZE = 16
/** Bytes of every filehandle that we give out. */
export const FILEHANDLE_SIZE = FILE_END + MAC_SIZE
/** NFS3_FHSIZE and FHSIZE3: the most bytes that a filehandle on the wire may have (RFC 1813 section 2.4). */
export const NFS3_FHSIZE = 64

export interface FilehandleContent {
  readonly generation: Generation
  /** File id in the tree of that generation, below 2^32. */
  readonly file: number
}

export interface FilehandleCodec {
  encode(generation: Generation, file: number): Buffer
  /** Undefined when it is none that was made with this key. */
  decode(handle: Uint8Array): FilehandleContent | undefined
}

/** `key`: 16 bytes or more, secret, the same for ever. Throws a RangeError when it is shorter. */
export function createFilehandleCodec(key: Buffer): FilehandleCodec {
  if (key.length < 16) throw new RangeError(`the filehandle key has ${key.length} bytes, 16 or more are needed`)
  const macOf = (content: Uint8Array) => createHmac('sha256', key).update(content).digest().subarray(0, MAC_SIZE)
  return {
    encode(generation, file) {
      const handle = Buffer.alloc(FILEHANDLE_SIZE)
      handle.writeUInt32BE(VERSION, 0)
      handle.write(generation, VERSION_SIZE, 'hex')
      handle.writeUInt32BE(file, GENERATION_END)
      handle.set(macOf(handle.subarray(0, FILE_END)), FILE_END)
      return handle
    },
    decode(bytes) {
      if (bytes.length !== FILEHANDLE_SIZE) return undefined
      const handle = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      if (handle.readUInt32BE(0) !== VERSION) return undefined
      if (!timingSafeEqual(handle.subarray(FILE_END), macOf(handle.subarray(0, FILE_END)))) return undefined
      const generation = handle.toString('hex', VERSION_SIZE, GENERATION_END) as Generation
      return { generation, file: handle.readUInt32BE(GENERATION_END) }
    },
  }
}
