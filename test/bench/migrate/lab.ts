// Guests of the lab, on a rack that is the benchmark's alone: made, and moved, by the commands that an operator types.

import { CONTRACT } from '../../../manager/contract/contract.ts'
import { waitForGuest } from '../../lab/guest/console.ts'
import { readySmallDisk } from '../../lab/guest/disk.ts'
import { MOVING } from '../../lab/guest/moves.ts'
import type { RackNode } from '../../lab/node.ts'
import type { Operator } from '../../lab/operator.ts'
import { startFrom } from '../../lab/snapshot/open.ts'
import { type At, points } from '../../lab/snapshot/points.ts'
import type { Teardown } from '../teardown.ts'

export type Lab = At<Operator>

/** Two approved hosts with a VG each, and the small image; `use` is over when the rack is to go. */
export async function inLab<Result>(teardown: Teardown, say: (text: string) => void, use: (lab: Lab) => Promise<Result>): Promise<Result> {
  const image = await readySmallDisk()
  const at = await startFrom(points.twoApproved, say)
  const close = teardown.add(() => at.bed.close())
  try {
    await type(at.operator, 'storage', 'vg', 'create', 'data', '--on', '*', '--disks', 'empty')
    await type(at.operator, 'vm-image', 'add', image, '--name', 'small')
    return await use(at)
  } finally {
    await close()
  }
}

/** Resolves once it writes to its disk. */
export async function makeGuest({ bed, operator }: Lab, name: string, home: RackNode, mebibytes: number): Promise<void> {
  const needs = ['--image', 'small', '--memory', '128M', '--vcpus', '1', '--disk', `${mebibytes}M@data`, '--nic', 'lan']
  await type(operator, 'vm', 'create', name, ...needs, '--on', home.name)
  await waitForGuest(bed.rack.pace, home, name, /^tick 3\b/m)
}

export async function move(operator: Operator, name: string, { name: to }: RackNode, keep: string): Promise<void> {
  await type(operator, 'migrate', name, '--to', to, ...MOVING, '--keep', keep)
}

export async function vmOf(operator: Operator, name: string) {
  const { vms } = await operator.get('/vms', CONTRACT.vms.list.output)
  const found = vms.find((one) => one.name === name)
  if (!found) throw new Error(`there is no guest ${name}`)
  return found
}

export async function type(operator: Operator, ...argv: readonly string[]): Promise<void> {
  const { stdout, stderr, exitCode } = await operator.hostless(...argv)
  if (exitCode !== 0) throw new Error(`hostless ${argv.join(' ')} ended with exit code ${exitCode}: ${stderr}${stdout}`)
}
