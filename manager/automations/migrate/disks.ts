// The disks of a guest that moves: a copy on the new host, a mirror between the two, and what becomes of either when the guest has gone, or
// has stayed. What takes each step back is written down before it.
import { all, order, request, type Steps, undoable } from '../../automation/steps.ts'
import { lvOf } from '../../protocol/guest-disk.ts'
import type { MigrateArgs, MovedDisk } from './args.ts'
import { kilobytes } from './rates/paced.ts'

/** A mirror of a disk as both hosts have it. */
export interface Mirrored extends MovedDisk {
  readonly minor: number
  readonly port: number
  /** Label of its secret. */
  readonly secret: string
  /** DRBD's generation of both when they were the same; left out: that is not known, as by agents of before. */
  readonly same?: string
}

/** A disk may be large, and its network slow, ms. */
export const COPY_PATIENCE = 7 * 86_400_000
const MAKE_PATIENCE = 3_600_000
export const SHORT_PATIENCE = 600_000

/** On the new host: an LV that is nobody's disk yet. */
export function* copyMade(
  { guest, to, epoch, seed }: MigrateArgs,
  { disk, vdev, to: vg, thinPool, generation, sizeBytes }: MovedDisk,
): Steps {
  yield* undoable(
    {
      what: `remove the copy of ${vdev} of ${guest.name} from VG ${vg.name} of ${to.name}`,
      command: `on ${to.name}: lvremove ${vg.name}/${lvOf(disk)}`,
      requests: [order(to.id, { kind: 'remove-copy', vg, disk, generation: generation + 1 }, { patience: MAKE_PATIENCE })],
    },
    request(
      to.id,
      {
        ...{ kind: 'make-copy', vg, disk, guest: guest.uuid, generation: generation + 1, epoch, sizeBytes },
        ...(thinPool === undefined ? {} : { thinPool }),
        ...(seed ? { left: 'kept' } : {}),
      },
      { patience: MAKE_PATIENCE },
    ),
  )
}

/** From two volumes to a mirror that fills: the guest writes to both from before the first block goes over. */
export function* mirrored(args: MigrateArgs, one: Mirrored): Steps {
  yield* opened(args, one)
  yield* joined(args, one)
}

/** A mirror whose ends do not know each other yet: the guest goes by it. */
export function* opened(args: MigrateArgs, one: Mirrored): Steps {
  yield* all([
    () => openedAt(args, one, 'to'),
    function* () {
      yield* openedAt(args, one, 'from')
      const source = { vg: one.from, disk: one.disk, minor: one.minor }
      // What is written between the first block that goes over and the swap would be on one side only.
      if (args.way !== 'stopped') yield* request(args.from.id, { kind: 'swap-disk', ...source }, { patience: SHORT_PATIENCE })
    },
  ])
}

function* openedAt(args: MigrateArgs, one: Mirrored, end: 'from' | 'to'): Steps {
  const [host, vg] = [args[end], one[end]]
  const { disk, vdev, minor, sizeBytes } = one
  const mirror = { vg, disk, minor }
  yield* undoable(
    {
      what: `take the mirror of ${vdev} of ${args.guest.name} down on ${host.name}`,
      command: `on ${host.name}: drbdsetup down hostless-${disk}; lvremove ${vg.name}/mirror-${disk}`,
      requests: [order(host.id, { kind: 'drop-mirror', ...mirror }, { patience: SHORT_PATIENCE })],
    },
    request(
      host.id,
      { kind: 'open-mirror', ...mirror, sizeBytes, role: end === 'to' ? 'secondary' : 'primary' },
      { patience: SHORT_PATIENCE },
    ),
  )
}

export function* joined(args: MigrateArgs, one: Mirrored): Steps {
  for (const end of ['to', 'from'] as const)
    yield* request(args[end].id, { kind: 'connect-mirror', ...mirrorAt(args, one, end) }, { patience: SHORT_PATIENCE })
}

/** As that host has it, and how it finds the other. */
export function mirrorAt(args: MigrateArgs, one: Mirrored, end: 'from' | 'to') {
  return { vg: one[end], disk: one.disk, minor: one.minor, ...endOf(args, one, end) }
}

/** `in order`: all is copied, or nothing was written while two bitmaps were exchanged. */
export type Met = 'in order' | 'to be compared'

