// A file of this machine to a manager, piece by piece: what is zero is left out, a piece whose answer was lost is sent again, and a file
// that changes meanwhile is given up.
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { PIECE_BYTES, type VmImageUpload } from '../../contract/vm-images.ts'
import type { PoolApi } from './api/calls.ts'
import { Unreachable } from './api/client.ts'
import { CommandFailure } from './failure.ts'

const TRIES = 5
const AGAIN = 2000
/** At what goes on for long, ms. */
export const LOOK_AGAIN = 500
const ZERO = Buffer.alloc(PIECE_BYTES)

export interface Sending {
  readonly file: string
  /** Of a kernel: what goes with it. */
  readonly initrd?: string | undefined
  readonly name: string
  readonly format: 'raw' | 'qcow2' | 'kernel' | undefined
  readonly notes: string
  readonly signal: AbortSignal
  /** `done` of `of` bytes of what is going on. */
  readonly onProgress: (doing: 'sending' | 'importing', done: number, of: number) => void
}

/** Resolves with the id of the image. */
export async function sendImage(api: PoolApi, sending: Sending): Promise<string> {
  const { file, initrd, name, format, notes } = sending
  const sources: Source[] = []
  try {
    for (const path of [file, ...(initrd === undefined ? [] : [initrd])]) sources.push(await openSource(path, sizeOf(sources)))
    const sizeBytes = sizeOf(sources)
    const kind = format === undefined ? {} : { format, ...(format === 'kernel' ? { kernelBytes: sources[0]?.size ?? 0 } : {}) }
    const { id } = await api.vmImageUploads.begin({ name, sizeBytes, notes, ...kind })
    try {
      let sentBytes = 0
      for (const source of sources) sentBytes += await sendPieces(api, id, source, { ...sending, sizeBytes })
      await again(() => api.vmImageUploads.finish({ id, sentBytes }))
    } catch (error) {
      await api.vmImageUploads.abandon({ id }).catch(() => {})
      throw error
    }
    return await imported(api, id, sending)
  } finally {
    for (const { handle } of sources) await handle.close()
  }
}

interface Source {
  readonly path: string
  readonly handle: FileHandle
  /** Where it begins in what is sent. */
  readonly from: number
  readonly size: number
  readonly changed: bigint
}

function sizeOf(sources: readonly Source[]): number {
  return sources.reduce((sum, { size }) => sum + size, 0)
}

async function openSource(path: string, from: number): Promise<Source> {
  const handle = await open(path, 'r').catch((error: Error) => {
    throw new CommandFailure(`${path}: ${error.message}`)
  })
  try {
    const stat = await handle.stat({ bigint: true })
    const { size, mtimeNs } = stat
    if (!stat.isFile()) throw new CommandFailure(`${path} is no regular file: qemu-img convert makes one of a device`)
    if (size === 0n) throw new CommandFailure(`${path} is empty`)
    return { path, handle, from, size: Number(size), changed: mtimeNs }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function sendPieces(
  api: PoolApi,
  id: string,
  { path, handle, from, size, changed }: Source,
  { signal, onProgress, sizeBytes }: Sending & { readonly sizeBytes: number },
) {
  const buffer = Buffer.alloc(PIECE_BYTES)
  let sent = 0
  for (let at = 0; at < size; at += PIECE_BYTES) {
    if (signal.aborted) throw new CommandFailure('interrupted: the manager keeps nothing of it')
    const piece = buffer.subarray(0, Math.min(PIECE_BYTES, size - at))
    const { bytesRead } = await handle.read(piece, 0, piece.length, at)
    if (bytesRead !== piece.length) throw new CommandFailure(`${path} was changed while it was read: it is shorter now`)
    if (!piece.equals(ZERO.subarray(0, piece.length))) {
      await again(() => api.vmImageUploads.piece({ id, at: from + at, octets: piece }))
      sent += piece.length
    }
    onProgress('sending', from + at + piece.length, sizeBytes)
  }
  const after = await handle.stat({ bigint: true })
  if (after.size !== BigInt(size) || after.mtimeNs !== changed) {
    throw new CommandFailure(`${path} was changed while it was read: nothing may write to it meanwhile, not even a guest`)
  }
  return sent
}

async function imported(api: PoolApi, id: string, { name, signal, onProgress }: Sending): Promise<string> {
  for (;;) {
    const { state, doneBytes, sizeBytes, image, reason }: VmImageUpload = await again(() => api.vmImageUploads.show({ id }))
    if (state === 'done' && image !== undefined) return image
    if (state === 'failed') throw new CommandFailure(`${name} was not added: ${reason ?? 'the manager gives no reason'}`)
    if (signal.aborted)
      throw new CommandFailure(`interrupted: the manager goes on making ${name} of what was sent (hostless vm-image list)`)
    onProgress('importing', doneBytes, sizeBytes)
    await pause(LOOK_AGAIN)
  }
}

export async function pause(milliseconds: number): Promise<void> {
  await delay(milliseconds)
}

/** Each of these may be asked twice. */
async function again<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Unreachable) || tries >= TRIES) throw error
      await delay(AGAIN)
    }
  }
}
