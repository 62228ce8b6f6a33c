// What is done when a guest has ended, and before: from the moment that somebody wants its end it is not started again.
import type { Uuid } from '../../../manager/protocol/values.ts'
import type { World } from '../requests/world.ts'
import { closeDevices } from './devices.ts'
import { forget, type KeptGuest, keep, readKept } from './kept.ts'

/** Before anything else is done: an agent that is killed in the midst of it leaves one that does not start the guest again. */
export async function endPolicy(world: World, guest: Uuid): Promise<KeptGuest | undefined> {
  const { backend, files } = world
  const known = await readKept(backend, guest)
  switch (known.kind) {
    case 'none':
      return undefined
    case 'damaged':
      // It can say nothing any more of how the guest is started.
      await forget(world, guest)
      return undefined
    case 'kept': {
      const { kept } = known
      await keep(files, isHalfMade(kept) ? { ...kept, restart: 'never' } : { ...kept, state: 'ending' })
      return kept
    }
  }
}

/** A domain of it that is paused was never let loose. */
export function isHalfMade({ state }: KeptGuest): boolean {
  return state === 'starting' || state === 'restarting'
}

/** Its domain is gone. What stays open is closed later, by whoever looks at what is kept: a domain that is gone does not wait for that. */
export async function tidyUp(world: World, guest: Uuid, kept: KeptGuest | undefined): Promise<void> {
  if (kept && (await closeDevices(world, kept.guest)) !== undefined) return
  await forget(world, guest)
}
