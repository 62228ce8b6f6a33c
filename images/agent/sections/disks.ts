// The sections blockDevices, partitions, fileSystems, multipaths and diskHealth: lsblk's rows, and what sysfs, udev's links,
// multipathd and smartctl know of the same devices.
import type { z } from 'zod'
import type { DiskHealth } from '../../../manager/protocol/machine.ts'
import {
  type BlockDevice,
  type BlockFabric,
  blockDevice,
  type FileSystem,
  fileSystem,
  type Multipath,
  type Partition,
  partition,
  type Transport,
} from '../../../manager/protocol/storage.ts'
import type { Backend } from '../backend.ts'
import { acceptAll, type Candidate, tidy } from '../inventory/accept.ts'
import { type DiskLink, diskLinks } from '../inventory/disk-links.ts'
import { type BlockRow, lsblk, rootsOf } from '../inventory/lsblk.ts'
import { multipathdMaps } from '../inventory/multipath.ts'
import { controllersOf, type NvmeController, nvmeSysfs } from '../inventory/nvme-sysfs.ts'
import { adding, type Reading } from '../inventory/reading.ts'
import { smartctl } from '../inventory/smartctl.ts'
import { toldNumber } from '../inventory/told.ts'
import { normalWwid } from '../inventory/wwid.ts'
import { readHiddenDisks } from './hidden-disks.ts'
import { readAll, told } from './section.ts'
import { targetOf } from './targets.ts'

const LSBLK = 'lsblk --json --bytes -O'
/** lsblk's type "disk" covers these too; they stand on other devices or in memory. */
const NO_DISK = /^(loop|ram|zram|dm-|md|drbd|nbd|zd|fd)\d/
/** Sectors of `lsblk`'s start, whatever the disk's own are. */
const START_UNIT = 512
const LINKS = 32
/** Transports of NVMe over a network (nvme-cli: nvme-connect(1)). */
const FABRICS: readonly string[] = ['tcp', 'rdma', 'fc']
const MOST_CONTROLLERS = 64
const DISKS_BENEATH = 256

export async function readBlockDevices(backend: Backend): Promise<Reading<readonly BlockDevice[]>> {
  const { values, problems } = await readAll(backend, lsblk, adding('parts', diskLinks), adding('detail', multipathdMaps))
  const [rows, links, maps] = values
  const controllers = rows.some(({ kname }) => kname.startsWith('nvme')) ? await nvmeSysfs(backend) : new Map()
  const linksOf = new Map<string, DiskLink[]>()
  for (const link of links) linksOf.set(link.device, [...(linksOf.get(link.device) ?? []), link])
  const mapOf = new Map(maps.flatMap(({ name, paths }) => paths.map(({ device }) => [device, name])))
  const candidates = await Promise.all(
    disksIn(rows).map(async (row): Promise<Candidate<z.input<typeof blockDevice>>> => {
      const own = linksOf.get(row.kname) ?? []
      const byPath = namesIn(own, 'by-path')
      const byId = namesIn(own, 'by-id')
      return {
        name: row.kname,
        device: row.path ?? `/dev/${row.kname}`,
        number: row['maj:min'],
        wwid: await wwidOf(backend, row, byId),
        serial: toldNumber(row.serial, 128),
        vendor: tidy(row.vendor, 64),
        model: tidy(row.model, 128),
        revision: tidy(row.rev, 64),
        sizeBytes: row.size ?? -1,
        sectorBytes: row['log-sec'],
        rotational: row.rota,
        readOnly: row.ro ?? false,
        removable: row.rm ?? false,
        transport: transportOf(row),
        byPath: byPath.slice(0, LINKS),
        byId: byId.slice(0, LINKS),
        scsi: row.hctl,
        target: targetOf(byPath),
        fabric: fabricOf(controllersOf(row.kname, controllers)),
        multipath: mapOf.get(row.kname),
      }
    }),
  )
  const { value, reasons } = acceptAll(blockDevice, candidates, ({ name }) => `disk ${name}`)
  return { value, problems: [...problems, ...told(LSBLK, reasons)] }
}

export async function readPartitions(backend: Backend): Promise<Reading<readonly Partition[]>> {
  const { values, problems } = await readAll(backend, lsblk)
  const candidates = values[0].flatMap((row) =>
    row.type !== 'part' || row.pkname === undefined
      ? []
      : [
          {
            name: row.kname,
            disk: row.pkname,
            number: row.partn,
            startBytes: row.start === undefined ? undefined : row.start * START_UNIT,
            sizeBytes: row.size ?? -1,
            type: row.parttype,
            uuid: row.partuuid,
            label: tidy(row.partlabel, 128),
          },
        ],
  )
  const { value, reasons } = acceptAll(partition, candidates, ({ name }) => `partition ${name}`)
  return { value, problems: [...problems, ...told(LSBLK, reasons)] }
}

