// What guests leave on a host: its domains, device-mapper devices, LVs, DRBD, loop devices, xenstore, vifs. Looked at before and after, the
// two are the same but for the guests that belong there.

import { isDeepStrictEqual } from 'node:util'
import type { RackNode } from '../node.ts'
import type { Pace } from '../patience.ts'

type Worlds = readonly (readonly string[])[]

/**
 * Each line one thing, by what it is; without what changes by itself, as domain ids and free space do, and the records' LV, which is active
 * while somebody reads it.
 */
const LOOK = `
xl list | awk 'NR > 1 {print "domain", $1}'
dmsetup ls 2>/dev/null | awk '$1 != "No" && $1 !~ /-hostless--meta$/ {print "device", $1}'
lvs --noheadings -o vg_name,lv_name,lv_tags 2>/dev/null | awk '{print "lv", $1 "/" $2, $3}'
vgs --noheadings -o vg_name,pv_count 2>/dev/null | awk '{print "vg", $1, $2}'
drbdsetup status 2>/dev/null | awk '/ role:/ {print "drbd", $1}'
losetup --noheadings --list -O NAME,BACK-FILE | awk '{print "loop", $1, $2}'
ls /sys/class/net | awk '/^vif|^tap/ {print "vif", $1}'
for kind in vbd vif; do
  xenstore-list /local/domain/0/backend/$kind 2>/dev/null | awk -v kind=$kind '{print "backend", kind, $1}'
done
ls /run/hostless/guests 2>/dev/null | awk '{print "policy", $1}'
ls /run/hostless/mirrors 2>/dev/null | awk '{print "mirror", $1}'
ls /run/hostless/seeds 2>/dev/null | awk '{print "seed", $1}'
ls /run/hostless/streams 2>/dev/null | awk '{print "stream", $1}'
exit 0`

const DEADLINE_MS = 120_000
const CLEARED_MS = 60_000

/** Sorted. */
export async function worldOf({ name, ssh }: RackNode): Promise<readonly string[]> {
  const { stdout, stderr, exitCode } = await ssh(['sh'], { input: LOOK, deadlineMs: DEADLINE_MS })
  if (exitCode !== 0) throw new Error(`${name} could not be looked at: ${stderr.trim()}`)
  const lines = stdout.split('\n').filter((line) => line !== '')
  if (!lines.includes('domain Domain-0')) throw new Error(`${name}: xl list does not even show dom0: ${stdout}`)
  return lines.sort()
}

/**
 * What a manager clears away after an automation's end takes a moment: gives them once they are as wanted, or what they are after that. `see`:
 * what of each counts.
 */
export async function worldsLike(
  wanted: Worlds,
  nodes: readonly RackNode[],
  pace: Pace,
  see: (world: readonly string[]) => readonly string[] = (world) => world,
): Promise<Worlds> {
  const end = Date.now() + pace.allow(CLEARED_MS)
  for (;;) {
    const worlds = await Promise.all(nodes.map(async (node) => see(await worldOf(node))))
    if (isDeepStrictEqual(worlds, wanted) || Date.now() > end) return worlds
  }
}
