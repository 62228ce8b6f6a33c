// xz, lzma, zstd and bzip2 by their own programs, which a build of dom0 needs all the same: bounded in memory and time, and ended when
// nobody reads on.
import { Readable } from 'node:stream'
import { execa } from 'execa'
import { NotUnpacked, type PackedFormat } from '../secrets-packed.ts'

const PROGRAMS: { readonly [Format in Exclude<PackedFormat, 'gzip'>]: readonly [string, ...string[]] } = {
  xz: ['xz', '-dcq', '--memlimit-decompress=160MiB'],
  lzma: ['xz', '-dcq', '--format=lzma', '--memlimit-decompress=160MiB'],
  zstd: ['zstd', '-dcq', '--memory=160MB'],
  bzip2: ['bzip2', '-dcq'],
}
/** For one file, ms. */
const MOST_TIME = 60_000

/** Throws NotUnpacked when that shows, behind what there was; or what `packed` throws. */
export async function* unpackedBy(
  format: Exclude<PackedFormat, 'gzip'>,
  packed: AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer, void, void> {
  const [program, ...args] = PROGRAMS[format]
  let failure: unknown
  const child = execa(program, args, { buffer: false, reject: false, timeout: MOST_TIME, stdin: 'pipe', stderr: 'ignore' })
  const reading = Readable.from(packed)
  reading.on('error', (error) => {
    failure = error
    child.kill('SIGKILL')
  })
  // It may have ended, or never begun.
  child.stdin?.on('error', () => undefined)
  if (child.stdin) reading.pipe(child.stdin)
  try {
    for await (const chunk of child.stdout ?? []) if (Buffer.isBuffer(chunk)) yield chunk
    const ended = await child
    if (failure !== undefined) throw failure
    if (ended.code === 'ENOENT') throw new NotUnpacked(`${program} is not installed here`)
    if (ended.timedOut) throw new NotUnpacked(`${program} took more than ${MOST_TIME / 1000} s`)
    if (ended.failed)
      throw new NotUnpacked(`it is damaged, or needs too much memory: ${program} ended with ${ended.exitCode ?? ended.signal}`)
  } finally {
    reading.destroy()
    child.kill('SIGKILL')
    await child
  }
}
