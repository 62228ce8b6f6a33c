// The headers of a request that starts an automation: Idempotency-Key, by which it is known when it comes again, and
// Hostless-Automation, of a hook of that automation which has this one started. Pure.
import type { IncomingHttpHeaders } from 'node:http'
import { MOST_KEY } from '../../automation/admission/repeats.ts'
import type { Refused } from '../../outcome.ts'
import type { StartedBy } from '../handlers/handlers.ts'

export function startOf(headers: IncomingHttpHeaders): { readonly kind: 'start'; readonly start: StartedBy } | Refused {
  const { 'idempotency-key': key, 'hostless-automation': within } = headers
  if (key !== undefined && !(typeof key === 'string' && /^[!-~]+$/.test(key) && key.length <= MOST_KEY)) {
    return refused(`Idempotency-Key: is not 1 to ${MOST_KEY} printable characters without a space`)
  }
  if (within !== undefined && !(typeof within === 'string' && /^[\w-]{1,64}$/.test(within))) {
    return refused('Hostless-Automation: is no id of an automation')
  }
  return { kind: 'start', start: { ...(key === undefined ? {} : { key }), ...(within === undefined ? {} : { within }) } }
}

function refused(reason: string): Refused {
  return { kind: 'refused', status: 400, reason }
}
