// The rows of the connectivity matrix: shared storage and networks, each by an identity that is the same on every host.

export type StorageThing =
  /** A disk that several hosts can reach: by Fibre Channel, iSCSI, or SAS. */
  | { readonly kind: 'lun'; readonly wwid: string; readonly sizeBytes: number; readonly product: string }
  | { readonly kind: 'iscsi-target'; readonly iqn: string }
  | { readonly kind: 'nfs'; readonly server: string; readonly export: string; readonly address?: string }
  | { readonly kind: 'vg'; readonly uuid: string; readonly name: string; readonly sizeBytes: number; readonly freeBytes: number }
  /** Where file-backed disks can lie. */
  | { readonly kind: 'file-system'; readonly uuid: string; readonly type: string; readonly label: string }

export type NetworkThing =
  /** `100`; a VLAN within a VLAN (802.1ad) is `100.200`. */
  | { readonly kind: 'vlan'; readonly tag: string }
  /** Untagged, and no switch says which VLAN it is: known by the hosts that hear each other. `station`: the lowest MAC of theirs. */
  | { readonly kind: 'segment'; readonly station: string }

export type Thing = StorageThing | NetworkThing

/** Unique among all things: `lun:naa.600…`, `nfs:10.0.0.1:/export`, `vlan:100`. */
export type ThingKey = string

/** Where one host stands to one thing. */
export type Reach = { readonly kind: 'reached'; readonly how: string } | { readonly kind: 'cut'; readonly reason: string }

export function keyOfThing(thing: Thing): ThingKey {
  switch (thing.kind) {
    case 'lun':
      return `lun:${thing.wwid}`
    case 'iscsi-target':
      return `iscsi:${thing.iqn}`
    case 'nfs':
      return `nfs:${thing.server}:${thing.export}`
    case 'vg':
      return `vg:${thing.uuid}`
    case 'file-system':
      return `fs:${thing.uuid}`
    case 'vlan':
      return `vlan:${thing.tag}`
    case 'segment':
      return `segment:${thing.station}`
  }
}

/** As a person names it. */
export function describeThing(thing: Thing): string {
  switch (thing.kind) {
    case 'lun':
      return `LUN ${thing.wwid}`
    case 'iscsi-target':
      return `iSCSI target ${thing.iqn}`
    case 'nfs':
      return `NFS ${thing.server}:${thing.export}`
    case 'vg':
      return `VG ${thing.name}`
    case 'file-system':
      return `${thing.type} file system ${thing.label || thing.uuid}`
    case 'vlan':
      return `VLAN ${thing.tag}`
    case 'segment':
      return `untagged network of ${thing.station}`
  }
}

export function reached(how: string): Reach {
  return { kind: 'reached', how }
}

export function cut(reason: string): Reach {
  return { kind: 'cut', reason }
}
