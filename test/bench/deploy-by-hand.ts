// What a person types at a host to give it a guest: Xen's and LVM's own commands, and no more of them than needed.

import { GRUB } from '../../images/agent/guests/xl-config.ts'
import { GUEST_MS } from '../lab/guest/console.ts'
import type { RackNode } from '../lab/node.ts'

export async function makeByHand(node: RackNode, name: string): Promise<void> {
  await typed(node, 'lvcreate', '--yes', '--wipesignatures', 'n', '--size', '96M', '--name', name, 'data')
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
