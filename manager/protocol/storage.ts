// The sections of an inventory about storage, by identities that are the same on every host that sees a thing.

import { z } from 'zod'
import { diskHealth } from './machine.ts'
import { section } from './section.ts'
import { bytes, count, iscsiName, list, name, path, record, text, word, wwid, wwn } from './values.ts'

export const TRANSPORTS = ['sata', 'sas', 'nvme', 'fc', 'iscsi', 'virtio', 'usb', 'other'] as const

/** How this path reaches its LUN; missing for disks of the machine's own. */
const target = z.discriminatedUnion('kind', [
  record({ kind: z.literal('iscsi'), target: iscsiName, portal: word(128).exactOptional(), lun: count }),
  record({ kind: z.literal('fc'), port: wwn, lun: count }),
])

/** An NVMe namespace on the other side of a network; missing for those in the machine. */
const fabric = record({
  /** The kernel's word: `tcp`, `rdma`, `fc`. */
  transport: word(32),
  /** NQN of the subsystem (NVM Express Base 2.0, 4.5). */
  subsystem: word(256).exactOptional(),
  controllers: list(record({ name, address: word(256).exactOptional(), state: word(32).exactOptional() }), 64),
})

/** A disk, or one path to a LUN: no partition, dm, loop, RAM or DRBD device. */
export const blockDevice = record({
  /** The kernel's: `sda`, `nvme0n1`. It may be another after the next boot. */
  name,
  device: path,
  /** `253:0`. */
  number: word(16).exactOptional(),
  wwid: wwid.exactOptional(),
  serial: word(128).exactOptional(),
  vendor: word(64).exactOptional(),
  model: word(128).exactOptional(),
  revision: word(64).exactOptional(),
  sizeBytes: bytes,
  sectorBytes: bytes.exactOptional(),
  rotational: z.boolean().exactOptional(),
  readOnly: z.boolean(),
  removable: z.boolean(),
  transport: z.enum(TRANSPORTS),
  /** Below /dev/disk/by-path and /dev/disk/by-id. */
  byPath: list(word(256), 32),
  byId: list(word(256), 32),
  /** SCSI host, channel, id, LUN: `7:0:0:1`. */
  scsi: word(64).exactOptional(),
  target: target.exactOptional(),
  fabric: fabric.exactOptional(),
  /** The multipath map that this is a path of. */
  multipath: name.exactOptional(),
})

export const multipath = record({
  name,
  wwid,
  /** `dm-3`. */
  dm: name.exactOptional(),
  sizeBytes: bytes.exactOptional(),
  vendor: word(64).exactOptional(),
  product: word(64).exactOptional(),
  /** True: with no path left, writes wait instead of failing. */
  queuesWithoutPath: z.boolean().exactOptional(),
  paths: list(
    record({
      /** Name of the block device. */
      device: name,
      scsi: word(64).exactOptional(),
      state: z.enum(['active', 'failed', 'unknown']),
      /** The checker's word: `ready`, `ghost`, `faulty`. */
      check: word(32).exactOptional(),
      /** Paths of one group are used together; 1 is the preferred one. */
      group: count,
      priority: z.int().exactOptional(),
    }),
    256,
  ),
})

export const partition = record({
  name,
  /** Name of the block device that it is a part of. */
  disk: name,
  number: count.exactOptional(),
  startBytes: bytes.exactOptional(),
  sizeBytes: bytes,
  /** GPT's type UUID or MBR's `0x8e`. */
  type: word(64).exactOptional(),
  uuid: word(64).exactOptional(),
  label: text(128).exactOptional(),
})

/** Whatever carries a signature that blkid knows: file systems, swap, `LVM2_member`, `crypto_LUKS`. */
export const fileSystem = record({
  /** Name of the device that it is on. */
  on: name,
  type: word(64),
  /** Not always a UUID: vfat's is `78DF-2E1A`. */
  uuid: word(64).exactOptional(),
  label: text(256).exactOptional(),
  mountPoints: list(path, 64),
  /** Names of the disks beneath, through all that stands between: partitions, maps, md, LUKS, LVs. Missing on a disk itself. */
  disks: list(name, 256).exactOptional(),
})

const tags = list(word(256), 256)
/** LVM's own form, 6-4-4-4-4-4-6 letters and digits. */
const lvmUuid = z
  .string()
  .regex(/^[0-9A-Za-z]{6}(-[0-9A-Za-z]{4}){5}-[0-9A-Za-z]{6}$/, 'is no LVM UUID')
  .brand<'LvmUuid'>()

