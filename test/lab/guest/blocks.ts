// The blocks of a guest's disk on a host, read there past its cache: which are zero, and which two hosts do not have in common.
import { readDiskTags } from '../../../manager/protocol/guest-disk.ts'
import type { RackNode } from '../node.ts'

export const BLOCK = 4096

/** A hash of each 4 KiB, or `0`; of an LV that is not active, as one that was left is, it is made so for that. */
const READ = `
lv=$1
was=$(lvs --noheadings -o lv_active "$lv" | tr -d ' ')
[ "$was" = active ] || lvchange -ay -K "$lv" >/dev/null
dd if=/dev/$lv bs=1M iflag=direct status=none | node -e '
const { createHash } = require("node:crypto")
const zero = Buffer.alloc(4096)
let rest = Buffer.alloc(0)
const out = []
process.stdin.on("data", (part) => {
  rest = Buffer.concat([rest, part])
  for (; rest.length >= 4096; rest = rest.subarray(4096)) {
    const block = rest.subarray(0, 4096)
    out.push(block.equals(zero) ? "0" : createHash("sha256").update(block).digest("base64").slice(0, 8))
  }
})
process.stdin.on("end", () => process.stdout.write(out.join(" ")))'
[ "$was" = active ] || lvchange -an "$lv"`

const DEADLINE_MS = 300_000

/** The disk of that guest which is `ready` there, or `stale`. */
export async function blocksOn({ name, ssh }: RackNode, guest: string, state: 'ready' | 'stale'): Promise<readonly string[]> {
  const { stdout: listed } = await ssh(['lvs', '--noheadings', '--separator', '|', '-o', 'vg_name,lv_name,lv_tags'])
  const volume = listed.split('\n').flatMap((line) => {
    const [vg = '', lv = '', tags = ''] = line.trim().split('|')
    const read = readDiskTags(tags.split(','))
    return read?.guest === guest && read.state === state ? [`${vg}/${lv}`] : []
  })
  const [lv] = volume
  if (lv === undefined) throw new Error(`${name} has no ${state} disk of ${guest}: ${listed}`)
  const { stdout, stderr, exitCode } = await ssh(['sh', '-s', lv], { input: READ, deadlineMs: DEADLINE_MS })
  if (exitCode !== 0) throw new Error(`${lv} of ${name} could not be read: ${stderr}`)
  return stdout.split(' ')
}

export function fullBytes(blocks: readonly string[]): number {
  return blocks.filter((block) => block !== '0').length * BLOCK
}

export function changedBytes(before: readonly string[], after: readonly string[]): number {
  return after.filter((block, at) => block !== before[at]).length * BLOCK
}
