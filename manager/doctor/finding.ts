// What the doctor finds: of one thing each, with what was seen and how to mend it. What could not be read is `unknown`, never `ok`. Pure.

export type Result = 'ok' | 'warning' | 'failed' | 'unknown'

export interface Judged {
  /** What it is about: `UDP 67`, `dom0`. */
  readonly subject: string
  readonly result: Result
  readonly seen: string
  /** What to do; left out where there is nothing to do. */
  readonly mend?: string
}

export interface Finding extends Judged {
  /** The name of the check, which is a contract: `--only` and `--skip` take it. */
  readonly check: string
}

export type Reading<Value> =
  | { readonly kind: 'read'; readonly value: Value }
  /** `mend`: what makes it readable. */
  | { readonly kind: 'unread'; readonly reason: string; readonly mend?: string }

export const read = <Value>(value: Value): Reading<Value> => ({ kind: 'read', value })

export function unread<Value>(reason: string, mend?: string): Reading<Value> {
  return { kind: 'unread', reason, ...(mend === undefined ? {} : { mend }) }
}

/** The one finding of what could not be read. */
export function unknown(subject: string, { reason, mend }: { readonly reason: string; readonly mend?: string }): Judged {
  return { subject, result: 'unknown', seen: reason, ...(mend === undefined ? {} : { mend }) }
}

/** As monitoring plugins of Nagios end: 0 ok, 1 warning, 2 failed, 3 unknown; what is known to be wrong counts before what is not known. */
export function exitCodeOf(findings: readonly Pick<Finding, 'result'>[]): 0 | 1 | 2 | 3 {
  const has = (wanted: Result) => findings.some(({ result }) => result === wanted)
  return has('failed') ? 2 : has('warning') ? 1 : has('unknown') ? 3 : 0
}

/** `2 failed, 1 warning, 9 ok`. */
export function sayCounts(findings: readonly Pick<Finding, 'result'>[]): string {
  const order: readonly Result[] = ['failed', 'warning', 'unknown', 'ok']
  const counts = order.map((one) => [findings.filter(({ result }) => result === one).length, one] as const)
  return counts.flatMap(([count, one]) => (count > 0 ? `${count} ${one}${one === 'warning' && count > 1 ? 's' : ''}` : [])).join(', ')
}
