// The packets of boots, for people who look for what went wrong with one. Append-only within /api/v1.
import { z } from 'zod'
import { CAPTURE_CAUSES } from '../protocol/appliance.ts'
import { hostId, hostRef } from './hosts.ts'
import { NO_CONTENT, NOTHING, operation } from './operation.ts'
import { onHosts, POOL } from './target.ts'

const attempt = z.string().regex(/^[a-z2-7]{16}$/, 'is no id of a boot attempt')

const bootCapture = z
  .object({
    attempt,
    appliance: z.string(),
    mac: z.string(),
    /** Of a machine that has enrolled. */
    host: hostId.optional(),
    hostName: z.string().optional(),
    cause: z.enum(CAPTURE_CAUSES),
    began: z.number(),
    ended: z.number(),
    packets: z.number(),
    /** That passed and are not in it. */
    missed: z.number(),
    /** Of the file. */
    bytes: z.number(),
  })
  .meta({ id: 'BootCapture' })

/** A host whose boot is to be captured, the one that goes on or the next. */
const captureOrder = z.object({ host: hostId, hostName: z.string(), at: z.number(), who: z.string() }).meta({ id: 'BootCaptureOrder' })

export const captures = {
  list: operation({
    http: 'GET /captures',
    role: 'viewer',
    summary: 'The captures of boots that are kept, newest first, of whichever appliance; and the hosts whose next boot is to be captured',
    input: NOTHING,
    output: z.object({ captures: z.array(bootCapture), orders: z.array(captureOrder) }),
  }),
  order: operation({
    http: 'POST /hosts/:ref/captures',
    role: 'operator',
    status: 202,
    summary: 'Capture the boot of a host that goes on, or else its next, whatever comes of it; one that fails is captured anyway',
    input: z.strictObject({ ref: hostRef }),
    output: NO_CONTENT,
    on: ({ ref }) => onHosts(ref),
    did: ({ ref }, say) => `order a capture of the boot of host ${say.host(ref)}`,
  }),
  // What was on the wire is for operators, and who has had it is written down: hence no GET.
  fetch: operation({
    http: 'POST /captures/:attempt/fetch',
    role: 'operator',
    summary: 'The packets of a boot, as a pcapng in gzip in base64; boot tokens are struck out, and files are cut',
    // Of a machine that is no host there is none to name: that is for those who may act on all.
    input: z.strictObject({ attempt, host: hostRef.optional() }),
    output: z.object({ capture: bootCapture, gzip: z.string() }),
    on: ({ host }) => (host === undefined ? POOL : onHosts(host)),
    did: ({ attempt, host }, say) => `fetch the capture of boot ${attempt}${host === undefined ? '' : ` of host ${say.host(host)}`}`,
  }),
}

export type BootCapture = z.output<typeof bootCapture>
export type BootCaptureOrder = z.output<typeof captureOrder>