export async function readFileSystems(backend: Backend): Promise<Reading<readonly FileSystem[]>> {
  const { values, problems } = await readAll(backend, lsblk)
  const roots = rootsOf(values[0])
  const candidates = values[0].flatMap((row) =>
    row.fstype === undefined
      ? []
      : [
          {
            ...(row.parents.length === 0 ? {} : { disks: roots(row.kname).slice(0, DISKS_BENEATH) }),
            on: row.kname,
            type: row.fstype,
            uuid: row.uuid,
            label: tidy(row.label, 256),
            mountPoints: row.mountpoints.filter((path) => path.startsWith('/')),
          },
        ],
  )
  const { value, reasons } = acceptAll(fileSystem, candidates, ({ on }) => `file system on ${on}`)
  return { value, problems: [...problems, ...told(LSBLK, reasons)] }
}

export async function readMultipaths(backend: Backend): Promise<Reading<readonly Multipath[]>> {
  const { values, problems } = await readAll(backend, multipathdMaps, adding('detail', lsblk))
  const [maps, rows] = values
  const rowOf = new Map(rows.map((row) => [row.kname, row]))
  const value = maps.map((map): Multipath => {
    const sizeBytes = map.dm === undefined ? undefined : rowOf.get(map.dm)?.size
    const paths = map.paths.map((path) => {
      const scsi = rowOf.get(path.device)?.hctl
      return scsi === undefined ? path : { ...path, scsi }
    })
    return { ...map, paths, ...(sizeBytes === undefined ? {} : { sizeBytes }) }
  })
  return { value, problems }
}

/** Only disks of the machine's own: the health of a LUN, or of a namespace far away, is the array's to tell; a virtual disk has none. */
export async function readDiskHealth(backend: Backend): Promise<Reading<readonly DiskHealth[]>> {
  const { value: disks, problems } = await readBlockDevices(backend)
  const own = disks.filter(isOwn)
  const readings = await Promise.all(
    own.map(async ({ device, wwid }) => {
      const { value, problems } = await smartctl(device)(backend)
      return { health: value && (wwid === undefined ? value : { ...value, wwid }), problems }
    }),
  )
  const direct = readings.flatMap(({ health }) => health ?? [])
  const behind = await readHiddenDisks(backend)
  // A controller that hands a disk through shows it twice.
  const serials = new Set(direct.map(({ serial }) => serial))
  const hidden = behind.value.filter(({ serial }) => serial === undefined || !serials.has(serial))
  return {
    value: [...direct, ...hidden],
    problems: [...problems, ...readings.flatMap((one) => one.problems), ...behind.problems],
  }
}

function isOwn({ transport, fabric, removable }: BlockDevice): boolean {
  return !removable && !fabric && ['sata', 'sas', 'nvme'].includes(transport)
}

/** Not of `pcie`, nor of `loop`, whose other side is this host itself, nor of Apple's own. */
function fabricOf(controllers: readonly NvmeController[]): Candidate<BlockFabric> | undefined {
  const far = controllers.filter(({ transport }) => FABRICS.includes(transport))
  const [first] = far
  if (!first) return undefined
  const { transport, subsystem } = first
  return { transport, subsystem, controllers: far.slice(0, MOST_CONTROLLERS).map(({ name, address, state }) => ({ name, address, state })) }
}

function disksIn(rows: readonly BlockRow[]): BlockRow[] {
  return rows.filter(({ type, kname }) => type === 'disk' && !NO_DISK.test(kname))
}

function namesIn(links: readonly DiskLink[], folder: DiskLink['folder']): string[] {
  return links
    .filter((link) => link.folder === folder)
    .map(({ name }) => name)
    .sort()
}

/** The kernel's own word first: lsblk's WWN is cut to 64 bits where udev is old, and `scsi-3…` is whole where `wwn-…` is cut as well. */
async function wwidOf(backend: Backend, { kname, wwn }: BlockRow, byId: readonly string[]): Promise<string | undefined> {
  const files = await Promise.all([`/sys/block/${kname}/device/wwid`, `/sys/block/${kname}/wwid`].map((path) => backend.read(path)))
  const links = [
    byId.find((name) => name.startsWith('wwn-')),
    ...byId.map((name) => /^(?:scsi-|nvme-(?=eui\.|uuid\.|nvme\.))(.+)$/.exec(name)?.[1]),
  ]
  for (const text of [...files, ...links, wwn]) {
    const found = normalWwid(text)
    if (found !== undefined) return tidy(found, 256)
  }
  return undefined
}

/** lsblk of util-linux 2.38 has no word for virtio, but its subsystem. */
function transportOf({ tran, subsystems }: BlockRow): Transport {
  switch (tran) {
    case 'sata':
    case 'sas':
    case 'nvme':
    case 'fc':
    case 'iscsi':
    case 'virtio':
    case 'usb':
      return tran
    case 'ata':
      return 'sata'
    case 'fcoe':
      return 'fc'
    default:
      return subsystems?.split(':').includes('virtio') ? 'virtio' : 'other'
  }
}
