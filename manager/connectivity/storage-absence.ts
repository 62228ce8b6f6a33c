// Why a host does not see a piece of shared storage that others see: the nearest that it came to it, in words.
import type { Inventory, SectionName } from '../protocol/inventory.ts'
import { plainPath } from '../protocol/nfs-export.ts'
import type { BlockTarget } from '../protocol/storage.ts'
import type { Route } from './storage.ts'
import type { StorageThing } from './thing.ts'
import { unread } from './unread.ts'

/** What the hosts that see it know of it. */
interface KnownStorage {
  readonly thing: StorageThing
  /** The LUNs that it lies on, by WWID; itself for a LUN. */
  readonly luns: readonly string[]
  /** How others come by a LUN, each way once. */
  readonly routesTo: (wwid: string) => readonly Route[]
}

/** `reaches`: whether this host reaches a LUN. */
export function whyNotStored(inventory: Inventory, { thing, luns, routesTo }: KnownStorage, reaches: (wwid: string) => boolean): string {
  const whyNotOn = (sections: readonly SectionName[], otherwise: string): string => {
    const missing = luns.find((wwid) => !reaches(wwid))
    if (missing !== undefined) return `it does not reach LUN ${missing}: ${whyNoLun(inventory, routesTo(missing))}`
    return unread(inventory, sections) ?? `it reaches LUN ${luns.join(', ')}, and ${otherwise}`
  }
  switch (thing.kind) {
    case 'lun':
      return whyNoLun(inventory, routesTo(thing.wwid))
    case 'iscsi-target':
      return unread(inventory, ['iscsi']) ?? targetStep(inventory, thing.iqn).reason
    case 'nfs':
      return unread(inventory, ['nfsMounts']) ?? whyNotMounted(inventory, thing)
    case 'vg':
      return whyNotOn(['pvs', 'vgs'], `LVM there does not show VG ${thing.name}: have its PVs scanned anew`)
    case 'file-system':
      return whyNotOn(['fileSystems'], `no ${thing.type} file system of this UUID is seen there: have the LUN scanned anew`)
  }
}

/** One server has several names and addresses: where nothing says that they are one, what is mounted there may still be the same. */
function whyNotMounted({ nfsMounts }: Inventory, thing: Extract<StorageThing, { readonly kind: 'nfs' }>): string {
  const other = nfsMounts.find((mount) => plainPath(mount.export) === plainPath(thing.export))
  const absent = `${thing.server}:${thing.export} is not mounted there`
  return other ? `${absent} by this name; mounted there as ${other.server}:${other.export}, which may be the same` : absent
}

/** How far it got on the way to a LUN; the farther, the more there is in the reason. */
interface Step {
  readonly far: number
  readonly reason: string
}

function whyNoLun(inventory: Inventory, routes: readonly Route[]): string {
  const ways = new Set(routes.map(({ kind }) => kind))
  const gap = unread(inventory, [
    'blockDevices',
    ...(ways.has('iscsi') ? (['iscsi'] as const) : []),
    ...(ways.has('fc') ? (['fcHbas'] as const) : []),
  ])
  if (gap) return gap
  const [first, ...others] = routes.map((route) => stepOn(inventory, route))
  if (!first) return 'no path leads to it'
  return others.reduce((farthest, step) => (step.far > farthest.far ? step : farthest), first).reason
}

function stepOn(inventory: Inventory, route: Route): Step {
  switch (route.kind) {
    case 'sas':
      return { far: 0, reason: 'no SAS path leads to it: is it cabled to this enclosure?' }
    case 'nvme':
      return nvmeStep(inventory, route.subsystem)
    case 'iscsi':
      return iscsiStep(inventory, route)
    case 'fc':
      return fcStep(inventory, route)
  }
}

function nvmeStep({ blockDevices }: Inventory, subsystem: string | undefined): Step {
  if (subsystem === undefined) return { far: 0, reason: 'no NVMe controller there leads to it: is it connected (nvme list-subsys)?' }
  return blockDevices.some(({ fabric }) => fabric?.subsystem === subsystem)
    ? { far: 1, reason: `NVMe subsystem ${subsystem} shows it other namespaces: is this one attached to its controller?` }
    : { far: 0, reason: `it has no namespace of NVMe subsystem ${subsystem}: is it connected (nvme list-subsys), and allowed there?` }
}

function iscsiStep(inventory: Inventory, { target, lun }: Extract<BlockTarget, { readonly kind: 'iscsi' }>): Step {
  const step = targetStep(inventory, target)
  if (step.far < LOGGED_IN) return step
  const initiator = inventory.iscsi.sessions.find((each) => each.target === target)?.initiator ?? inventory.iscsi.initiator
  return { ...step, reason: `${target} shows it no LUN ${lun}: does its access list name ${initiator ?? 'this host'}?` }
}

const LOGGED_IN = 3

function targetStep({ iscsi }: Inventory, target: string): Step {
  const sessions = iscsi.sessions.filter((session) => session.target === target)
  const [first] = sessions
  if (sessions.some(({ connected }) => connected)) return { far: LOGGED_IN, reason: `it is logged in to ${target}` }
  if (first) return { far: 2, reason: `its session with ${target} at ${first.portal} is not connected` }
  if (iscsi.initiator === undefined && iscsi.sessions.length === 0)
    return { far: 0, reason: 'iSCSI is not set up there: it has no initiator name' }
  return { far: 1, reason: `no session with ${target} is logged in` }
}

function fcStep({ fcHbas }: Inventory, { port, lun }: Extract<BlockTarget, { readonly kind: 'fc' }>): Step {
  if (fcHbas.length === 0) return { far: 0, reason: 'it has no Fibre Channel HBA' }
  const linked = fcHbas.filter(({ link }) => link !== 'down')
  if (linked.length === 0)
    return { far: 1, reason: `no HBA link: ${fcHbas.map(({ host }) => host).join(', ')} ${fcHbas.length === 1 ? 'is' : 'are'} down` }
  const zoned = linked.filter(({ targets }) => targets.some((each) => each.port === port && each.connected))
  if (zoned.length === 0) return { far: 2, reason: `its HBAs (${ports(linked)}) see no target port ${wwn(port)}: are they in one zone?` }
  return { far: 3, reason: `target port ${wwn(port)} shows it no LUN ${lun}: is it mapped to ${ports(zoned)}?` }
}

function ports(hbas: Inventory['fcHbas']): string {
  return hbas.map(({ port }) => wwn(port)).join(', ')
}

/** `50:06:01:60:…`, as switches show it. */
function wwn(digits: string): string {
  return digits.replace(/(..)(?!$)/g, '$1:')
}
