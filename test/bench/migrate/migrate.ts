// A guest of the lab that moves live between local disks, beside `xl migrate` of the same guest on a disk that both hosts share: how long it
// stood still by its own clock. And the copy of its disk, beside DRBD's own.

import { decodeEntries } from '../../../manager/automation/journal.ts'
import { writtenIn } from '../../../manager/automations/guests/written.ts'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import { inventory } from '../../../manager/protocol/inventory.ts'
import { answerBody } from '../../../manager/protocol/requests.ts'
import { openStore } from '../../../manager/store/database.ts'
import { type DataPlace, dialectOf } from '../../../manager/store/open.ts'
import { entriesOf } from '../../../manager/store/tables/automations.ts'
import { blocksOn, changedBytes, fullBytes } from '../../lab/guest/blocks.ts'
import { askGuest, GUEST_MS, typeInGuest, waitForGuest } from '../../lab/guest/console.ts'
import { readySmallDisk } from '../../lab/guest/disk.ts'
import { lastMove } from '../../lab/guest/moves.ts'
import type { RackNode } from '../../lab/node.ts'
import type { Operator } from '../../lab/operator.ts'
import { waitShared } from '../../lab/pool.ts'
import { startTarget } from '../../lab/target.ts'
import { sendByHand } from '../image-by-hand.ts'
import { type Metric, mediansOf, metricTable } from '../metric.ts'
import { type BenchOptions, inTurn, type Side } from '../options.ts'
import { percentile } from '../statistics.ts'
import type { Teardown } from '../teardown.ts'
import { createShared, migrateShared, mirrorWhole } from './by-hand.ts'
import { byItsClock, type Moving, tookIn } from './clock.ts'
import { inLab, type Lab, makeGuest, move, type, vmOf } from './lab.ts'

const PEER = 'by hand'
const DISK_MIB = 256
/** A quarter is full with this beside what the image has; random, so that nothing can be pressed. */
const FILL = 'dd if=/dev/urandom of=/dev/xvda bs=1M seek=128 count=48 conv=fsync 2>/run/dd; : >/run/filled'

export const MIGRATE_TITLE = `A guest of the lab that moves live between two hosts, with its local disk of ${DISK_MIB} MiB, while it writes and verifies`
export const MIGRATE_NOTES: readonly string[] = [
  'By hand: xl migrate of the same guest on an iSCSI disk that both hosts share, over a plain connection: nothing of its disk goes over.',
  'The gap is the longest between two ticks of 10 ms of the guest’s own clock, from half a minute before the move until after it.',
  'The disk’s copy: ours from the first block to both having the same, compressed over TLS, while the guest writes; by hand DRBD’s whole resync of an idle',
  'disk of that size with Ganeti’s parameters. Before each run of ours the target has nothing of the disk, of which a quarter is full of what cannot be pressed.',
  'The hold is the time from all of its memory being there until its new host lets it run. Then 8 MiB of its disk are written anew, and it moves back to what',
  'its old host has kept. All blocks are read and compared on both hosts. Its writes: 4 KiB until the disk has them, by its own clock, in steps of 10 ms.',
]

export interface MigrateResult {
  readonly runs: readonly { readonly side: Side; readonly metrics: readonly Metric[] }[]
  readonly table: string
}

export async function runMigrate(
  { runs: count, sides }: BenchOptions,
  teardown: Teardown,
  say: (text: string) => void,
): Promise<MigrateResult> {
  return inLab(teardown, say, async (at) => {
    const [home, away] = [at.bed.node('node1'), at.bed.node('node2')]
    // One to a host: two on one emulated machine stand in each other's way.
    const guests = { ours: { name: 'ours', home, away }, peer: { name: 'byhand', home: away, away: home } }
    if (sides.includes('ours')) await makeOurs(at, guests.ours)
    if (sides.includes('peer')) await makePeers(at, guests.peer)
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
    const summed = sides.map((side) => [side, [...mediansOf(of(side)), ...(count > 1 ? worstOf(of(side)) : [])]] as const)
    return { runs, table: metricTable(PEER, Object.fromEntries(summed)) }
  })
}

const GAP = 'longest gap in its ticks'

/** All of these are better if less. */
function worstOf(runs: readonly (readonly Metric[])[]): readonly Metric[] {
  const [first = []] = runs
  return first.map((metric) => {
    const values = runs.flatMap((metrics) => metrics.filter(({ name }) => name === metric.name).map(({ value }) => value))
    return { ...metric, name: `${metric.name}, the worst of ${runs.length}`, value: Math.max(...values) }
  })
}

