// What one host sees of shared storage, from its own report alone.

import { groupBy } from '../group-by.ts'
import type { BlockDevice, BlockFabric, BlockTarget, IscsiSession } from '../protocol/storage.ts'
import { type Devices, readDevices, type StorageSections } from './devices.ts'
import { type SeenDisk, seenDisk } from './disk-identity.ts'
import { isLost } from './path-state.ts'
import { cut, type Reach, reached, type StorageThing } from './thing.ts'

/** How a LUN is come by. */
export type Route = BlockTarget | { readonly kind: 'sas' } | { readonly kind: 'nvme'; readonly subsystem: string | undefined }

export interface Sighting {
  readonly thing: StorageThing
  readonly reach: Reach
  /** WWIDs of the LUNs that it lies on, itself for a LUN; empty for what is not on a LUN. */
  readonly luns: readonly string[]
  /** Of a LUN. */
  readonly routes: readonly Route[]
  /** Of a LUN: what it says of itself, path by path. */
  readonly disks?: readonly SeenDisk[]
}

export function storageOf(inventory: StorageSections): readonly Sighting[] {
  const devices = readDevices(inventory)
  const failure = failuresIn(inventory)
  return [
    ...[...devices.paths].map(([wwid, paths]) => lun(wwid, paths, failure)),
    ...targets(inventory.iscsi.sessions),
    ...exportsOf(inventory),
    ...inventory.vgs.flatMap((vg) => volumeGroup(vg, devices)),
    ...inventory.fileSystems.flatMap((fileSystem) => fileSystems(fileSystem, devices)),
  ]
}

/** Signatures of what is no file system: `LVM2_member`, `linux_raid_member`, … */
export function isFileSystem(type: string): boolean {
  return !/_member$|^(swap|swsuspend|crypto_LUKS|drbd|BitLocker)$/.test(type)
}

function lun(wwid: string, paths: readonly BlockDevice[], failure: (path: BlockDevice) => string | undefined): Sighting {
  const [first] = paths
  const failures = paths.flatMap((path) => failure(path) ?? [])
  const transports = [...new Set(paths.map(wayOf))].sort().join(' and ')
  const [working, all] = [paths.length - failures.length, paths.length]
  const how = `${all} ${all === 1 ? 'path' : 'paths'} by ${transports}${working < all ? `, ${all - working} failed` : ''}`
  return {
    thing: {
      kind: 'lun',
      wwid,
      sizeBytes: Math.max(...paths.map(({ sizeBytes }) => sizeBytes)),
      product: [first?.vendor, first?.model].filter(Boolean).join(' '),
    },
    reach: working > 0 ? reached(how) : cut(`${all === 1 ? 'its path has' : `all ${all} paths have`} failed: ${failures[0] ?? ''}`),
    luns: [wwid],
    routes: paths.flatMap(({ target, transport, fabric }): Route[] => {
      if (target) return [target]
      if (fabric) return [{ kind: 'nvme', subsystem: fabric.subsystem }]
      return transport === 'sas' ? [{ kind: 'sas' }] : []
    }),
    disks: paths.map(seenDisk),
  }
}

/** `fc`, `NVMe/tcp`. */
function wayOf({ transport, fabric }: BlockDevice): string {
  return fabric ? `NVMe/${fabric.transport}` : transport
}

/** Why nothing can be read by a path now. */
function failuresIn({ multipaths, iscsi }: StorageSections): (path: BlockDevice) => string | undefined {
  const given = new Map(multipaths.flatMap(({ paths }) => paths).map((path) => [path.device as string, path]))
  const connected = new Map<string, boolean>()
  for (const session of iscsi.sessions) connected.set(session.target, session.connected || connected.get(session.target) === true)
  return ({ name, target, fabric }) => {
    const path = given.get(name)
    if (fabric && !isLive(fabric)) return `no controller of ${name} is live (${fabric.controllers.map(sayController).join(', ')})`
    if (path && isLost(path)) return `multipath has given up ${name}${path.check ? ` (${path.check})` : ''}`
    const isGone = target?.kind === 'iscsi' && connected.get(target.target) === false
    return isGone ? `the session with ${target.target} is not connected` : undefined
  }
}

/** One whose state is not told may be. */
function isLive({ controllers }: BlockFabric): boolean {
  return controllers.length === 0 || controllers.some(({ state = 'live' }) => state === 'live')
}

function sayController({ name, state, address }: BlockFabric['controllers'][number]): string {
  return [`${name} is ${state}`, address].filter(Boolean).join(' at ')
}

function targets(sessions: readonly IscsiSession[]): readonly Sighting[] {
  return [...groupBy(sessions, ({ target }) => target)].map(([iqn, all]) => {
    const portals = (connected: boolean): string =>
      all
        .filter((each) => each.connected === connected)
        .map(({ portal }) => portal)
        .join(', ')
    const reach = portals(true) ? reached(`logged in at ${portals(true)}`) : cut(`its session with ${portals(false)} is not connected`)
    return { thing: { kind: 'iscsi-target', iqn }, reach, luns: [], routes: [] }
  })
}

/** Without the root that dom0 itself runs from: `hl.root=nfs:2049:/dom0/4f2a…` on the kernel's command line. */
function exportsOf({ nfsMounts, kernel }: StorageSections): readonly Sighting[] {
  const root = /(?:^|\s)hl\.root=nfs:\d+:(\S+)/.exec(kernel.commandLine ?? '')?.[1]
  const mounts = groupBy(
    nfsMounts.filter((mount) => mount.export !== root),
    (mount) => `${mount.server}:${mount.export}`,
  )
  return [...mounts.values()].flatMap((all) => {
    const mount = all.find(({ readOnly }) => !readOnly) ?? all[0]
    if (!mount) return []
    const how = `mounted on ${mount.mountPoint}${mount.version ? ` (NFS ${mount.version})` : ''}${mount.readOnly ? ', read-only' : ''}`
    const { server, export: exported, address } = mount
    const thing = { kind: 'nfs', server, export: exported, ...(address === undefined ? {} : { address }) } as const
    return [{ thing, reach: reached(how), luns: [], routes: [] }]
  })
}

/** None for a VG on disks of the machine's own. */
function volumeGroup(vg: StorageSections['vgs'][number], devices: Devices): readonly Sighting[] {
  const luns = devices.lunsOfVg(vg.uuid)
  if (luns.length === 0) return []
  const { uuid, name, sizeBytes, freeBytes } = vg
  const reach = vg.exported
    ? cut(`VG ${name} is exported: vgimport makes it usable`)
    : vg.missingPvs > 0
      ? cut(`${vg.missingPvs} of the ${vg.pvs} PVs of VG ${name} ${vg.missingPvs === 1 ? 'is' : 'are'} missing`)
      : reached(`VG ${name} on ${luns.length} ${luns.length === 1 ? 'LUN' : 'LUNs'}`)
  return [{ thing: { kind: 'vg', uuid, name, sizeBytes, freeBytes }, reach, luns, routes: [] }]
}

function fileSystems(
  { on, type, uuid, label, mountPoints }: StorageSections['fileSystems'][number],
  devices: Devices,
): readonly Sighting[] {
  const luns = devices.lunsUnder(on)
  if (uuid === undefined || luns.length === 0 || !isFileSystem(type)) return []
  const how = mountPoints.length > 0 ? `on ${on}, mounted on ${mountPoints.join(', ')}` : `on ${on}`
  return [{ thing: { kind: 'file-system', uuid, type, label: label ?? '' }, reach: reached(how), luns, routes: [] }]
}
