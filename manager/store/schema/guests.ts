// Tables of guests: what they are, where they have been, and what was measured of them. Columns as they are; what they mean says who reads them.

/** See manager/guests. */
export interface GuestsTable {
  uuid: string
  name: string
  /** JSON, by protocol/guest-spec.ts. */
  spec: string
  /** Where its disks lie; null: nowhere yet. */
  host: string | null
  /** `off`, `on`, `paused`: as it was last brought. */
  power: string
  /** When it was. */
  since: number
  created: number
  created_by: string
  /** JSON, by guests/cpu.ts: the CPU that it runs with; null: it is not known. */
  cpu: string | null
}

export interface GuestDisksTable {
  id: string
  guest: string
  vdev: string
  host: string
  vg_name: string
  vg_uuid: string
  size_bytes: number
  generation: number
  access: string
  state: string
  /** Id of what it was made from. */
  image: string | null
}

export interface NetworksTable {
  name: string
  bridge: string
  /** JSON, id of a host → bridge, where a host has it by another name. */
  bridges: string
  vlan: number | null
  mtu: number | null
  created: number
  created_by: string
}

/** How images of guests' disks are called. */
export interface VmImagesTable {
  name: string
  /** Its id: the hash of its list of blocks. */
  image: string
  format: string
  notes: string
  added: number
  added_by: string
  /** Of a kernel: the id of the initrd that goes with it. */
  initrd: string | null
}

/** What was measured in five minutes, as manager/measures/bucket.ts writes it. */
export interface MeasuresTable {
  host: string
  /** When they began. */
  at: number
  /** JSON list of numbers. */
  own: string
  /** JSON, UUID of a guest → such a list. */
  guests: string
}

/** Which hosts have rows of a guest. */
export interface MeasuredGuestsTable {
  guest: string
  host: string
  until: number
}

export interface MoveRatesTable {
  automation: string
  /** A second, of its memory and of each disk; null: as many as the network carries. */
  rate_bytes: number | null
}

/** Moves that have come to their end, whatever that was: kept longer than their automations. */
export interface MovesTable {
  automation: string
  guest: string
  /** Of the guest and its hosts: as they were called. */
  name: string
  from_host: string
  from_name: string
  to_host: string
  to_name: string
  /** `live`, `stopped`. */
  way: string
  /** `done`, `failed`, `aborted`. */
  outcome: string
  reason: string | null
  who: string
  began: number
  ended: number
  /** For disks that were copied whole; of memory, in all tries. */
  disk_bytes: number
  memory_bytes: number
  /** For which the guest stood still at most; null: it never did for it. */
  pause_ms: number | null
  /** Of disks that were copied whole, and did not have to be sent; null: nobody knows. */
  saved_bytes: number | null
}

/** Guests that have left a host that was emptied, and have not come back to it. */
export interface HomesTable {
  guest: string
  /** Id of the host that it left first. */
  host: string
  /** `running`, `stopped`: as it was then. */
  state: string
  left_at: number
  /** The evacuation. */
  automation: string
}
