// How a person sends a disk's content to a host where nobody on the wire is to be kept from reading it: nc and dd.

import { stat } from 'node:fs/promises'
import { GUEST_MS } from '../lab/guest/console.ts'
import type { RackNode } from '../lab/node.ts'
import type { Rack } from '../lab/rack.ts'

const PORT = 9000
/** Opened for writing, too, it never ends: at the end of its own input nc says that it is done, and its sender then goes. */
const ENDLESS = '/run/endless'

/** To the last byte on disk. Rejects when not all of it has come. */
export async function sendByHand(rack: Rack, node: RackNode, device: string, image: string): Promise<void> {
  const receive = `[ -p ${ENDLESS} ] || mkfifo ${ENDLESS}; busybox nc -l -p ${PORT} <>${ENDLESS} | dd of=${device} bs=1M iflag=fullblock conv=fsync`
  const receiving = node.ssh(['sh', '-c', receive], { deadlineMs: GUEST_MS })
  const script = `until busybox nc -w 600 ${node.address} ${PORT} <"$1"; do sleep 0.1; done`
  const [received, sent] = await Promise.all([receiving, rack.exec(['sh', '-c', script, 'sh', image])])
  const bytes = Number(/^(\d+) bytes/m.exec(received.stderr)?.[1])
  const { size } = await stat(image)
  if (sent.exitCode === 0 && received.exitCode === 0 && bytes === size) return
  throw new Error(`${image} was not sent to ${node.name}: ${bytes} of ${size} bytes came; ${sent.stderr}${received.stderr}`)
}
