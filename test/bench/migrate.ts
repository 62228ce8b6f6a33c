// A guest of the lab that moves live between local disks, beside `xl migrate` of the same guest on a disk that both hosts share: how long it
// stood still by its own clock. And the copy of its disk, beside DRBD's own.

import { CONTRACT } from '../../manager/contract/contract.ts'
import { inventory } from '../../manager/protocol/inventory.ts'
import { askGuest, GUEST_MS, typeInGuest, waitForGuest, waitTicking } from '../lab/guest/console.ts'
import { readySmallDisk } from '../lab/guest/disk.ts'
import { lastMove, MOVING } from '../lab/guest/moves.ts'
import type { RackNode } from '../lab/node.ts'
import type { Operator } from '../lab/operator.ts'
import { waitConnected } from '../lab/pool.ts'
import { startFrom } from '../lab/snapshot/open.ts'
import { type At, points } from '../lab/snapshot/points.ts'
import { startTarget } from '../lab/target.ts'
import { type Metric, mediansOf, metricTable } from './metric.ts'
import { createShared, migrateShared, mirrorWhole, writeShared } from './migrate-by-hand.ts'
import { type BenchOptions, inTurn, type Side } from './options.ts'
import type { Teardown } from './teardown.ts'

const PEER = 'by hand'
const DISK_MIB = 96

export const MIGRATE_TITLE = `A guest of the lab that moves live between two hosts, with its local disk of ${DISK_MIB} MiB, while it writes and verifies`
export const MIGRATE_NOTES: readonly string[] = [
  'By hand: xl migrate of the same guest on an iSCSI disk that both hosts share, over a plain connection: nothing of its disk goes over.',
  'The gap is the longest between two ticks of 10 ms of the guest’s own clock, from before the move until after it; the worst of all runs stands below.',
  'The disk’s copy: ours from the first block to both having the same, compressed over TLS, while the guest writes; by hand DRBD’s whole resync of an idle',
  'disk of that size with Ganeti’s parameters. Before each run of ours the target has nothing of the disk.',
]

export interface MigrateResult {
  readonly runs: readonly { readonly side: Side; readonly metrics: readonly Metric[] }[]
  readonly table: string
}

/** A guest, and where it is. */
interface Moving {
  readonly name: string
  home: RackNode
  away: RackNode
}

export async function runMigrate(
  { runs: count, sides }: BenchOptions,
  teardown: Teardown,
  say: (text: string) => void,
): Promise<MigrateResult> {
  const image = await readySmallDisk()
  const at = await startFrom(points.twoApproved, say)
  const close = teardown.add(() => at.bed.close())
  try {
    const [home, away] = [at.bed.node('node1'), at.bed.node('node2')]
    const guests = { ours: { name: 'ours', home, away }, peer: { name: 'byhand', home, away } }
    if (sides.includes('ours')) await makeOurs(at, guests.ours, image)
    if (sides.includes('peer')) await makePeers(at, guests.peer, image)
    const runs: { side: Side; metrics: readonly Metric[] }[] = []
    for (let run = 1; run <= count; run += 1) {
      for (const side of inTurn(sides, run)) {
        const metrics = side === 'ours' ? await ours(at, guests.ours) : await byHand(at, guests.peer)
        runs.push({ side, metrics })
        say(
          `  run ${run} of ${count}: ${side}: ${metrics.map(({ name, value, unit }) => `${name} ${value.toFixed(2)} ${unit}`).join(', ')}`,
        )
      }
    }
    const of = (side: Side) => runs.filter((run) => run.side === side).map(({ metrics }) => metrics)
    const summed = sides.map((side) => [side, [...mediansOf(of(side)), worstGap(of(side))]] as const)
    return { runs, table: metricTable(PEER, Object.fromEntries(summed)) }
  } finally {
    await close()
  }
}

const GAP = 'longest gap in its ticks'

function worstGap(runs: readonly (readonly Metric[])[]): Metric {
  const gaps = runs.flatMap((metrics) => metrics.filter(({ name }) => name === GAP).map(({ value }) => value))
  return { name: `${GAP}, the worst of ${runs.length}`, unit: 's', better: 'less', value: Math.max(...gaps) }
}

async function makeOurs({ bed, operator }: At<Operator>, { name, home }: Moving, image: string): Promise<void> {
  await type(operator, 'storage', 'vg', 'create', 'data', '--on', '*', '--disks', 'empty')
  await type(operator, 'vm-image', 'add', image, '--name', 'small')
  const needs = ['--image', 'small', '--memory', '128M', '--vcpus', '1', '--disk', `${DISK_MIB}M@data`, '--nic', 'lan']
  await type(operator, 'vm', 'create', name, ...needs, '--on', home.name)
  await waitForGuest(bed.rack.pace, home, name, /^tick 3\b/m)
}

