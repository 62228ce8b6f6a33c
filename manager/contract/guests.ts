// Guests, as the hosts that they run on tell. Append-only within /api/v1. Sizes are bytes, rates a second.
import { z } from 'zod'
import { hostId } from './hosts.ts'
import { NOTHING, operation } from './operation.ts'

const sum = z.number().nonnegative()

const guest = z
  .object({
    host: hostId,
    hostName: z.string(),
    uuid: z.string(),
    name: z.string(),
    domid: z.number(),
    /** Missing, as `disks` and `nics` are, for a domain whose configuration could not be read. */
    type: z.enum(['pv', 'pvh', 'hvm']).optional(),
    state: z.string(),
    vcpus: z.number(),
    memoryBytes: z.number(),
    disks: z.number().optional(),
    nics: z.number().optional(),
    /** Of the newest sample. */
    load: z
      .object({
        cpus: sum,
        readBytesPerSecond: sum,
        writtenBytesPerSecond: sum,
        receivedBytesPerSecond: sum,
        sentBytesPerSecond: sum,
      })
      .optional(),
  })
  .meta({ id: 'Guest' })

export const guests = {
  list: operation({
    http: 'GET /guests',
    role: 'viewer',
    summary: 'All guests, by host',
    input: NOTHING,
    output: z.object({ guests: z.array(guest) }),
  }),
}

export type Guest = z.output<typeof guest>
