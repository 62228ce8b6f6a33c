// What a person types at a host to give it a guest: Xen's and LVM's own commands, and no more of them than needed.

import { GRUB } from '../../images/agent/guests/xl-config.ts'
import { GUEST_MS } from '../lab/guest/console.ts'
import type { RackNode } from '../lab/node.ts'
import type { Rack } from '../lab/rack.ts'

const PORT = 9000

export async function makeByHand(node: RackNode, name: string): Promise<void> {
  await typed(node, 'lvcreate', '--yes', '--wipesignatures', 'n', '--size', '96M', '--name', name, 'data')
}

/** To the last byte on disk. */
export async function copyByHand(rack: Rack, node: RackNode, name: string, image: string): Promise<void> {
  const receiving = typed(node, 'sh', '-c', `busybox nc -l -p ${PORT} | dd of=/dev/data/${name} bs=1M iflag=fullblock conv=fsync`)
  const script = `until busybox nc -w 600 ${node.address} ${PORT} <"$1"; do sleep 0.1; done`
  const [, { exitCode, stderr }] = await Promise.all([receiving, rack.exec(['sh', '-c', script, 'sh', image])])
  if (exitCode !== 0) throw new Error(`the image was not sent to ${node.name}: ${stderr}`)
}

export async function createByHand(node: RackNode, name: string, mac: string): Promise<void> {
  const config = [
    ...[`name = "${name}"`, 'type = "pvh"', `kernel = "${GRUB}"`, 'memory = 128', 'vcpus = 1'],
    ...[`disk = [ "phy:/dev/data/${name},xvda,w" ]`, `vif = [ "mac=${mac},bridge=xenbr0" ]`],
  ]
  await typed(node, 'sh', '-c', `printf '%s\\n' "$@" >/run/${name}.cfg; xl create /run/${name}.cfg`, 'sh', ...config)
}

export async function destroyByHand(node: RackNode, name: string): Promise<void> {
  await typed(node, 'xl', 'destroy', name)
  // udev may still look at it.
  await typed(node, 'sh', '-c', `udevadm settle; rm /run/${name}.cfg; lvremove --yes data/${name}`)
}

async function typed(node: RackNode, ...argv: readonly string[]): Promise<void> {
  const { exitCode, stderr, stdout } = await node.ssh(argv, { deadlineMs: GUEST_MS })
  if (exitCode !== 0) throw new Error(`${argv[0]} on ${node.name} ended with exit code ${exitCode}: ${stderr}${stdout}`)
}
