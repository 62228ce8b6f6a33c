// What is kept of a long request for the next agent of this boot: JSON in RAM, for root alone. Pure.
import { z } from 'zod'
import { answerBody, requestBody } from '../../../manager/protocol/requests.ts'
import { count, word } from '../../../manager/protocol/values.ts'
import { readWritten } from '../files/written-json.ts'

/** A process, told from a later one with the same number by when it began: in clock ticks since the boot (proc(5), stat, field 22). */
const started = z.object({ pid: count.min(2), ticks: count }).readonly()

const jobRecord = z
  .object({
    id: word(256),
    asked: z.string().max(64),
    request: requestBody,
    /** By step. */
    programs: z.record(z.string().regex(/^[a-z-]{1,32}$/), started).readonly(),
    answer: answerBody.exactOptional(),
  })
  .readonly()

export type JobRecord = z.output<typeof jobRecord>
export type Started = z.output<typeof started>

export function encodeJob(record: JobRecord): string {
  return JSON.stringify(record)
}

/** Undefined when it is damaged, or of a version that knows other requests. */
export function decodeJob(text: string): JobRecord | undefined {
  return readWritten(jobRecord, text)
}

/** Of `/proc/PID/stat`: when it began. Undefined when there is none, or only what is left of one that has ended. */
export function ticksIn(stat: string | undefined): number | undefined {
  const fields = fieldsOf(stat)
  const [state] = fields
  const ticks = Number(fields[19])
  return state === undefined || state === 'Z' || state === 'X' || !Number.isSafeInteger(ticks) ? undefined : ticks
}

/** Of `/proc/PID/stat`: its process group. */
export function groupIn(stat: string | undefined): number | undefined {
  const group = Number(fieldsOf(stat)[2])
  return Number.isSafeInteger(group) ? group : undefined
}

/** From the third on: the name before them, in parentheses, may have anything in it. */
function fieldsOf(stat: string | undefined): readonly string[] {
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []
}

/** Of `/proc/uptime`: ticks since the boot. */
export function ticksNow(uptime: string | undefined): number | undefined {
  const seconds = Number.parseFloat(uptime ?? '')
  return Number.isFinite(seconds) ? Math.round(seconds * TICKS) : undefined
}

/** USER_HZ, a second, on every Linux that we run on. */
export const TICKS = 100
