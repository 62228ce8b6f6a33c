// A disk of a seed, past the page cache (O_DIRECT): what a guest or DRBD writes goes by other devices over the same blocks, and a page of
// before would be sent, or believed to be there. Memory for it begins at a page: WebAssembly's does.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { MIB } from '../compare.ts'
import type { Disk } from '../ends.ts'

export interface OpenDisk extends Disk {
  close(): Promise<void>
}

type Slot = Buffer<ArrayBuffer>

const PAGE = 64 << 10

/** Of Node's own, which has no types here. */
declare const WebAssembly: { readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer } }

/** `slots`: how many MiBs may be in memory. Rejects where it is no device that can be read past the cache; of a file it goes through it. */
export async function openDisk(path: string, sizeBytes: number, slots: number, how: 'read' | 'write'): Promise<OpenDisk> {
  const access = how === 'read' ? constants.O_RDONLY : constants.O_RDWR
  const isDevice = path.startsWith('/dev/')
  const file = await open(path, isDevice ? access | constants.O_DIRECT : access)
  const { buffer } = new WebAssembly.Memory({ initial: (slots * MIB) / PAGE })
  const free = Array.from({ length: slots }, (_, slot): Slot => Buffer.from(buffer, slot * MIB, MIB))
  const waiting: ((slot: Slot) => void)[] = []
  const lent = async <Value>(use: (slot: Slot) => Promise<Value>): Promise<Value> => {
    const slot = free.pop() ?? (await new Promise<Slot>((resolve) => waiting.push(resolve)))
    try {
      return await use(slot)
    } finally {
      const next = waiting.shift()
      if (next) next(slot)
      else free.push(slot)
    }
  }
  return {
    sizeBytes,
    read: (at, length, use) =>
      lent(async (slot) => {
        for (let done = 0; done < length; ) {
          const { bytesRead } = await file.read(slot, done, length - done, at + done)
          if (bytesRead === 0) throw new Error(`${path} ends at ${at + done}`)
          done += bytesRead
        }
        return use(slot.subarray(0, length))
      }),
    write: (at, bytes) =>
      lent(async (slot) => {
        bytes.copy(slot)
        for (let done = 0; done < bytes.length; ) {
          const { bytesWritten } = await file.write(slot, done, bytes.length - done, at + done)
          if (bytesWritten === 0) throw new Error(`${path} takes no more at ${at + done}`)
          done += bytesWritten
        }
      }),
    flush: () => file.sync(),
    close: () => file.close(),
  }
}
