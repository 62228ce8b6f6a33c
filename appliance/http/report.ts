// What a booting machine says of itself: `POST /report/<attempt>`, at most 4 KiB of lines `key=value` (contract).
// The bytes are hostile until parsed: printable ASCII only, so that a value is safe in a log, a page and a terminal.

import { z } from 'zod'

/** In bytes, of the whole body. */
export const LONGEST_REPORT = 4096
const MOST_DETAILS = 32
const LONGEST_VALUE = 512

const report = z.strictObject({
  stage: z.enum(['initramfs', 'network', 'root', 'dom0', 'up']),
  status: z.enum(['begin', 'done', 'failed']),
  /** Seconds since the kernel started. */
  uptime: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,2})?$/, 'is not seconds.hundredths')
    .transform(Number)
    .optional(),
  detail: z.record(z.string(), z.string()),
})

export type BootReport = Readonly<Omit<z.infer<typeof report>, 'detail'>> & { readonly detail: Readonly<Record<string, string>> }

export type ParsedReport =
  | { readonly kind: 'report'; readonly report: BootReport }
  /** The reason names line and rule, and repeats nothing of the body. */
  | { readonly kind: 'refusal'; readonly reason: string }

export function parseReport(body: Uint8Array): ParsedReport {
  if (body.length > LONGEST_REPORT) return refuse(`a report has at most ${LONGEST_REPORT} bytes`)
  const fields = new Map<string, string>()
  for (const [index, line] of Buffer.from(body).toString('latin1').split('\n').entries()) {
    if (line === '') continue
    const [, key, value] = /^([a-z][a-z0-9_-]{0,31})=([ -~]*)$/.exec(line) ?? []
    if (key === undefined || value === undefined) return refuse(`line ${index + 1} is not key=value in printable ASCII`)
    if (value.length > LONGEST_VALUE) return refuse(`the value in line ${index + 1} has more than ${LONGEST_VALUE} characters`)
    if (fields.has(key)) return refuse(`line ${index + 1} repeats a key`)
    fields.set(key, value)
  }
  const { stage, status, uptime, ...detail } = Object.fromEntries(fields)
  if (Object.keys(detail).length > MOST_DETAILS) return refuse(`a report has at most ${MOST_DETAILS} details`)
  const parsed = report.safeParse({ stage, status, ...(uptime === undefined ? {} : { uptime }), detail })
  if (parsed.success) return { kind: 'report', report: parsed.data }
  return refuse(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '))
}

function refuse(reason: string): ParsedReport {
  return { kind: 'refusal', reason }
}
