// What a simulated machine's `lsblk`, `find /dev/disk`, LVM, `multipathd` and `iscsiadm` print.
import type { Machine } from './machine.ts'
import type { DiskSpec, LunSpec } from './machine-storage.ts'
import { diceOf, lvmUuidOf } from './random.ts'

const LOCAL_VG = 'local'
const EXTENT = 4 * 2 ** 20
const PATHS = 2

/** One path of a LUN: `sdc` and so on, after the local disks. */
interface PathSpec {
  readonly lun: LunSpec
  readonly path: number
  readonly device: string
  readonly scsi: string
  readonly dm: string
  readonly byPath: string
}

/** All paths of all LUNs, in the order in which the kernel found them: path by path. */
function pathsOf({ array }: Machine): readonly PathSpec[] {
  return Array.from({ length: PATHS }, (_, path) =>
    array.luns.map((lun, index): PathSpec => {
      const place =
        array.kind === 'iscsi' ? `ip-${array.portals[path]}-iscsi-${array.target}` : `pci-0000:af:00.${path}-fc-0x${array.ports[path]}`
      return {
        lun,
        path,
        device: `sd${letters(2 + path * array.luns.length + index)}`,
        scsi: `${7 + path}:0:0:${lun.number}`,
        dm: `dm-${index}`,
        byPath: `${place}-lun-${lun.number}`,
      }
    }),
  ).flat()
}

export function showLsblk(machine: Machine): string {
  const { array, disks, guests } = machine
  const lvs = guests.map(({ name, diskBytes }, index) => ({
    kname: `dm-${array.luns.length + index}`,
    name: `${LOCAL_VG}-${name.replaceAll('-', '--')}`,
    path: `/dev/mapper/${LOCAL_VG}-${name.replaceAll('-', '--')}`,
    type: 'lvm',
    size: diskBytes,
    pkname: 'nvme0n1',
  }))
  const local = disks.map((disk) => ({
    ...blockRow(disk.name, disk.bytes, disk.kind === 'nvme' ? 'nvme' : 'sata'),
    serial: disk.serial,
    model: disk.model,
    rota: false,
    fstype: 'LVM2_member',
    uuid: disk.pvUuid,
    ...(disk.kind === 'nvme' ? { children: lvs } : { vendor: 'ATA     ', hctl: disk.name === 'sda' ? '0:0:0:0' : '1:0:0:0' }),
  }))
  const paths = pathsOf(machine).map(({ lun, device, scsi, dm }) => ({
    ...blockRow(device, lun.bytes, array.kind),
    serial: lun.naa.toUpperCase(),
    vendor: array.vendor,
    model: array.product,
    rota: true,
    hctl: scsi,
    fstype: 'mpath_member',
    children: [
      {
        kname: dm,
        name: mapName(lun),
        path: `/dev/mapper/${mapName(lun)}`,
        type: 'mpath',
        size: lun.bytes,
        fstype: 'LVM2_member',
        uuid: lun.pvUuid,
      },
    ],
  }))
  return JSON.stringify({ blockdevices: [...local, ...paths] })
}

export function showDiskLinks(machine: Machine): string {
  const local = machine.disks.flatMap(({ name, kind, wwid, serial, model }) =>
    kind === 'nvme'
      ? [`by-path/pci-0000:5e:00.0-nvme-1\t../../${name}`, `by-id/nvme-${wwid}\t../../${name}`]
      : [
          `by-path/pci-0000:00:17.0-ata-${name === 'sda' ? 1 : 2}\t../../${name}`,
          `by-id/wwn-0x${wwid.slice('naa.'.length)}\t../../${name}`,
          `by-id/ata-${model.replaceAll(' ', '_')}_${serial}\t../../${name}`,
        ],
  )
  const shared = pathsOf(machine).flatMap(({ byPath, device, lun }) => [
    `by-path/${byPath}\t../../${device}`,
    `by-id/wwn-0x${lun.naa}\t../../${device}`,
  ])
  return [...local, ...shared].map((link) => `/dev/disk/${link}\n`).join('')
}

/** sysfs's wwid of a disk; undefined for what is none of this machine's. */
export function wwidOf(machine: Machine, device: string): string | undefined {
  const path = pathsOf(machine).find((one) => one.device === device)
  return path ? `naa.${path.lun.naa}` : machine.disks.find(({ name }) => name === device)?.wwid
}

export function showMultipathMaps(machine: Machine): string {
  const paths = pathsOf(machine)
  const maps = machine.array.luns.map((lun) => ({
    name: mapName(lun),
    uuid: `3${lun.naa}`,
    sysfs: paths.find((one) => one.lun === lun)?.dm,
    queueing: 'on',
    features: '1 queue_if_no_path',
    vend: machine.array.vendor,
    prod: machine.array.product,
    path_groups: [
      {
        group: 1,
        paths: paths
          .filter((one) => one.lun === lun)
          .map(({ device, path }) =>
            machine.failedPaths.includes(path)
              ? { dev: device, dm_st: 'failed', chk_st: 'faulty', pri: 50 }
              : { dev: device, dm_st: 'active', chk_st: 'ready', pri: 50 },
          ),
      },
    ],
  }))
  return JSON.stringify({ major_version: 0, minor_version: 1, maps })
}

