// The boot benchmark: racks of one, two … nodes powered on from us and from dnsmasq + nfs-ganesha, in turns.

import { startRack } from '../lab/rack.ts'
import { bootOurs } from './boot-ours.ts'
import { bootPeer } from './boot-peer.ts'
import { bootTable, type RackBoot } from './boot-table.ts'
import { type BenchOptions, inTurn, type Side } from './options.ts'
import { slowestOf } from './stages.ts'
import type { Teardown } from './teardown.ts'
import type { Workspace } from './workspace.ts'

/** What a reader has to know to judge the ratio. */
export const BOOT_NOTES: readonly string[] = [
  'Same QEMU, Xen, kernel, initramfs, root and command lines; a rack, servers and dom0 of its own for each power-on; all files in the page cache.',
  'Ours loads over HTTP, answers router solicitations and sends iPXE option 175; dnsmasq loads over TFTP, and does neither by default.',
  'Neither knows the hosts beforehand. dnsmasq pings an address before it lends it (its default); ours does not.',
  "dnsmasq logs a DISCOVER after that ping, so the peer's ipxe stage contains it. QEMU's boot ROM is iPXE: there is no stage before it.",
  'A column is the node that was up last; the time of an "up" is when its report came.',
]

export interface BootResult {
  readonly runs: readonly RackBoot[]
  readonly table: string
}

export async function runBoot(
  work: Workspace,
  { runs: count, sides, nodes: counts }: BenchOptions,
  teardown: Teardown,
  say: (text: string) => void,
): Promise<BootResult> {
  // Before the first power-on, so that both find the root's bytes in the page cache.
  if (sides.includes('peer')) await work.root()
  const runs: RackBoot[] = []
  for (let run = 1; run <= count; run += 1) {
    for (const nodes of counts) {
      for (const side of inTurn(sides, run)) {
        const boots = await bootRack(side, nodes, work, teardown)
        runs.push({ side, nodes, boots })
        const { total } = slowestOf(boots)
        say(`  run ${run} of ${count}: ${side}, ${nodes} node${nodes === 1 ? '' : 's'}: ${total.toFixed(1)} s`)
      }
    }
  }
  return { runs, table: bootTable(runs, counts) }
}

/** Emulated servers share the computer's cores, so each one more gives all of them more time. */
async function bootRack(side: Side, nodes: number, work: Workspace, teardown: Teardown): Promise<RackBoot['boots']> {
  const deadlineMs = (300 + 90 * nodes) * 1000
  const rack = await startRack({ nodes })
  const close = teardown.add(() => rack.close())
  try {
    return side === 'ours' ? await bootOurs(rack, work, deadlineMs) : await bootPeer(rack, work, deadlineMs)
  } catch (error) {
    throw new Error(`${side}, ${nodes} node${nodes === 1 ? '' : 's'}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  } finally {
    await close()
  }
}
