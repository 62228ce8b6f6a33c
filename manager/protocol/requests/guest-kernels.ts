// The requests about files that a guest boots by: they are on its host before it is started, or started again, there.
import { z } from 'zod'
import { kernelFiles } from '../guest-kernel.ts'
import { record, type Uuid, uuid } from '../values.ts'
import { type Hold, holding } from './holds.ts'
import { long, short } from './request.ts'

/**
 * They lie on this host, for this guest, checked by their hashes; each once, however many guests boot by it. start-guest does the same by
 * itself: this is for a guest that comes running. Refused where the manager has them not, or the host no room.
 */
export const bringKernel = long({
  since: 11,
  body: record({ kind: z.literal('bring-kernel'), uuid, files: kernelFiles }),
  answer: record({ kind: z.literal('kernel-brought'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'long',
  yields: 'to urgent',
  holds: ofGuest,
  limit: 900_000,
})

/** They are not here for this guest any more, unless this host keeps the guest: `kept`. */
export const leaveKernel = short({
  since: 11,
  body: record({ kind: z.literal('leave-kernel'), uuid }),
  answer: record({ kind: z.literal('kernel-left'), was: z.enum(['there', 'not there', 'kept']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofGuest,
  limit: 60_000,
})

function ofGuest({ uuid: guest }: { readonly uuid: Uuid }): readonly Hold[] {
  return holding('write', { kind: 'guest', uuid: guest })
}
