// The images of disks that are being made on this host: of each one transfer at a time, however many disks it goes to. The manager may
// go away and come back; each block is checked before a disk gets it. The world is handed in.
import { listPath, MAX_LIST_BYTES } from '../../../manager/protocol/disk-image.ts'
import type { Task } from '../requests/task.ts'
import { type Blocks, readBlocks } from './block-list.ts'
import { type Device, type Devices, type ImagesWorld, SourceGone } from './source.ts'
import { Transfer } from './transfer.ts'
import { type Patience, patient, pause } from './waiting.ts'

export interface Images {
  /** Its list is there and right. Whoever has opened it closes it. */
  open(id: string, signal: AbortSignal): Promise<OpenedImage | ImageRefused>
}

export interface OpenedImage {
  readonly kind: 'image'
  readonly sizeBytes: number
  /** Of the blocks that are not zero. */
  readonly contentBytes: number
  /** All blocks are on the device when it resolves with undefined; otherwise why not. What is not in a block is left as it is. */
  pour(path: string, watched: Pick<Task, 'signal' | 'tell'>): Promise<string | undefined>
  close(): void
}

export interface ImageRefused {
  readonly kind: 'refused'
  readonly reason: string
}

/** Milliseconds without a byte of the manager. */
const PATIENCE = 5 * 60_000

export function openImages(world: ImagesWorld): Images {
  const transfers = new Map<string, { readonly transfer: Transfer; users: number }>()
  const hold = (id: string, blocks: Blocks): Transfer => {
    // Whoever has fetched the same list meanwhile may have been faster.
    const held = transfers.get(id) ?? { transfer: new Transfer(world, id, blocks, PATIENCE), users: 0 }
    held.users += 1
    transfers.set(id, held)
    return held.transfer
  }
  const release = (id: string): void => {
    const held = transfers.get(id)
    if (!held) return
    held.users -= 1
    if (held.users === 0) transfers.delete(id)
  }
  const opened = (id: string, blocks: Blocks): OpenedImage => {
    const transfer = hold(id, blocks)
    let isOpen = true
    return {
      kind: 'image',
      sizeBytes: blocks.sizeBytes,
      contentBytes: Array.from({ length: blocks.count }, (_, index) => blocks.length(index)).reduce((sum, bytes) => sum + bytes, 0),
      pour: (path, watched) => pourInto(world.devices, path, (device) => transfer.give(device, watched)),
      close: () => {
        if (isOpen) release(id)
        isOpen = false
      },
    }
  }
  return {
    async open(id, signal) {
      const known = transfers.get(id)
      if (known) return opened(id, known.transfer.blocks)
      const bytes = await listOf(world, id, patient(world.clock, PATIENCE), signal)
      if (!(bytes instanceof Uint8Array)) return bytes
      const read = readBlocks(id, bytes)
      if (read.kind === 'wrong') return refused(`the manager's list of the image ${id} is another one: ${read.reason}`)
      return opened(id, read.blocks)
    },
  }
}

async function listOf(
  { source, clock }: ImagesWorld,
  id: string,
  patience: Patience,
  signal: AbortSignal,
): Promise<Uint8Array | ImageRefused> {
  for (;;) {
    if (signal.aborted) return refused('it was stopped before its image was there')
    try {
      return await source.fetch(listPath(id), MAX_LIST_BYTES)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (error instanceof SourceGone) return refused(`the manager has no image ${id}: ${reason}`)
      const wait = patience.failed()
      if (wait === undefined) return refused(`the manager does not give the image ${id}: ${reason}`)
      await pause(clock, wait, signal)
    }
  }
}

async function pourInto(
  devices: Devices,
  path: string,
  give: (device: Device) => Promise<string | undefined>,
): Promise<string | undefined> {
  let device: Device
  try {
    device = await devices.open(path)
  } catch (error) {
    return `${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`
  }
  try {
    const failure = await give(device)
    if (failure === undefined) await device.flush()
    return failure
  } catch (error) {
    return `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`
  } finally {
    await device.close().catch(() => undefined)
  }
}

function refused(reason: string): ImageRefused {
  return { kind: 'refused', reason }
}
