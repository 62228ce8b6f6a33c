// What the manager is told of the tokens on command lines: each lets one agent in, from one address. Pure.
import { type AttemptsPush, attemptsPush } from '../../manager/protocol/appliance.ts'
import type { UnpushedToken, UnpushedTokens } from '../store/unpushed-tokens.ts'
import type { Source } from './source.ts'

/** How long a token is good, ms, from when the manager is first told of it: before that its host can ask nobody. */
export const TOKEN_LIFE = 3600_000
/** With the manager away for longer than this, ms, hosts that booted meanwhile have to boot again to enrol. */
export const LONGEST_WAIT = 7 * 24 * 3600_000
/** Tokens told at once. */
export const TOKENS_AT_ONCE = 256

/** Undefined for tokens that cannot be told: ours always can. */
export function tokenPush(tokens: readonly UnpushedToken[], now: number): AttemptsPush | undefined {
  const attempts = tokens.map(({ attempt, mac, address, uuid, tokenHash }) => ({
    id: attempt,
    mac,
    address,
    tokenHash,
    expires: now + TOKEN_LIFE,
    ...(uuid === undefined ? {} : { uuid }),
  }))
  return attemptsPush.safeParse({ attempts }).data
}

export function tokenSource(tokens: Pick<UnpushedTokens, 'oldest' | 'acknowledged' | 'forgetBefore'>, now: () => number): Source {
  return () => {
    tokens.forgetBefore(now() - LONGEST_WAIT)
    const oldest = tokens.oldest(TOKENS_AT_ONCE)
    const body = oldest.length > 0 ? tokenPush(oldest, now()) : undefined
    return body && { path: '/appliance/attempts', body, acknowledged: () => tokens.acknowledged(oldest) }
  }
}
