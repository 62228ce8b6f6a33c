// Whether an initramfs can boot from a stick: ours can since it carries bin/stick; one that somebody imported may be any Linux's.
import { createReadStream } from 'node:fs'
import { NotUnpacked } from '../secrets-packed.ts'
import { readSmall } from '../store/files.ts'
import { unpackedBy } from '../store/unpack.ts'

const MOST_INITRAMFS = 1 << 30
/** Unpacked. */
const MOST_BYTES = 1 << 30
/** Its name in the archive, with the NUL that ends it there. */
const MARK = Buffer.from('bin/stick\0')
const ZSTD = '28b52ffd'
const CPIO = '3037303730'

/** In a few words why not; undefined when it can. */
export async function cannotBootFromStick(path: string): Promise<string | undefined> {
  const fault = 'its initramfs does not know how to boot from a stick: build the image anew (hostless image build)'
  const head = (await readSmall(path, MOST_INITRAMFS))?.subarray(0, 5).toString('hex') ?? ''
  const packed = createReadStream(path)
  try {
    if (head === CPIO) return (await holds(packed)) ? undefined : fault
    if (!head.startsWith(ZSTD)) return fault
    return (await holds(unpackedBy('zstd', chunks(packed)))) ? undefined : fault
  } catch (error) {
    if (error instanceof NotUnpacked) return `its initramfs cannot be read: ${error.message}`
    throw error
  } finally {
    packed.destroy()
  }
}

async function holds(bytes: AsyncIterable<unknown>): Promise<boolean> {
  let [tail, seen] = [Buffer.alloc(0), 0]
  for await (const chunk of bytes) {
    if (!Buffer.isBuffer(chunk)) continue
    const piece = Buffer.concat([tail, chunk])
    if (piece.includes(MARK)) return true
    tail = Buffer.from(piece.subarray(-MARK.length))
    seen += chunk.length
    if (seen > MOST_BYTES) return false
  }
  return false
}

async function* chunks(stream: AsyncIterable<unknown>): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of stream) if (Buffer.isBuffer(chunk)) yield chunk
}
