// The request upgrade: fetch this bundle from `GET /agent/bundle`, check it and let it take this agent's place.
import { z } from 'zod'
import { bytes, record, sha256, word } from '../values.ts'
import { holding } from './holds.ts'
import { short } from './request.ts'

export const upgrade = short({
  since: 2,
  body: record({ kind: z.literal('upgrade'), version: word(64), sha256, size: bytes.max(32 << 20) }),
  /** `handing-over`: the connection ends and the new version comes back; `running`: it runs already. */
  answer: record({ kind: z.literal('upgraded'), state: z.enum(['handing-over', 'running']) }),
  changes: 'agent',
  pace: 'quick',
  holds: () => holding('write', { kind: 'only', name: 'agent' }),
  limit: 300_000,
})

/** Each under its own kind. */
export const upgradeRequests = {
  upgrade,
} as const
