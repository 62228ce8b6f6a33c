// What becomes of a message that was sent; and words of a receiver's, made fit to be shown. Pure.
import { oneLine } from './message.ts'

export type Sent =
  /** `but`: who of several receivers did not get it. */
  | { readonly kind: 'sent'; readonly but?: string }
  /** `lasting`: the receiver was reached and does not take it: more of the same does not help. */
  | { readonly kind: 'failed'; readonly lasting: boolean; readonly reason: string }

/** Sealed with a key that is no more. */
export const UNREADABLE = 'what is secret of it cannot be read any more: set it anew'

/** Characters. */
const LONGEST = 300

/** One line of a stranger's, in which no secret is repeated. */
export function shown(text: string, secrets: readonly (string | undefined)[]): string {
  const hidden = secrets
    .flatMap((secret) => (secret ? [secret, Buffer.from(secret, 'utf8').toString('base64')] : []))
    .sort((a, b) => b.length - a.length)
    .reduce((said, secret) => said.replaceAll(secret, '…'), oneLine(text))
  return hidden.length > LONGEST ? `${hidden.slice(0, LONGEST - 1)}…` : hidden
}

export function failed(reason: string, lasting: 'lasting' | 'passing'): Sent {
  return { kind: 'failed', lasting: lasting === 'lasting', reason }
}
