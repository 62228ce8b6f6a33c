// A guest and its disks as the rooms have them, from their rows. What we wrote is what was checked then. Pure.
import type { CpuFeatures } from '../cpu/host.ts'
import { type GuestSpec, guestSpec } from '../protocol/guest-spec.ts'
import type { Uuid } from '../protocol/values.ts'
import { uuid as uuidSchema } from '../protocol/values.ts'
import type { GuestDisksTable, GuestsTable } from '../store/tables/guests.ts'
import { readCpu } from './cpu.ts'

export interface GuestRecord {
  readonly uuid: Uuid
  readonly name: string
  readonly spec: GuestSpec
  /** Id of the host that its disks lie on. */
  readonly host: string | undefined
  readonly power: 'off' | 'on' | 'paused'
  readonly since: number
  /** What it runs with; undefined: it is not known. */
  readonly cpu: CpuFeatures | undefined
  readonly created: number
  readonly createdBy: string
  readonly disks: readonly DiskRecord[]
}

export interface DiskRecord {
  readonly id: Uuid
  readonly vdev: string
  readonly host: string
  readonly vg: { readonly name: string; readonly uuid: string }
  readonly sizeBytes: number
  readonly generation: number
  readonly access: 'read-write' | 'read-only'
  /** `leaving`: its guest has it no more, and it is yet to be removed. */
  readonly state: 'making' | 'ready' | 'leaving'
  readonly image: string | undefined
}

/** Throws for what a newer hostless wrote. */
export function guestRecord(row: GuestsTable, disks: readonly GuestDisksTable[]): GuestRecord {
  const { uuid, name, host, since, created, created_by: createdBy } = row
  return {
    ...{ uuid: uuidSchema.parse(uuid), name, host: host ?? undefined, since, created, createdBy },
    spec: guestSpec.parse(JSON.parse(row.spec)),
    power: oneOf(['off', 'on', 'paused'], row.power),
    cpu: readCpu(row.cpu),
    disks: disks.map(diskRecord),
  }
}

function diskRecord(row: GuestDisksTable): DiskRecord {
  const { id, vdev, host, size_bytes: sizeBytes, generation, image } = row
  return {
    ...{ id: uuidSchema.parse(id), vdev, host, sizeBytes, generation, image: image ?? undefined },
    vg: { name: row.vg_name, uuid: row.vg_uuid },
    access: oneOf(['read-write', 'read-only'], row.access),
    state: oneOf(['making', 'ready', 'leaving'], row.state),
  }
}

function oneOf<Word extends string>(words: readonly Word[], text: string): Word {
  const word = words.find((each) => each === text)
  if (!word) throw new Error(`the store holds a guest's "${text}", which this hostless does not know: start the newer hostless`)
  return word
}
