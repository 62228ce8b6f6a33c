// Files that are packed, by their first bytes; gzip is unpacked here, other formats by programs (store/unpack.ts).
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

export type PackedFormat = 'gzip' | 'xz' | 'zstd' | 'bzip2' | 'lzma'

/** What is in it was not seen, or not all of it. */
export class NotUnpacked extends Error {}

export function formatOf(first: Buffer): PackedFormat | undefined {
  const hex = first.toString('hex', 0, 6)
  if (hex.startsWith('1f8b08')) return 'gzip'
  if (hex === 'fd377a585a00') return 'xz'
  if (hex.startsWith('28b52ffd')) return 'zstd'
  if (/^425a683[1-9]3141/.test(hex)) return 'bzip2'
  // Its dictionary's size, then its own, which may be unknown.
  return /^5d0000.{4}(f{16}|.{10}0{6})/.test(first.toString('hex', 0, 13)) ? 'lzma' : undefined
}

/** What came before it shows damaged is given. */
export async function* gunzipped(packed: AsyncGenerator<Buffer>): AsyncGenerator<Buffer, void, void> {
  const gunzip = createGunzip({ chunkSize: 256 << 10 })
  const reading = Readable.from(packed)
  reading.on('error', (error) => gunzip.destroy(error))
  reading.pipe(gunzip)
  try {
    for await (const chunk of gunzip) if (Buffer.isBuffer(chunk)) yield chunk
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) throw error
    throw new NotUnpacked(`it is damaged: ${error.message}`)
  } finally {
    reading.destroy()
    gunzip.destroy()
  }
}
