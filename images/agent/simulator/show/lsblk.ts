// `lsblk --json --bytes` (util-linux 2.41): a tree in which a device that lies on several is repeated below each.
import { above, type Device, devicesOf } from '../state/devices.ts'
import { signatureOf } from '../state/place.ts'
import { hostOf, SECTOR, type Site } from '../state/site.ts'

export type LsblkColumn = (site: Site, host: string, device: Device, parent: Device | undefined) => unknown

const scsiOf = (site: Site, host: string, { kname }: Device) => hostOf(site, host).ram.scsi.find(({ name }) => name === kname)
const diskOf = (site: Site, host: string, { kname }: Device) => hostOf(site, host).disks.find(({ name }) => name === kname)
const mediumOf = (site: Site, device: Device) => (device.kind === 'disk' && device.place ? site.media.get(device.place.medium) : undefined)
const partOf = (site: Site, device: Device) =>
  device.kind === 'part'
    ? site.media.get(device.place?.medium ?? '')?.partitions.find(({ start }) => start === device.place?.start)
    : undefined

/** Another column is a line here. */
export const LSBLK_COLUMNS: { readonly [column: string]: LsblkColumn } = {
  name: (site, host, device) => (device.kind === 'dm' ? device.path.slice('/dev/mapper/'.length) : nameOf(site, host, device)),
  kname: (_site, _host, { kname }) => kname,
  path: (_site, _host, { path }) => path,
  'maj:min': (_site, _host, { number }) => number,
  type: (site, host, device) => typeOf(site, host, device),
  size: (_site, _host, { sectors }) => sectors * SECTOR,
  'log-sec': () => 512,
  'phy-sec': () => 512,
  start: (site, _host, device) => partOf(site, device)?.start ?? null,
  rota: (_site, _host, { kname }) => kname.startsWith('sd'),
  ro: (site, host, device) => device.kind === 'loop' || diskOf(site, host, device)?.readOnly === true,
  rm: () => false,
  tran: (site, host, device) => scsiOf(site, host, device)?.transport ?? diskOf(site, host, device)?.transport ?? null,
  vendor: (site, host, device) => scsiOf(site, host, device)?.vendor ?? mediumOf(site, device)?.vendor ?? null,
  model: (site, host, device) => scsiOf(site, host, device)?.model ?? mediumOf(site, device)?.model ?? null,
  rev: () => null,
  serial: (site, _host, device) => mediumOf(site, device)?.serial ?? null,
  wwn: (site, _host, device) => {
    const naa = /^naa\.(\w+)$/.exec(site.media.get(device.place?.medium ?? '')?.wwid ?? '')?.[1]
    return naa === undefined || device.kind === 'dm' ? null : `0x${naa}`
  },
  hctl: (site, host, device) => scsiOf(site, host, device)?.hctl ?? diskOf(site, host, device)?.hctl ?? null,
  subsystems: (_site, _host, { kname }) => (kname.startsWith('sd') ? 'block:scsi' : kname.startsWith('nvme') ? 'block:nvme:pci' : 'block'),
  pkname: (_site, _host, _device, parent) => parent?.kname ?? null,
  partn: (site, _host, device) => partOf(site, device)?.number ?? null,
  parttype: (_site, _host, { kind }) => (kind === 'part' ? '0fc63daf-8483-4772-8e79-3d69d8477de4' : null),
  partuuid: (site, _host, device) => partOf(site, device)?.uuid ?? null,
  partlabel: () => null,
  fstype: (site, host, device) => signature(site, host, device).type,
  uuid: (site, host, device) => signature(site, host, device).uuid,
  label: () => null,
  mountpoint: (site, host, device) => pointsOf(site, host, device)[0] ?? null,
  mountpoints: pointsOf,
}

export function showLsblk(site: Site, host: string, columns: readonly (readonly [string, LsblkColumn])[]): string {
  const devices = devicesOf(site, host)
  const row = (device: Device, parent: Device | undefined): object => {
    const children = above(devices, device.kname).map((one) => row(one, device))
    // The tool says null here; left out it reads the same, and costs a pool of thousands half as much.
    const cells = columns.map(([name, cell]) => [name, cell(site, host, device, parent)] as const).filter(([, value]) => value !== null)
    return { ...Object.fromEntries(cells), ...(children.length > 0 ? { children } : {}) }
  }
  const roots = devices.filter(({ below }) => below.length === 0)
  return JSON.stringify({ blockdevices: roots.map((one) => row(one, undefined)) })
}

export function typeOf(site: Site, host: string, { kind, kname }: Device): string {
  if (kind !== 'dm') return kind === 'drbd' ? 'disk' : kind
  const uuid = hostOf(site, host).ram.dm.find(({ minor }) => `dm-${minor}` === kname)?.uuid ?? ''
  return uuid.startsWith('LVM-') ? 'lvm' : uuid.startsWith('mpath-') ? 'mpath' : 'dm'
}

function nameOf(_site: Site, _host: string, { kname }: Device): string {
  return kname
}

function pointsOf(site: Site, host: string, { kname }: Device): readonly string[] {
  return hostOf(site, host)
    .ram.mounts.filter(({ device }) => device === kname)
    .map(({ point }) => point)
}

function signature(site: Site, host: string, device: Device): { readonly type: string | null; readonly uuid: string | null } {
  const isPath = above(devicesOf(site, host), device.kname).some((one) => typeOf(site, host, one) === 'mpath')
  if (isPath) return { type: 'mpath_member', uuid: null }
  const label = signatureOf(site, host, device.kname)
  switch (label?.kind) {
    case 'pv':
      return { type: 'LVM2_member', uuid: label.uuid }
    case 'file-system':
      return { type: label.type, uuid: label.uuid }
    case 'drbd':
    case undefined:
      return { type: null, uuid: null }
  }
}