export interface Synced {
  readonly mirror: Mirrored
  /** Bytes. */
  readonly sent: number
}

/** Until both have the same, to the last block. Gives how much of it was sent. */
export function* synced(args: MigrateArgs, one: Mirrored, met: Met = 'in order'): Steps<Synced> {
  const asked = mirrorAt(args, one, 'from')
  const answer = yield* request(args.from.id, { kind: 'sync-mirror', ...asked }, { patience: COPY_PATIENCE })
  const { handshakes, bytes, sent = bytes, generation } = answer
  // DRBD 8.4 may lose what is written while two ends that have met before compare their bitmaps.
  const isSure = handshakes === 1 && met === 'in order' && args.restarting?.compare !== 'running'
  return { mirror: isSure ? sameAs(one, generation) : yield* compared(args, one), sent }
}

/** Block by block; what differs is sent. */
export function* compared(args: MigrateArgs, one: Mirrored): Steps<Mirrored> {
  const asked = { kind: 'verify-mirror', ...mirrorAt(args, one, 'from') } as const
  const { generation } = yield* request(args.from.id, asked, { patience: COPY_PATIENCE })
  return sameAs(one, generation)
}

function sameAs({ same: _, ...one }: Mirrored, generation: string | undefined): Mirrored {
  return { ...one, ...(generation === undefined ? {} : { same: generation }) }
}

function endOf({ over, rateBytes }: MigrateArgs, { port, secret }: Mirrored, end: 'from' | 'to') {
  const [own, peer] = end === 'from' ? [over.from, over.to] : [over.to, over.from]
  return {
    own,
    peer,
    port,
    secret: { of: secret },
    ...kilobytes(rateBytes),
  }
}

/** The device that the guest's new domain is built with. drop-mirror and remove-copy take it back. */
export function* exposed({ guest, to }: MigrateArgs, { disk, to: vg, sizeBytes }: MovedDisk): Steps {
  yield* request(to.id, { kind: 'expose-copy', vg, disk, guest: guest.uuid, sizeBytes }, { patience: SHORT_PATIENCE })
}

/** All disks, or it is thrown: while the guest stands still, or runs nowhere. */
export function* settled(args: MigrateArgs, disks: readonly Mirrored[]): Steps {
  yield* all(disks.map((one) => () => settledOne(args, one)))
}

function* settledOne({ guest, to }: MigrateArgs, { disk, vdev, to: vg, minor, generation, same }: Mirrored): Steps {
  const asked = { kind: 'settle-mirror', vg, disk, minor, generation: generation + 1 } as const
  const { mirrored } = yield* request(to.id, asked, { patience: SETTLE_PATIENCE })
  // They were whole both times, and between them DRBD 8.4 may have lost a write.
  if (same !== undefined && mirrored !== undefined && same !== mirrored) throw new Parted(guest.name, vdev, to.name)
}

/** The mirror of a disk was parted after both were the same, and has met again: nobody has compared since. */
class Parted extends Error {
  override readonly name = 'Parted'

  constructor(guest: string, vdev: string, host: string) {
    super(
      `the connection of the mirror of ${vdev} was lost and found again while ${guest} moved: its copy on ${host} is not compared, and not taken. Move it again`,
    )
  }
}

/** Milliseconds. A guest stands still meanwhile, and its source takes it back when that is too long. */
const SETTLE_PATIENCE = 120_000

/** The copy is the disk from now on. */
export function* kept({ guest, to, epoch }: MigrateArgs, { disk, to: vg, generation }: MovedDisk): Steps {
  const asked = { kind: 'keep-copy', vg, disk, guest: guest.uuid, generation: generation + 1, epoch } as const
  yield* request(to.id, asked, { onAbort: 'finish', patience: SHORT_PATIENCE })
}

/** What was the disk is kept until then, and nothing starts on it. Gives its snapshots: while there are any, it stays. */
export function* left({ from }: MigrateArgs, { disk, from: vg, minor, generation }: Mirrored, untilMs: number): Steps<readonly string[]> {
  const asked = { kind: 'leave-disk', vg, disk, minor, generation, untilMs } as const
  const { snapshots = [] } = yield* request(from.id, asked, { onAbort: 'finish', patience: SHORT_PATIENCE })
  return snapshots
}