async function makeOurs(lab: Lab, { name, home }: Moving): Promise<void> {
  await makeGuest(lab, name, home, DISK_MIB)
  await typeInGuest(home, name, FILL)
  await askGuest(lab.bed.rack.pace, home, name, '[ -e /run/filled ] && rm /run/filled')
}

async function makePeers({ bed, operator }: Lab, { name, home, away }: Moving): Promise<void> {
  const target = await startTarget(bed.rack)
  await type(operator, 'storage', 'connect', 'iscsi', target.portal)
  await waitShared(operator, [home.name, away.name], target)
  for (const node of [home, away]) await nameShared(operator, node, target.bytes)
  await sendByHand(bed.rack, home, SHARED, await readySmallDisk())
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

async function ours(at: Lab, guest: Moving): Promise<readonly Metric[]> {
  const { name, home, away } = guest
  const { pace } = at.bed.rack
  await untilNothingLeft(away)
  const { uuid } = await vmOf(at.operator, name)
  const full = fullBytes(await blocksOn(home, uuid, 'ready'))
  const there = await byItsClock(pace, guest, () => move(at.operator, name, away, '1h'))
  const { moved, copying, held } = await movedOf(at)
  const left = await blocksOn(home, uuid, 'stale')
  await typeInGuest(away, name, FILL_ANEW)
  await askGuest(pace, away, name, '[ -e /run/filled ] && rm /run/filled')
  await move(at.operator, name, home, '0s')
  ;[guest.home, guest.away] = [home, away]
  const changed = changedBytes(left, await blocksOn(home, uuid, 'ready'))
  const back = (await movedOf(at)).moved
  // Mirrors are opened, and swapped in under it, before the first block goes over: that is no time of before.
  const before = tookIn(there, 0, moved.began)
  const during = tookIn(there, moved.began, copying.ended)
  return [
    seconds(GAP, there.gap / 1000),
    seconds(COPY, (copying.ended - copying.began) / 1000),
    ratio('hold, of its pause', held / (moved.pauseMs ?? Number.NaN)),
    ratio('bytes of its disk, by what is not zero and what it wrote', moved.diskBytes / (full + there.written)),
    ratio('bytes of the way back, by what was changed', back.diskBytes / changed),
    ratio('p99 of its writes until its disk is there, by before', percentile(during, 0.99) / percentile(before, 0.99)),
    seconds('its longest write until its disk is there', Math.max(...during) / 1000),
  ]
}

/** 8 MiB of it, that were there before, as others. */
const FILL_ANEW = 'dd if=/dev/urandom of=/dev/xvda bs=1M seek=140 count=8 conv=fsync 2>/run/dd; : >/run/filled'

const COPY = 'its disk’s copy'
const COPYING = /prepare-seed|sync-mirror|verify-mirror/

/** Of the last move, and by its journal: when its disk was copied, and how long its guest was held once all of it was there, ms. */
async function movedOf({ bed, operator }: Lab) {
  const moved = await lastMove(operator)
  const { steps } = await operator.get(`/automations/${moved.automation}`, CONTRACT.automations.show.output)
  const ofCopy = steps.filter(({ what }) => COPYING.test(what))
  const began = Math.min(...ofCopy.map(({ started }) => started))
  const copied = Math.max(...ofCopy.map(({ started, ended = started }) => ended))
  return { moved, copying: { began, ended: copied }, held: await heldMs({ dataDir: bed.dataDir, database: 'sqlite' }, moved.automation) }
}

async function heldMs(place: DataPlace, automation: string): Promise<number> {
  const store = await openStore(dialectOf(place, undefined), { outdated: 'refuse' })
  try {
    const written = writtenIn((await entriesOf(store.db, automation)).flatMap(decodeEntries))
    const answers = written.map(({ answer }) => (answer.kind === 'value' ? answerBody.safeParse(answer.value).data : undefined))
    const went = answers.findLast((body) => body?.kind === 'receive-went')
    return (went?.outcome.kind === 'running' ? went.outcome.heldMs : undefined) ?? Number.NaN
  } finally {
    await store.close()
  }
}

async function byHand(at: Lab, guest: Moving): Promise<readonly Metric[]> {
  const { name, home, away } = guest
  const { gap } = await byItsClock(at.bed.rack.pace, guest, () => migrateShared(home, away, name))
  return [seconds(GAP, gap / 1000), seconds(COPY, await mirrorWhole(home, away, DISK_MIB))]
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

function ratio(name: string, value: number): Metric {
  return { name, unit: 'times', better: 'less', value }
}
