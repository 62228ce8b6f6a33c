// What the hosts alone tell of guests, and what the database knows already: all that a rebuild decides by.
import type { MediaSections } from '../../claims/extents.ts'
import type { CpuFeatures } from '../../cpu/host.ts'
import type { Network } from '../../networks/network.ts'
import type { GuestRecordOf } from '../../protocol/guest-record.ts'
import type { GuestSpec } from '../../protocol/guest-spec.ts'
import type { Inventory } from '../../protocol/inventory.ts'
import type { Uuid } from '../../protocol/values.ts'

/** With what its VGs lie on: whether what two hosts call by one UUID is one VG. */
export type ToldSections = Pick<Inventory, 'guests' | 'bridges' | keyof MediaSections>

export interface HostTold {
  readonly id: string
  readonly name: string
  readonly sections: ToldSections
  /** What its VGs remember. */
  readonly records: readonly { readonly vg: string; readonly record: GuestRecordOf }[]
  /** In words: places of records of which no copy is whole. */
  readonly damaged: readonly string[]
}

export interface Picture {
  /** Of those that could be read whole. */
  readonly hosts: readonly HostTold[]
  /** Names of guests that the database has, by UUID. */
  readonly known: ReadonlyMap<string, string>
  readonly networks: readonly Network[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface RebuiltDisk {
  readonly disk: Uuid
  readonly vdev: string
  readonly host: string
  readonly vg: { readonly name: string; readonly uuid: string }
  readonly sizeBytes: number
  readonly generation: number
  readonly access: 'read-write' | 'read-only'
  /** `making`: its LV is not there, or not whole: its guest does not start. */
  readonly state: 'ready' | 'making'
  readonly image: string | undefined
  /** Thin, it takes of its pool as it is written. */
  readonly space: 'thick' | 'thin'
}

export interface RebuiltGuest {
  readonly uuid: Uuid
  readonly name: string
  readonly spec: GuestSpec
  /** Id of the host that its disks lie on. */
  readonly host: string
  readonly hostName: string
  readonly power: 'off' | 'on' | 'paused'
  readonly created: number
  readonly createdBy: string
  readonly disks: readonly RebuiltDisk[]
  /** What it was given; undefined: nothing tells. */
  readonly cpu: CpuFeatures | undefined
  /** What it was made from. */
  readonly by: 'record' | 'domain'
}

export interface Rebuilt {
  readonly guests: readonly RebuiltGuest[]
  readonly networks: readonly Omit<Network, 'created' | 'createdBy'>[]
  /** Sentences: hosts that say different things, and which of them was believed. */
  readonly disagree: readonly string[]
  /** Sentences: what nothing on the hosts tells. */
  readonly unknown: readonly string[]
}
