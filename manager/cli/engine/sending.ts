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
  readonly name: string
  readonly format: 'raw' | 'qcow2' | undefined
  readonly notes: string
  readonly signal: AbortSignal
  /** `done` of `of` bytes of what is going on. */
  readonly onProgress: (doing: 'sending' | 'importing', done: number, of: number) => void
}

/** Resolves with the id of the image. */
export async function sendImage(api: PoolApi, sending: Sending): Promise<string> {
  const { file: path, name, format, notes } = sending
  const file = await open(path, 'r').catch((error: Error) => {
    throw new CommandFailure(`${path}: ${error.message}`)
  })
  try {
    const before = await file.stat({ bigint: true })
    if (!before.isFile()) throw new CommandFailure(`${path} is no regular file: qemu-img convert makes one of a device`)
    if (before.size === 0n) throw new CommandFailure(`${path} is empty`)
    const asked = { name, sizeBytes: Number(before.size), notes, ...(format === undefined ? {} : { format }) }
    const { id } = await api.vmImageUploads.begin(asked)
    try {
      const sentBytes = await sendPieces(api, id, file, Number(before.size), sending)
      const after = await file.stat({ bigint: true })
      if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) {
        throw new CommandFailure(`${path} was changed while it was read: nothing may write to it meanwhile, not even a guest`)
      }
      await again(() => api.vmImageUploads.finish({ id, sentBytes }))
    } catch (error) {
      await api.vmImageUploads.abandon({ id }).catch(() => {})
      throw error
    }
    return await imported(api, id, sending)
  } finally {
    await file.close()
  }
}

async function sendPieces(api: PoolApi, id: string, file: FileHandle, size: number, { file: path, signal, onProgress }: Sending) {
  const buffer = Buffer.alloc(PIECE_BYTES)
  let sent = 0
  for (let at = 0; at < size; at += PIECE_BYTES) {
    if (signal.aborted) throw new CommandFailure('interrupted: the manager keeps nothing of it')
    const piece = buffer.subarray(0, Math.min(PIECE_BYTES, size - at))
    const { bytesRead } = await file.read(piece, 0, piece.length, at)
    if (bytesRead !== piece.length) throw new CommandFailure(`${path} was changed while it was read: it is shorter now`)
    if (!piece.equals(ZERO.subarray(0, piece.length))) {
      await again(() => api.vmImageUploads.piece({ id, at, octets: piece }))
      sent += piece.length
    }
    onProgress('sending', at + piece.length, size)
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
