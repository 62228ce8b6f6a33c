// The devices that a guest's disks are opened by: all of them or none. For a guest without a domain.
import type { GuestConfig } from '../../../manager/protocol/requests/guest-config.ts'
import { pause } from '../pause.ts'
import type { World } from '../requests/world.ts'
import { closeDisk, openDisk } from '../volumes/device.ts'

type Disks = Pick<GuestConfig, 'disks' | 'uuid'>

/** Milliseconds that blkback may hold what a domain had that has just ended; and between two looks. */
const HELD = 15_000
const LOOK = 500

/** Undefined when all are open; otherwise why one is not, and none is. */
export async function openDevices(world: World, { disks, uuid }: Disks, signal: AbortSignal): Promise<string | undefined> {
  for (const disk of disks) {
    const opened = await patiently(world, () => openDisk(world, { ...disk, guest: uuid }), signal)
    if (opened.kind !== 'refused') continue
    const left = await closeDevices(world, { disks, uuid })
    return left === undefined || opened.cause === 'open' ? opened.reason : `${opened.reason}; and ${left}`
  }
  return undefined
}

/** Why one of them stays open. */
export async function closeDevices(world: World, { disks }: Disks): Promise<string | undefined> {
  const failures: string[] = []
  for (const disk of disks) {
    const closed = await patiently(world, () => closeDisk(world, disk))
    if (closed.kind === 'refused') failures.push(closed.reason)
  }
  return failures.length === 0 ? undefined : failures.join('; ')
}

type Answer =
  | { readonly kind: 'opened' | 'closed' }
  | { readonly kind: 'refused'; readonly cause: 'open' | 'unable'; readonly reason: string }

async function patiently<Given extends Answer>({ clock }: World, act: () => Promise<Given>, signal?: AbortSignal): Promise<Given> {
  const until = clock.steady() + HELD
  for (;;) {
    const given = await act()
    if (given.kind !== 'refused' || given.cause !== 'open' || clock.steady() >= until || signal?.aborted) return given
    await pause(clock, LOOK, signal)
  }
}
