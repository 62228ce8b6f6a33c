// What hosts and guests used over time. Append-only within /api/v1. Times are milliseconds since the epoch, sizes bytes, rates bytes a
// second; CPU is the share of the CPUs that the host or the guest has, 0 to 1.
import { z } from 'zod'
import { hostRef } from './hosts.ts'
import { operation } from './operation.ts'
import { vmRef } from './vms.ts'

/** A value for each of `times`; null: a gap, in which it was not measured. */
const line = z.array(z.number().nullable())
const lines = z.object({
  mean: line,
  /** Of `1d`: the most of the five minutes. */
  most: line.optional(),
})

const measures = z
  .object({
    last: z.enum(['1h', '1d']),
    /** What is shown begins and ends there, measured or not. */
    from: z.number(),
    until: z.number(),
    /** None: nothing was measured in that time. */
    times: z.array(z.number()),
    cpu: lines,
    /** Of a guest: that it has been given. */
    memory: lines,
    read: lines,
    written: lines,
    received: lines,
    sent: lines,
  })
  .meta({ id: 'Measures' })

const asked = {
  /** `1h`: each sample of the last hour, as long as the manager has run; `1d`: the last day by five minutes. */
  last: z.enum(['1h', '1d']).default('1h'),
  /** Points before it are left out. */
  since: z.coerce.number<number | string>().int().nonnegative().default(0),
}

export const measured = {
  host: operation({
    http: 'GET /hosts/:ref/measures',
    role: 'viewer',
    summary: 'CPU, memory, disks and network of a host, over the last hour or day',
    input: z.strictObject({ ref: hostRef, ...asked }),
    output: measures,
  }),
  vm: operation({
    http: 'GET /vms/:ref/measures',
    role: 'viewer',
    summary: 'CPU, memory, disks and network of a guest, over the last hour or day, on whatever hosts it was',
    input: z.strictObject({ ref: vmRef, ...asked }),
    output: measures,
  }),
}

export type Measures = z.output<typeof measures>
export type Last = Measures['last']
