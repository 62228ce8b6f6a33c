// What a network or storage is called on the page: its kind and its name apart, and shortened for the head of a narrow column.
import type { Thing } from '../../../contract/things.ts'
import { isNetwork } from '../matrix-cells.ts'

type Kind = Thing['kind']

export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  vlan: 'VLAN',
  segment: 'LAN',
  lun: 'LUN',
  'iscsi-target': 'iSCSI',
  nfs: 'NFS',
  vg: 'VG',
  'file-system': 'files',
}

/** How describeThing begins; the page says the kind in a column of its own. */
const BEGINNINGS: Readonly<Record<Kind, RegExp>> = {
  vlan: /^VLAN /,
  segment: /^untagged network of /,
  lun: /^LUN /,
  'iscsi-target': /^iSCSI target /,
  nfs: /^NFS /,
  vg: /^VG /,
  'file-system': /^\S+ file system /,
}

/** Letters for which the head of a column has room, and a line of a list. */
const [COLUMN, LINE] = [12, 28]
/** Of its end; digits are wider than most letters. */
const END = 8

export const nameOf = ({ kind, name }: Pick<Thing, 'kind' | 'name'>): string => name.replace(BEGINNINGS[kind], '')

/** LUNs, targets and exports begin alike, and differ at their end. */
export function columnName(thing: Pick<Thing, 'kind' | 'name'>): string {
  const letters = [...nameOf(thing)]
  if (letters.length <= COLUMN) return letters.join('')
  switch (thing.kind) {
    case 'lun':
    case 'iscsi-target':
    case 'nfs':
      return `…${letters.slice(-END).join('')}`
    case 'vlan':
    case 'segment':
    case 'vg':
    case 'file-system':
      return `${letters.slice(0, COLUMN - 2).join('')}…`
  }
}

/** Its beginning and its end. */
export function lineName(thing: Pick<Thing, 'kind' | 'name'>): string {
  const letters = [...nameOf(thing)]
  return letters.length <= LINE ? letters.join('') : `${letters.slice(0, 8).join('')}…${letters.slice(9 - LINE).join('')}`
}

export const thingPath = (thing: Pick<Thing, 'kind' | 'key'>): string =>
  `${isNetwork(thing) ? '/networks' : '/storage'}?key=${encodeURIComponent(thing.key)}`
