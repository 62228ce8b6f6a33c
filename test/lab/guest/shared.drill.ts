// A guest whose disk lies on a LUN that both hosts see, moved there and back while it writes and verifies: nothing of its disk goes over, one
// host writes at a time, and the other has nothing of it open. Takes ten minutes, and is no part of `npm run test:lab`.

import test from 'ava'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import type { Operator } from '../operator.ts'
import { waitShared } from '../pool.ts'
import { startFrom } from '../snapshot/open.ts'
import { type At, points } from '../snapshot/points.ts'
import { startTarget } from '../target.ts'
import { guestConsole, ticksIn, waitForGuest, waitTicking } from './console.ts'
import { readySmallDisk } from './disk.ts'
import { worldOf, worldsLike } from './leftovers.ts'
import { lastMove, MOVING } from './moves.ts'

const TEST_MS = 3_600_000
const GUEST = 'web1'

let at: At<Operator>
/** Of both hosts, with the VG, before there was a guest. */
let empty: readonly (readonly string[])[]

test.before(async () => {
  const disk = await readySmallDisk()
  at = await startFrom(points.twoApproved)
  await type('vm-image', 'add', disk, '--name', 'small')
})

test.after.always(() => at?.bed.close())

const nodes = () => at.bed.rack.nodes

async function type(...argv: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await at.operator.hostless(...argv)
  if (exitCode !== 0) throw new Error(`hostless ${argv.join(' ')} ended with exit code ${exitCode}: ${stderr}${stdout}`)
  return `${stderr}${stdout}`
}

test.serial('a LUN that both hosts see becomes a VG of both, made on one of them', async (t) => {
  t.timeout(TEST_MS)
  const target = await startTarget(at.bed.rack)
  await type('storage', 'connect', 'iscsi', target.portal)
  const names = nodes().map(({ name }) => name)
  const { rows } = await waitShared(at.operator, names, target)
  const [, wwid = ''] = /^lun:(.+)$/.exec(rows.find(({ kind, sizeBytes }) => kind === 'lun' && sizeBytes === target.bytes)?.key ?? '') ?? []
  await type('storage', 'vg', 'create', 'san', '--on', 'node1', '--disks', wwid)
  const list = CONTRACT.storage.vgs.output
  await at.operator.until('the VG on both hosts', '/storage/vgs', list, (answer) => JSON.stringify(answer).includes('node2'), TEST_MS)
  empty = await Promise.all(nodes().map(worldOf))
  for (const world of empty) t.true(world.includes('vg san 1'), world.join('\n'))
})

for (const [to, away] of [
  ['node2', 'node1'],
  ['node1', 'node2'],
] as const)
  test.serial(`a guest with its disk there moves to ${to} while it writes and verifies: nothing of its disk is sent`, async (t) => {
    t.timeout(TEST_MS)
    const { pace } = at.bed.rack
    const from = at.bed.node(away)
    if (to === 'node2') {
      const guest = ['--image', 'small', '--memory', '128M', '--disk', '96M@san', '--nic', 'lan', '--on', away]
      await type('vm', 'create', GUEST, ...guest)
      await waitForGuest(pace, from, GUEST, /^tick 3\b/m)
    }
    const ticks = ticksIn(await guestConsole(from, GUEST))
    t.regex(await type('migrate', GUEST, '--to', to, '--plan'), /stays on LUN/)
    t.log((await type('migrate', GUEST, '--to', to, ...MOVING)).trim())
    t.is((await lastMove(at.operator)).diskBytes, 0)
    await waitTicking(pace, at.bed.node(to), GUEST)
    t.true(ticksIn(await guestConsole(at.bed.node(to), GUEST)) > ticks)
    const wanted = empty.slice(0, 1).map(withoutVolumes)
    t.deepEqual(await worldsLike(wanted, [from], pace, withoutVolumes), wanted, 'what it is left with')
    t.is((await from.ssh(['sh', '-c', 'lvs --noheadings -o lv_active,lv_name san | grep -c "^ *active.*disk-"'])).stdout.trim(), '0')
  })

/** LVs of a VG on a LUN are seen by both. */
function withoutVolumes(world: readonly string[]): readonly string[] {
  return world.filter((line) => !line.startsWith('lv san/'))
}

test.serial('destroyed, it leaves nothing on the LUN', async (t) => {
  t.timeout(TEST_MS)
  await type('vm', 'destroy', GUEST, '--yes')
  t.deepEqual(await worldsLike(empty, nodes(), at.bed.rack.pace), empty)
})
