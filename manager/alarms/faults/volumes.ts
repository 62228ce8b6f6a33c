// What LVM says is broken or nearly full on a host: VGs that lack PVs, thin pools, and LVs whose health is not good (lvs(8), lvmthin(7),
// lvmraid(7)).

import { groupBy } from '../../group-by.ts'
import type { Lv, Pv, Vg } from '../../protocol/storage.ts'
import { sayNames } from '../../wording.ts'
import { type Condition, keyOfCondition, type ReportingHost } from '../condition.ts'
import { type Fault, few, type Held } from './fault.ts'

export function volumeFaults(host: ReportingHost, held: Held): readonly Condition[] {
  const { id, name, inventory } = host
  const lacking = lackingVgs(inventory)
  const holds = (what: string): boolean => held.has(keyOfCondition({ kind: 'thin-pool-full', about: `${id} ${what}` }))
  return [
    ...few(
      'pv-missing',
      host,
      [...lacking.values()],
      missingFault,
      (vgs) => `PVs of VGs ${vgs} on ${name} are missing: bring their disks back (pvs shows which)`,
    ),
    ...few(
      'thin-pool-full',
      host,
      inventory.lvs,
      (lv, onHost) => poolFault(lv, onHost, holds),
      (pools) => `thin pools ${pools} on ${name} are nearly full: extend them (lvextend), or free space in them`,
    ),
    ...few(
      'lv-degraded',
      host,
      inventory.lvs,
      (lv, onHost) => healthFault(lv, onHost, lacking),
      (lvs) => `LVs ${lvs} on ${name} are degraded: lvs -a -o +lv_health_status shows how`,
    ),
  ]
}

interface LackingVg {
  readonly uuid: string
  readonly name: string
  readonly pvs: number
  readonly missing: number
  /** Of those that are missing, where LVM sees them none the less. */
  readonly back: readonly string[]
  /** LVs that are not whole. */
  readonly partial: readonly string[]
}

/** By UUID. Either section may say so, the other may not have been read. */
function lackingVgs({ vgs, pvs, lvs }: { readonly vgs: readonly Vg[]; readonly pvs: readonly Pv[]; readonly lvs: readonly Lv[] }) {
  const known = new Map(vgs.map((vg) => [vg.uuid as string, vg]))
  const members = groupBy(pvs, ({ vgUuid }) => vgUuid as string | undefined)
  const lacking = new Map<string, LackingVg>()
  for (const uuid of new Set([...known.keys(), ...members.keys()])) {
    if (uuid === undefined) continue
    const vg = known.get(uuid)
    const own = members.get(uuid) ?? []
    const gone = own.filter(({ missing }) => missing)
    const missing = Math.max(vg?.missingPvs ?? 0, gone.length)
    if (missing === 0) continue
    lacking.set(uuid, {
      uuid,
      name: vg?.name ?? own[0]?.vg ?? uuid,
      pvs: Math.max(vg?.pvs ?? 0, own.length),
      missing,
      back: gone.flatMap(({ device }) => device ?? []),
      partial: lvs.filter((lv) => lv.vgUuid === uuid && !isPart(lv) && healthOf(lv) === 'partial').map((lv) => lv.name),
    })
  }
  return lacking
}

function missingFault({ uuid, name, pvs, missing, back, partial }: LackingVg, host: string): Fault {
  const lost = partial.length > 0 ? `; LVs that lie on ${missing === 1 ? 'it' : 'them'}: ${sayNames(partial)}` : ''
  // LVM takes one back by itself only as long as nothing was written to the VG without it.
  const toDo =
    back.length > 0
      ? `${sayNames(back)} ${back.length === 1 ? 'is' : 'are'} back, and LVM still counts ${back.length === 1 ? 'it' : 'them'} as missing: vgextend --restoremissing ${name} ${back.join(' ')}`
      : `Bring the disk back, then vgextend --restoremissing ${name} DEVICE; where it is lost, lvconvert --repair what is mirrored, and vgreduce --removemissing ${name}`
  const text = `${missing} of the ${pvs} PVs of VG ${name} on ${host} ${missing === 1 ? 'is' : 'are'} missing${lost}. ${toDo}`
  return { what: uuid, short: name, text }
}

/** Percent. Thin pools are commonly made larger at 70 or 80 (lvm.conf: thin_pool_autoextend_threshold); guests get errors at 100. */
const FILLING = 80
const FULL = 95
/** Percent that a level is kept below its bound: guests write and discard all the time. */
const TREMOR = 3

type Level = 'well' | 'filling' | 'full'

