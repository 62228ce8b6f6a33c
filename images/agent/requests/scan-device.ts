// Which device a file system is to be scanned from, and how it is mounted: or why it is left alone. Pure.
import { SCANNED_TYPES } from '../../../manager/protocol/requests/scan-file-system.ts'
import type { BlockRow } from '../inventory/lsblk.ts'

export const SCAN_FOLDER = '/run/hostless/scan'

type ScannedType = (typeof SCANNED_TYPES)[number]

export type ScanDevice =
  | { readonly kind: 'device'; readonly device: string; readonly type: ScannedType; readonly options: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string }

/** `guestsOn`: sentences, of those that have something on this disk. */
export function deviceFor(uuid: string, rows: readonly BlockRow[], guestsOn: (disk: string) => readonly string[]): ScanDevice {
  const all = rows.filter((row) => row.uuid === uuid && !row.kname.startsWith('loop'))
  // The paths of a map show what the map holds where multipathd is young.
  const over = all.filter(({ type }) => type === 'mpath')
  const [row, ...others] = over.length > 0 ? over : all
  if (!row) return refused(`this host sees no file system ${uuid}`)
  const copy = others.find((other) => identityOf(other) !== identityOf(row))
  if (copy) return refused(`${row.kname} and ${copy.kname} are copies of one file system, ${uuid}: which of them is meant is not known`)
  const type = SCANNED_TYPES.find((one) => one === row.fstype)
  if (!type)
    return refused(`${row.kname} holds ${row.fstype ?? 'no file system'}, which is not mounted to look: ${SCANNED_TYPES.join(', ')} are`)
  // What is on a guest's disk the guest has written: the kernel of dom0 is not to parse it.
  if (row.type === 'lvm') return refused(`${row.kname} is an LV that is not mounted here: LVs are disks of guests`)
  const [guest] = guestsOn(diskOf(row, rows))
  if (guest !== undefined) return refused(`what is on ${row.kname} is not mounted to look: ${guest}`)
  return { kind: 'device', device: row.path ?? `/dev/${row.kname}`, type, options: optionsFor(type) }
}

/** That no journal is replayed: it may be in use on another host. */
function optionsFor(type: ScannedType): readonly string[] {
  switch (type) {
    case 'ext3':
    case 'ext4':
      return ['noload']
    case 'xfs':
      return ['norecovery', 'nouuid']
    case 'ext2':
    case 'vfat':
      return []
  }
}

/** Two paths to one LUN have one, two disks with the same content do not. */
function identityOf({ wwn, partn, kname }: BlockRow): string {
  return wwn === undefined ? kname : `${wwn} ${partn ?? ''}`
}

/** The disk at the bottom of it, of a map the first path. */
function diskOf(row: BlockRow, rows: readonly BlockRow[]): string {
  const below = rows.find(({ kname }) => kname === row.pkname)
  return below
    ? diskOf(
        below,
        rows.filter((one) => one !== row),
      )
    : row.kname
}

function refused(reason: string): ScanDevice {
  return { kind: 'refused', reason }
}
