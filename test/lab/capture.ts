// What a node sends and receives, as QEMU writes it into a file.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RackNode } from './node.ts'

/** Of libpcap's file, of each record in it, and of virtio's network device, before each frame. */
const [FILE_HEADER, RECORD_HEADER, VIRTIO_HEADER] = [24, 16, 12]

export interface Capture {
  /** What there is by now. */
  frames(): Promise<readonly Buffer[]>
  end(): Promise<void>
}

/** Begins to write down the traffic of the boot NIC. */
export async function captureFrames(node: RackNode, folder: string): Promise<Capture> {
  const file = join(folder, `${node.name}.pcap`)
  await node.monitor(`object_add filter-dump,id=capture,netdev=nic0,file=${file}`)
  return {
    frames: async () => framesIn(await readFile(file)),
    async end() {
      await node.monitor('object_del capture')
    },
  }
}

export const isFrom = (frame: Buffer, mac: string): boolean => frame.toString('hex', 6, 12) === mac.replaceAll(':', '')

/** Ethernet frames of a capture by QEMU. */
function framesIn(capture: Buffer): readonly Buffer[] {
  const frames: Buffer[] = []
  for (let offset = FILE_HEADER; offset + RECORD_HEADER <= capture.length; ) {
    const length = capture.readUInt32LE(offset + 8)
    if (offset + RECORD_HEADER + length > capture.length) break // QEMU is still writing it
    frames.push(capture.subarray(offset + RECORD_HEADER + VIRTIO_HEADER, offset + RECORD_HEADER + length))
    offset += RECORD_HEADER + length
  }
  return frames
}
