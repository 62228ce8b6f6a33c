// The sections of an inventory about what runs on the host: guests, and the DRBD resources under them.

import { z } from 'zod'
import { section } from './section.ts'
import { bytes, count, list, mac, name, path, record, text, uuid, word } from './values.ts'

const guestDisk = record({
  /** `xvda`. */
  vdev: name,
  /** What backs it: a device, an image, or what a script makes of it. Empty: an empty drive. */
  target: text(512),
  format: word(16).exactOptional(),
  readOnly: z.boolean(),
})

const guestNic = record({
  devid: count,
  mac: mac.exactOptional(),
  bridge: name.exactOptional(),
  /** The host's end: `vif3.0`. */
  vif: name.exactOptional(),
})

/** What xl calls the domains of a guest that moves: where it comes to, until it goes on there, and where it comes from, once it is given up. */
export const INCOMING = '--incoming'
export const AWAY = '--migratedaway'

/** Of a domain that is nobody's guest: the stream it belongs to says what becomes of it. No guest's own name has two dashes in a row. */
export function isMovingName(name: string): boolean {
  return name.endsWith(INCOMING) || name.endsWith(AWAY)
}

/** A domU as Xen has it now; dom0 is none. */
export const guest = record({
  domid: count,
  uuid,
  name: word(256),
  type: z.enum(['pv', 'pvh', 'hvm']),
  /** `shutdown`: ended, with its domain left; `suspended`: saved or migrating. Being idle is `running`. */
  state: z.enum(['running', 'paused', 'suspended', 'shutdown', 'crashed', 'dying', 'unknown']),
  vcpus: count,
  maxVcpus: count,
  memoryBytes: bytes,
  maxMemoryBytes: bytes,
  disks: list(guestDisk, 256),
  nics: list(guestNic, 64),
  /**
   * False: Xen has the domain, and no configuration of it could be read: a zombie, one made by hand. Its type is not known then,
   * whatever `type` says, nor are its disks and NICs; the most it may have is what it has.
   */
  configured: z.literal(false).exactOptional(),
  /**
   * By the agent that keeps its restart policy: how often it ended, or could not be started, within ten minutes, at the last time of
   * them. `down`: too often, it is not started again. Left out: it never did.
   */
  restarts: record({ count, stays: z.literal('down').exactOptional() }).exactOptional(),
})

/** In a problem of the section, also of one that has no domain any more: its agent does not start it again. */
export function sayStaysDown(name: string, why: string): string {
  return `guest ${name} stays down: ${why}`
}

const drbdConnection = record({
  /** The peer's name; empty in DRBD 8.4, which knows one peer without a name. */
  peer: text(128),
  /** DRBD's words, here and below: `Connected`, `StandAlone`; `Primary`; `UpToDate`; `SyncSource`. */
  state: word(32),
  role: word(32),
  volumes: list(
    record({
      volume: count,
      replication: word(32),
      peerDisk: word(32),
      outOfSyncBytes: bytes,
      percentInSync: z.number().exactOptional(),
    }),
    256,
  ),
})

export const drbdResource = record({
  name,
  role: word(32),
  suspended: z.boolean(),
  volumes: list(
    record({
      volume: count,
      minor: count,
      disk: word(32),
      sizeBytes: bytes.exactOptional(),
      backing: path.exactOptional(),
      /** True: without a disk by intent (DRBD 9). */
      client: z.boolean().exactOptional(),
      quorum: z.boolean().exactOptional(),
    }),
    256,
  ),
  connections: list(drbdConnection, 64),
})

export type Guest = z.output<typeof guest>
export type GuestDisk = z.output<typeof guestDisk>
export type GuestNic = z.output<typeof guestNic>
export type DrbdResource = z.output<typeof drbdResource>

export const guestSections = {
  guests: section(list(guest, 2048), []),
  drbd: section(list(drbdResource, 4096), []),
} as const
