// Which requests of a move send so much that their pace matters, and how their host is told another one while they last. Pure.
import type { Tagged } from '../../../automation/effect.ts'
import { type RequestOf, requestBody } from '../../../protocol/requests.ts'

export type PaceOrder = RequestOf<'pace-mirror'> | RequestOf<'pace-send'> | RequestOf<'pace-seed'>

const SENDING: readonly string[] = ['sync-mirror', 'verify-mirror', 'send-guest', 'send-seed']

/** What tells the host; undefined: this request sends nothing that has a pace. `rateBytes`: a second; undefined: as fast as it goes. */
export function paceOf(body: Tagged): ((rateBytes: number | undefined) => PaceOrder) | undefined {
  if (!SENDING.includes(body.kind)) return undefined
  const read = requestBody.safeParse(body)
  if (!read.success) return undefined
  const { data } = read
  switch (data.kind) {
    case 'sync-mirror':
    case 'verify-mirror': {
      const { vg, disk, minor } = data
      return (rateBytes) => ({ kind: 'pace-mirror', vg, disk, minor, ...kilobytes(rateBytes) })
    }
    case 'send-seed': {
      const { seed, disk } = data
      return (rateBytes) => ({ kind: 'pace-seed', seed, disk, ...kilobytes(rateBytes) })
    }
    case 'send-guest': {
      const { migration } = data
      return (rateBytes) => ({ kind: 'pace-send', migration, ...kilobytes(rateBytes) })
    }
    default:
      return undefined
  }
}

/** As requests have it: left out, as fast as it goes. */
export function kilobytes(rateBytes: number | undefined): { readonly rateKBps?: number } {
  return rateBytes === undefined ? {} : { rateKBps: Math.max(1, Math.floor(rateBytes / 1000)) }
}
