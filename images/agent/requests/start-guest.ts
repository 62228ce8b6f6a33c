// The request start-guest: the guest's domain is there, made from what the request says, or as it was made before.
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { readKept } from '../guests/kept.ts'
import { start } from '../guests/start.ts'
import { refused } from './refusal.ts'
import { type Task, UNWATCHED } from './task.ts'
import type { World } from './world.ts'

/** What a start or an end of a guest changes of what is reported. */
export const OF_GUESTS = ['guests', 'xen', 'memory', 'bridges'] as const

export async function startGuest(
  world: World,
  { guest, restart }: RequestOf<'start-guest'>,
  task: Task = UNWATCHED,
): Promise<AnswerOf<'start-guest'> | Refusal> {
  const before = await readKept(world.backend, guest.uuid)
  const started = await start(world, { next: { guest, restart, state: 'starting', crashes: [] }, before, task })
  await world.collect(OF_GUESTS)
  switch (started.kind) {
    case 'started':
      return { kind: 'guest-started', domid: started.domid, was: started.was }
    case 'later':
      return refused('busy', started.reason)
    case 'failed':
      return refused('unable', started.reason)
  }
}