export const pv = record({
  uuid: lvmUuid,
  /** Missing while the PV itself is. */
  device: path.exactOptional(),
  vg: name.exactOptional(),
  vgUuid: lvmUuid.exactOptional(),
  sizeBytes: bytes,
  freeBytes: bytes,
  missing: z.boolean(),
  tags,
})

export const vg = record({
  uuid: lvmUuid,
  name,
  sizeBytes: bytes,
  freeBytes: bytes,
  extentBytes: bytes,
  pvs: count,
  missingPvs: count,
  exported: z.boolean(),
  /** `clustered` or `sanlock`, `dlm`; missing for a local VG. */
  lock: word(32).exactOptional(),
  systemId: word(128).exactOptional(),
  tags,
})

export const lv = record({
  uuid: lvmUuid,
  name,
  vg: name,
  vgUuid: lvmUuid,
  sizeBytes: bytes,
  path: path.exactOptional(),
  active: z.boolean(),
  /** LVM's ten letters: `-wi-ao----`. */
  attributes: word(16),
  /** `linear`, `thin`, `thin-pool`, `mirror`, …; of an LV of several kinds of segments `linear+striped`. */
  segmentType: word(64).exactOptional(),
  pool: name.exactOptional(),
  origin: name.exactOptional(),
  dataPercent: z.number().exactOptional(),
  metadataPercent: z.number().exactOptional(),
  /** LVM's word for what is not good: `partial`, `refresh needed`, `out_of_data`; missing where all is, or nothing is said. */
  health: word(64).exactOptional(),
  tags,
})

export const iscsiSession = record({
  target: iscsiName,
  /** Address and port: `10.77.0.1:3260`. */
  portal: word(128),
  /** The portal that it was logged in at, where the target has sent it on to another one: its record has this name. */
  recordPortal: word(128).exactOptional(),
  sid: count,
  /** Of this session; missing: the host's. */
  initiator: iscsiName.exactOptional(),
  interface: name.exactOptional(),
  /** True when logged in, false while it tries to get back. */
  connected: z.boolean(),
  luns: list(record({ lun: count, device: name.exactOptional() }), 4096),
})

export const iscsi = record({
  /** /etc/iscsi/initiatorname.iscsi. */
  initiator: iscsiName.exactOptional(),
  sessions: list(iscsiSession, 1024),
})

export const fcHba = record({
  /** `host7`. */
  host: name,
  port: wwn,
  node: wwn.exactOptional(),
  /** Name of the fabric: hosts that see one name are on one fabric. */
  fabric: wwn.exactOptional(),
  link: z.enum(['up', 'down', 'unknown']),
  /** As the kernel writes it: `16 Gbit`. */
  speed: word(32).exactOptional(),
  model: word(128).exactOptional(),
  driver: word(64).exactOptional(),
  targets: list(record({ port: wwn, node: wwn.exactOptional(), connected: z.boolean() }), 1024),
})

export const nfsMount = record({
  /** Name or address of the server. */
  server: word(256),
  /** The path that the server exports. */
  export: path,
  mountPoint: path,
  /** `3`, `4.2`. */
  version: word(8).exactOptional(),
  readOnly: z.boolean(),
  /** Of the server, as the kernel has it: `addr=`. One server may have many names. */
  address: word(64).exactOptional(),
})

export type BlockDevice = z.output<typeof blockDevice>
export type BlockTarget = z.output<typeof target>
export type BlockFabric = z.output<typeof fabric>
export type Transport = (typeof TRANSPORTS)[number]
export type Multipath = z.output<typeof multipath>
export type Partition = z.output<typeof partition>
export type FileSystem = z.output<typeof fileSystem>
export type LvmUuid = z.output<typeof lvmUuid>
export type Pv = z.output<typeof pv>
export type Vg = z.output<typeof vg>
export type Lv = z.output<typeof lv>
export type Iscsi = z.output<typeof iscsi>
export type IscsiSession = z.output<typeof iscsiSession>
export type FcHba = z.output<typeof fcHba>
export type NfsMount = z.output<typeof nfsMount>

export const storageSections = {
  blockDevices: section(list(blockDevice, 4096), []),
  multipaths: section(list(multipath, 4096), []),
  partitions: section(list(partition, 4096), []),
  fileSystems: section(list(fileSystem, 4096), []),
  pvs: section(list(pv, 4096), []),
  vgs: section(list(vg, 1024), []),
  lvs: section(list(lv, 4096), []),
  iscsi: section(iscsi, { sessions: [] }),
  fcHbas: section(list(fcHba, 64), []),
  nfsMounts: section(list(nfsMount, 1024), []),
  diskHealth: section(list(diskHealth, 1024), []),
} as const