function poolFault(lv: Lv, host: string, holds: (what: string) => boolean): Fault | undefined {
  if (!isPool(lv)) return undefined
  const what = (level: Level): string => `${lv.uuid} ${level}`
  const isFull = holds(what('full'))
  const isFilling = isFull || holds(what('filling'))
  const levelOf = (percent = 0): Level =>
    percent >= FULL - (isFull ? TREMOR : 0) ? 'full' : percent >= FILLING - (isFilling ? TREMOR : 0) ? 'filling' : 'well'
  // Nothing is told of a pool that is not active, or that LVM could not ask just now: it is as full as it was.
  const isUntold = lv.dataPercent === undefined && lv.metadataPercent === undefined
  const before = isFull ? FULL : isFilling ? FILLING : 0
  const data = healthOf(lv) === 'out_of_data' ? 'full' : levelOf(isUntold ? before : lv.dataPercent)
  const metadata = levelOf(lv.metadataPercent)
  const level = worse(data, metadata)
  if (level === 'well') return undefined
  const name = `${lv.vg}/${lv.name}`
  const tight = [...sayLevel('its data', data), ...sayLevel('its metadata', metadata)]
  const extend = [
    ...(data === 'well' ? [] : [`lvextend -L +SIZE ${name}`]),
    ...(metadata === 'well' ? [] : [`lvextend --poolmetadatasize +SIZE ${name}`]),
  ]
  const toDo =
    level === 'full'
      ? `When it is full, every guest on it stands still or gets errors. Extend it now (${extend.join('; ')}), or free space in it`
      : `Extend it (${extend.join('; ')}), or free space in it`
  return { what: what(level), short: name, text: `thin pool ${name} on ${host}: ${tight.join(', ')}. ${toDo}` }
}

function isPool({ segmentType, attributes }: Lv): boolean {
  return segmentType === 'thin-pool' || segmentType === 'vdo-pool' || /^[td]/.test(attributes)
}

function worse(a: Level, b: Level): Level {
  return a === 'full' || b === 'full' ? 'full' : a === 'filling' || b === 'filling' ? 'filling' : 'well'
}

function sayLevel(what: string, level: Level): readonly string[] {
  switch (level) {
    case 'well':
      return []
    case 'filling':
      return [`${what} nearly fills it (about ${FILLING} % or more)`]
    case 'full':
      return [`${what} fills it (about ${FULL} % or more)`]
  }
}

function healthFault(lv: Lv, host: string, lacking: ReadonlyMap<string, LackingVg>): Fault | undefined {
  if (isPart(lv)) return undefined
  const name = `${lv.vg}/${lv.name}`
  const isMirrored = /^[rRmM]/.test(lv.attributes)
  const wrong = [
    ...sayHealth(healthOf(lv), name, isMirrored, lacking.has(lv.vgUuid)),
    ...(/^....[cC]/.test(lv.attributes) ? [`its metadata needs a check: take it out of use, then lvconvert --repair ${name}`] : []),
    ...(/^[sS]...[IS]/.test(lv.attributes) ? [`this snapshot has overflowed, and what it held is lost: lvremove ${name}`] : []),
  ]
  if (wrong.length === 0) return undefined
  return { what: lv.uuid, short: name, text: `${isMirrored ? 'RAID LV' : 'LV'} ${name} on ${host}: ${wrong.join('; ')}` }
}

function sayHealth(health: string, name: string, isMirrored: boolean, isLacking: boolean): readonly string[] {
  switch (health) {
    // A cache, a thin LV or a pool that is not active cannot be asked. A full pool is an alarm of its own.
    case '':
    case 'unknown':
    case 'out_of_data':
      return []
    case 'partial':
      if (isMirrored) return [`a disk of it is missing, and its copies are fewer: replace the disk, then lvconvert --repair ${name}`]
      return isLacking ? [] : ['a disk of it is missing, and what lay there cannot be read: bring the disk back']
    case 'refresh needed':
      return [
        `a disk of it has failed, or failed for a while: lvchange --refresh ${name}; where that does not help, replace the disk and lvconvert --repair ${name}`,
      ]
    case 'mismatches exist':
      return [`its copies are not the same: see to the disks under it, then lvchange --syncaction repair ${name}`]
    case 'failed':
      return [`it has failed: its disks, or the pool that it lies in, give errors. Stop what uses it, then lvconvert --repair`]
    case 'metadata_read_only':
      return [`its metadata takes no more writes: take it out of use, then lvconvert --repair ${name}`]
    default:
      return [`its health is "${health}"`]
  }
}

/** The ninth of LVM's letters where an agent does not tell the health in words. */
function healthOf({ health, attributes }: Lv): string {
  if (health !== undefined) return health
  switch (attributes[8]) {
    case 'p':
      return 'partial'
    case 'r':
      return 'refresh needed'
    case 'm':
      return 'mismatches exist'
    case 'F':
      return 'failed'
    case 'D':
      return 'out_of_data'
    case 'M':
      return 'metadata_read_only'
    default:
      return ''
  }
}

/** Images, logs and metadata that LVM keeps to itself: the LV above them says the same. */
function isPart({ attributes }: Lv): boolean {
  return /^[iIleTD]/.test(attributes)
}