async function makePeers({ bed, operator }: At<Operator>, { name, home, away }: Moving, image: string): Promise<void> {
  const target = await startTarget(bed.rack)
  await type(operator, 'storage', 'connect', 'iscsi', target.portal)
  await waitConnected(operator, [home.name, away.name], target)
  for (const node of [home, away]) await nameShared(operator, node, target.bytes)
  await writeShared(bed.rack, home, SHARED, image)
  await createShared(home, name, SHARED)
  await waitForGuest(bed.rack.pace, home, name, /^tick 3\b/m)
}

/** The one LUN of the rack’s target, under one name on both hosts. */
const SHARED = '/run/shared'

async function nameShared(operator: Operator, { name, ssh }: RackNode, bytes: number): Promise<void> {
  const { blockDevices } = await operator.get(`/hosts/${name}/inventory`, inventory)
  const lun = blockDevices.find(({ transport, sizeBytes }) => transport === 'iscsi' && sizeBytes === bytes)
  if (!lun) throw new Error(`${name} has no LUN of ${bytes} bytes`)
  await ssh(['ln', '-s', lun.device, SHARED])
}

async function ours(at: At<Operator>, guest: Moving): Promise<readonly Metric[]> {
  const { name, away } = guest
  await untilNothingLeft(away)
  const gap = await gapIn(at, guest, () => type(at.operator, 'migrate', name, '--to', away.name, ...MOVING, '--keep', '0s'))
  const { automation } = await lastMove(at.operator)
  const { steps } = await at.operator.get(`/automations/${automation}`, CONTRACT.automations.show.output)
  const copying = steps.filter(({ what }) => COPYING.test(what))
  const begins = Math.min(...copying.map(({ started }) => started))
  const copied = Math.max(...copying.map(({ started, ended = started }) => ended))
  return [gap, seconds(COPY, (copied - begins) / 1000)]
}

const COPY = 'its disk’s copy'
const COPYING = /prepare-seed|sync-mirror|verify-mirror/

async function byHand(at: At<Operator>, guest: Moving): Promise<readonly Metric[]> {
  const { name, home, away } = guest
  const gap = await gapIn(at, guest, () => migrateShared(home, away, name))
  return [gap, seconds(COPY, await mirrorWhole(home, away, DISK_MIB))]
}

/** Of the guest's own clock, from before what is done with it until after it; it is at the other host then. */
async function gapIn({ bed }: At<Operator>, guest: Moving, act: () => Promise<void>): Promise<Metric> {
  const { rack } = bed
  const { name, home, away } = guest
  const run = Date.now()
  const loop = [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the guest's shell's.
    'p=0; m=0; while [ ! -e /run/end ]; do read u r </proc/uptime; u=${u%.*}${u#*.}',
    '[ $p -gt 0 ] && [ $((u-p)) -gt $m ] && m=$((u-p)); p=$u; usleep 10000; done',
    `rm /run/end; echo gap-$((${run}))-$m-`,
  ]
  await typeInGuest(home, name, `( ${loop.join('; ')} ) &`)
  await askGuest(rack.pace, home, name, 'true')
  await act()
  await waitTicking(rack.pace, away, name)
  await typeInGuest(away, name, ': >/run/end')
  const said = await waitForGuest(rack.pace, away, name, new RegExp(`^gap-${run}-\\d+-`, 'm'))
  const [, hundredths = ''] = new RegExp(`^gap-${run}-(\\d+)-`, 'm').exec(said) ?? []
  ;[guest.home, guest.away] = [away, home]
  return seconds(GAP, Number(hundredths) / 100)
}

/** Of a guest that was here: what it had here is wiped some time after it has gone. */
async function untilNothingLeft({ name, ssh }: RackNode): Promise<void> {
  const script = 'until ! lvs --noheadings -o lv_tags data | grep -q hostless.disk; do sleep 1; done'
  const { exitCode } = await ssh(['timeout', String(GUEST_MS / 1000), 'sh', '-c', script], { deadlineMs: GUEST_MS })
  if (exitCode !== 0) throw new Error(`${name} keeps what was left on it`)
}

function seconds(name: string, value: number): Metric {
  return { name, unit: 's', better: 'less', value }
}

async function type(operator: Operator, ...argv: readonly string[]): Promise<void> {
  const { stdout, stderr, exitCode } = await operator.hostless(...argv)
  if (exitCode !== 0) throw new Error(`hostless ${argv.join(' ')} ended with exit code ${exitCode}: ${stderr}${stdout}`)
}
