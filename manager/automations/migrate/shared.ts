// The disks of a guest that moves that stay where they are, on LUNs of both hosts: the new host takes them from the old one, and one of the
// two may write at any time. What takes each step back is written down before it.
import { all, order, request, type Steps, undoable } from '../../automation/steps.ts'
import type { MigrateArgs, MovedDisk } from './args.ts'

/** Of a move those that stay, with what they lie on. */
export type Staying = MovedDisk & Required<Pick<MovedDisk, 'stays'>>

export function staying({ disks }: Pick<MigrateArgs, 'disks'>): readonly Staying[] {
  return disks.flatMap((disk) => (disk.stays ? [{ ...disk, stays: disk.stays }] : []))
}

/** Those that are copied. */
export function going({ disks }: Pick<MigrateArgs, 'disks'>): readonly MovedDisk[] {
  return disks.filter(({ stays }) => !stays)
}

/** That the agent of each host has to know of for it. */
export const TAKES = ['join-disk', 'part-disk'] as const
export const GIVES = ['fence-disk', 'unfence-disk', 'part-disk'] as const

const SHORT_PATIENCE = 600_000
/** Milliseconds. A guest stands still meanwhile, and its source takes it back when that is too long. */
const FENCE_PATIENCE = 120_000

/** On the new host, for the domain that is built there and does not run yet. */
export function* joined({ guest, to }: MigrateArgs, { disk, vdev, from: vg, generation, stays }: Staying): Steps {
  const of = { vg, disk, guest: guest.uuid }
  yield* undoable(
    {
      what: `let go of ${vdev} of ${guest.name} on ${to.name}`,
      command: `on ${to.name}: dmsetup remove hostless-${disk}; lvchange -an ${vg.name}/disk-${disk}`,
      requests: [order(to.id, { kind: 'part-disk', ...of }, { patience: SHORT_PATIENCE })],
    },
    request(to.id, { kind: 'join-disk', ...of, generation, luns: stays.luns }, { patience: SHORT_PATIENCE }),
  )
}

/** On the old host, while the guest stands still or runs nowhere: from here on it writes nothing there. All disks, or it is thrown. */
export function* fenced({ guest, from }: MigrateArgs, disks: readonly Staying[]): Steps {
  yield* all(
    disks.map(({ disk, vdev, from: vg }) => () => {
      const of = { vg, disk, guest: guest.uuid }
      return undoable(
        {
          what: `let ${guest.name} write to ${vdev} on ${from.name} again`,
          command: `on ${from.name}: dmsetup resume hostless-${disk}`,
          requests: [order(from.id, { kind: 'unfence-disk', ...of }, { patience: SHORT_PATIENCE })],
        },
        request(from.id, { kind: 'fence-disk', ...of }, { patience: FENCE_PATIENCE }),
      )
    }),
  )
}

/** The old host has nothing of it open any more. */
export function* parted({ guest, from }: MigrateArgs, { disk, from: vg }: Staying): Steps {
  yield* request(from.id, { kind: 'part-disk', vg, disk, guest: guest.uuid }, { onAbort: 'finish', patience: SHORT_PATIENCE })
}
