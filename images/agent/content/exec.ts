// Block devices that content is written to. Through the page cache, as buffers of Node cannot be aligned for O_DIRECT, and flushed so often
// that dom0's memory does not fill with what is not written yet.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Devices } from './source.ts'

/** Bytes between two flushes. */
const UNFLUSHED = 32 << 20

export const machineDevices: Devices = {
  async open(path) {
    // Without O_CREAT: where there is no such device, no file shall come into being. O_EXCL claims a block device, as a mount does.
    const file = await open(path, constants.O_WRONLY | constants.O_EXCL)
    let unflushed = 0
    return {
      async write(at, bytes) {
        for (let done = 0; done < bytes.length; ) {
          const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done)
          if (bytesWritten === 0) throw new Error(`${path} takes no more bytes at ${at + done}`)
          done += bytesWritten
        }
        unflushed += bytes.length
        if (unflushed < UNFLUSHED) return
        await file.datasync()
        unflushed = 0
      },
      flush: () => file.sync(),
      close: () => file.close(),
    }
  },
}
