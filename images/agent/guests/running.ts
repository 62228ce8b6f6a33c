// A guest that runs on this host, with all that Xen says of it: what is changed of it is looked at first, and after.
import type { Guest } from '../../../manager/protocol/guests.ts'
import { sayUnread, unreadOf } from '../../../manager/protocol/unread.ts'
import type { Uuid } from '../../../manager/protocol/values.ts'
import { collect } from '../collect.ts'
import { pause } from '../pause.ts'
import type { World } from '../requests/world.ts'

/** Or why nothing can be changed of it. */
export async function runningGuest({ backend }: Pick<World, 'backend'>, uuid: Uuid): Promise<Guest | string> {
  const read = await collect(backend, ['guests'])
  const unread = sayUnread(unreadOf(read, ['guests']))
  const [guest, other] = read.sections.guests?.filter((one) => one.uuid === uuid) ?? []
  if (guest && !other && (guest.state === 'running' || guest.state === 'paused')) return guest
  if (unread !== undefined) return `which guests there are is not known: ${unread}. It is to be asked again`
  return guest ? `domain ${guest.domid} is ${guest.state}` : 'it does not run on this host: it has no domain here'
}

/** Milliseconds until Xen shows what it was told; and between two looks. */
const SHOWN = 10_000
const LOOK = 500

/** The guest as it is when `isSo`, or when nobody waits any more. */
export async function settled(world: World, uuid: Uuid, isSo: (guest: Guest) => boolean): Promise<Guest | string> {
  const until = world.clock.steady() + SHOWN
  for (;;) {
    const guest = await runningGuest(world, uuid)
    if (typeof guest === 'string' || isSo(guest) || world.clock.steady() >= until) return guest
    await pause(world.clock, LOOK)
  }
}