export function showPvs({ disks, array, seed, index }: Machine): string {
  const vgUuid = localVgUuid(seed, index)
  const local = disks.map((disk) => ({
    pv_uuid: disk.pvUuid,
    pv_name: `/dev/${disk.name}`,
    vg_name: LOCAL_VG,
    vg_uuid: vgUuid,
    ...sizes('pv', disk),
  }))
  const shared = array.luns.map((lun) => ({
    pv_uuid: lun.pvUuid,
    pv_name: `/dev/mapper/${mapName(lun)}`,
    vg_name: lun.vg,
    vg_uuid: lun.vgUuid,
    ...sizes('pv', lun),
  }))
  return JSON.stringify({ report: [{ pv: [...local, ...shared].map((pv) => ({ ...pv, pv_missing: '', pv_tags: '' })) }] })
}

export function showVgs({ disks, array, guests, seed, index }: Machine): string {
  const size = disks.reduce((sum, { bytes }) => sum + bytes, 0)
  const used = guests.reduce((sum, { diskBytes }) => sum + diskBytes, 0)
  const rest = {
    vg_extent_size: String(EXTENT),
    vg_missing_pv_count: '0',
    vg_exported: '',
    vg_clustered: '',
    vg_lock_type: '',
    vg_systemid: '',
    vg_tags: '',
  }
  const local = {
    vg_uuid: localVgUuid(seed, index),
    vg_name: LOCAL_VG,
    vg_size: String(size),
    vg_free: String(size - used),
    pv_count: String(disks.length),
    ...rest,
  }
  const shared = array.luns.map((lun) => ({ vg_uuid: lun.vgUuid, vg_name: lun.vg, ...sizes('vg', lun), pv_count: '1', ...rest }))
  return JSON.stringify({ report: [{ vg: [local, ...shared] }] })
}

export function showLvs({ guests, seed, index }: Machine): string {
  const rows = guests.map(({ name, lvUuid, diskBytes }) => ({
    lv_uuid: lvUuid,
    lv_name: name,
    vg_name: LOCAL_VG,
    vg_uuid: localVgUuid(seed, index),
    lv_size: String(diskBytes),
    lv_path: `/dev/${LOCAL_VG}/${name}`,
    lv_active: 'active',
    lv_attr: '-wi-ao----',
    segtype: 'linear',
    lv_tags: `hl.guest=${name},hl.disk=0`,
  }))
  return JSON.stringify({ report: [{ lv: rows }] })
}

/** Undefined on hosts of a Fibre Channel array: they have no session. */
export function showIscsiSessions(machine: Machine): string | undefined {
  const { array } = machine
  if (array.kind !== 'iscsi') return undefined
  const paths = pathsOf(machine)
  const sessions = array.portals.map((portal, path) =>
    [
      `\tCurrent Portal: ${portal},1`,
      `\t\tIface Name: default`,
      `\t\tIface Initiatorname: ${initiatorOf(machine)}`,
      `\t\tSID: ${path + 1}`,
      `\t\tiSCSI Session State: ${machine.failedPaths.includes(path) ? 'FAILED' : 'LOGGED_IN'}`,
      `\t\tHost Number: ${7 + path}\tState: running`,
      ...paths
        .filter((one) => one.path === path)
        .flatMap(({ lun, device }) => [
          `\t\tscsi${7 + path} Channel 00 Id 0 Lun: ${lun.number}`,
          `\t\t\tAttached scsi disk ${device}\t\tState: running`,
        ]),
    ].join('\n'),
  )
  return `Target: ${array.target} (non-flash)\n${sessions.join('\n')}\n`
}

export function initiatorOf({ systemUuid }: Machine): string {
  return `iqn.2025-01.net.hostless:${systemUuid}`
}

function localVgUuid(seed: string, index: number): string {
  return lvmUuidOf(diceOf(seed, 'vg', index))
}

function blockRow(name: string, bytes: number, transport: string) {
  return { kname: name, name, path: `/dev/${name}`, type: 'disk', size: bytes, 'log-sec': 512, ro: false, rm: false, tran: transport }
}

function sizes(kind: 'pv' | 'vg', { bytes }: DiskSpec | LunSpec): { readonly [field: string]: string } {
  return { [`${kind}_size`]: String(bytes - EXTENT), [`${kind}_free`]: kind === 'vg' ? String(bytes - EXTENT) : '0' }
}

function mapName({ vg }: LunSpec): string {
  return `mpath-${vg}`
}

/** 0 → a, 25 → z, 26 → aa. */
function letters(index: number): string {
  const last = String.fromCharCode('a'.charCodeAt(0) + (index % 26))
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last
}
