// What changes in the pool, as it is told to whoever listens. Append-only within /api/v1.
import { z } from 'zod'
import { hostId, hostState } from './hosts.ts'
import { NOTHING, operation } from './operation.ts'

/** That something has changed; what it is now is asked of the other operations. */
export const poolEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('host'), host: hostId, name: z.string(), state: hostState }),
  z.object({ kind: z.literal('inventory'), host: hostId, sections: z.array(z.string()) }),
  z.object({ kind: z.literal('sample'), host: hostId }),
  z.object({ kind: z.literal('alarm'), alarm: z.string() }),
  z.object({ kind: z.literal('alarm-cleared'), alarm: z.string() }),
  z.object({ kind: z.literal('boot'), mac: z.string() }),
  /** Something of it is other than before. */
  z.object({ kind: z.literal('automation'), automation: z.string() }),
  /** Something of a task is other than before, an automation's too. */
  z.object({ kind: z.literal('task'), task: z.string() }),
  /** A host has looked at a file system, or could not. */
  z.object({ kind: z.literal('scan'), thing: z.string() }),
])

/** To who comes back with a Last-Event-ID from which on not all is kept: everything is to be asked for anew. */
const missed = z.object({ kind: z.literal('missed') })

export const events = {
  stream: operation({
    http: 'GET /events',
    role: 'viewer',
    summary:
      'What changes, as server-sent events: `event` is the kind, `data` this as JSON. Who comes back with a Last-Event-ID is told what it has missed',
    input: NOTHING,
    output: z.discriminatedUnion('kind', [...poolEvent.options, missed]).meta({ id: 'Event' }),
    answers: 'events',
  }),
}

export type PoolEvent = z.output<typeof poolEvent>
