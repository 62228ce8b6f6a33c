// The disk images below a folder, and the room there: `stat`, `find`, and `od` for the first bytes. By programs and not by Node's own
// calls: a server that does not answer would hold its threads for ever, a program is ended after its time.

import { type DiskImage, MOST_IMAGES } from '../../../manager/protocol/requests/scan-file-system.ts'
import type { AnswerOf, Refusal } from '../../../manager/protocol/requests.ts'
import { word } from '../../../manager/protocol/values.ts'
import type { Backend } from '../backend.ts'
import { tidy, whole } from '../inventory/accept.ts'
import { formatOf, HEAD_BYTES, isLikely, SMALLEST } from './image-format.ts'
import { refused } from './refusal.ts'
import type { Task } from './task.ts'
import { failureOf, type World } from './world.ts'

const DEEPEST = '6'
/** Files whose first bytes are read: each is a program. */
const MOST_READ = 4096
/** Milliseconds for these, so that a scan ends within SCAN_LIMIT whatever the storage does. */
const READING = 90_000
/** Seconds: a file system may have millions of files. */
const FINDING = 300
const FILES = 'files'

interface Found {
  readonly path: string
  readonly sizeBytes: number
  readonly allocatedBytes: number
}

export async function listImages(
  { backend, clock }: Pick<World, 'backend' | 'clock'>,
  folder: string,
  tell: Task['tell'],
): Promise<AnswerOf<'scan-file-system'> | Refusal> {
  const room = await backend.run(['stat', '--file-system', '--format=%S %b %f', folder])
  const [unit, blocks, free] = room.kind === 'ended' && room.exitCode === 0 ? room.stdout.split(' ').map(whole) : []
  if (unit === undefined || blocks === undefined || free === undefined)
    return refused(
      'unable',
      `it cannot be read: ${(await failureOf({ ...backend, run: async () => room }, ['stat'])) ?? 'stat says no numbers'}`,
    )
  const leftOut: string[] = []
  const images: DiskImage[] = []
  let read = 0
  tell({ phase: 'listing', done: 0, unit: FILES })
  const files = await find(backend, folder, leftOut)
  const began = clock.steady()
  for (const file of files) {
    tell({ phase: 'reading', done: read, total: files.length, unit: FILES })
    if (clock.steady() - began > READING) {
      leftOut.push(`what comes from ${tidy(file.path, 256)} on: after ${READING / 1000} s there is no more time`)
      break
    }
    if (images.length === MOST_IMAGES || read === MOST_READ) {
      leftOut.push(`more than ${images.length} images, or than ${MOST_READ} files that could be some`)
      break
    }
    read += 1
    const head = await headOf(backend, `${folder}/${file.path}`)
    if (head.kind === 'stopped') {
      leftOut.push(`what comes from ${tidy(file.path, 256)} on: it could not be read, ${head.reason}`)
      break
    }
    const format = formatOf(file, head.bytes)
    if (format) images.push({ ...file, format })
  }
  return { kind: 'file-system-scanned', sizeBytes: unit * blocks, freeBytes: unit * free, images, leftOut: leftOut.slice(0, 16) }
}

/** What could be an image, by size and name; on this file system alone, links not followed. */
async function find(backend: Backend, folder: string, leftOut: string[]): Promise<readonly Found[]> {
  const where = ['-xdev', '-maxdepth', DEEPEST, '-type', 'f', '-size', `+${SMALLEST - 1}c`]
  const ran = await backend.run(['find', '-P', folder, ...where, '-printf', '%s %b %P\\0'], { lane: 'long', seconds: FINDING })
  if (ran.kind === 'missing') leftOut.push('all: there is no program find in this dom0')
  if (ran.kind === 'stopped') leftOut.push(`what find had not come to when it was ${ran.reason}`)
  if (ran.kind === 'ended' && ran.exitCode !== 0)
    leftOut.push(`what find could not read: ${tidy(ran.stderr, 256) ?? 'it does not say why'}`)
  const files = parseFound(ran.kind === 'missing' ? '' : ran.stdout)
  const named = files.filter(({ path }) => word(512).safeParse(path).success && !path.includes('\ufffd'))
  if (named.length < files.length) leftOut.push(`${files.length - named.length} files whose names cannot be shown`)
  return named.filter(isLikely).sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** `%s %b %P`, each ended by a NUL: a name may have a line feed in it. What was cut off at the end is none. */
export function parseFound(stdout: string): readonly Found[] {
  return stdout
    .split('\0')
    .slice(0, -1)
    .flatMap((entry) => {
      const [, size, blocks, path] = /^(\d+) (\d+) (.+)$/s.exec(entry) ?? []
      const [sizeBytes, allocated] = [whole(size), whole(blocks)]
      // `%b` counts 512 bytes whatever the file system's own blocks are.
      return sizeBytes === undefined || allocated === undefined || path === undefined
        ? []
        : [{ path, sizeBytes, allocatedBytes: allocated * 512 }]
    })
}

type Head = { readonly kind: 'bytes'; readonly bytes: Uint8Array } | { readonly kind: 'stopped'; readonly reason: string }

/** A file that is not there any more, or cannot be read, has none. */
async function headOf(backend: Backend, path: string): Promise<Head> {
  const ran = await backend.run(['od', '-A', 'n', '-v', '-t', 'x1', '-N', String(HEAD_BYTES), path])
  switch (ran.kind) {
    case 'missing':
      return { kind: 'stopped', reason: 'there is no program od in this dom0' }
    case 'stopped':
      return { kind: 'stopped', reason: ran.reason }
    case 'ended':
      return { kind: 'bytes', bytes: Buffer.from(ran.stdout.replace(/\s+/g, ''), 'hex') }
  }
}
