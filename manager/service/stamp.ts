// Files that hostless writes into /etc begin with a line that has the hash of the rest: by it, a change by hand is seen. Pure.
import { createHash } from 'node:crypto'

const STAMP = /^# Written by hostless install \(sha256 ([0-9a-f]{64})\)[^\n]*\n/

export function stamped(body: string): string {
  return `# Written by hostless install (sha256 ${hashOf(body)}); what is changed here by hand is not written again without --force.\n${body}`
}

/** `ours`: as an install wrote it, with another config or by another version; `changed`: by hand, or never ours. */
export type FileState = 'missing' | 'same' | 'ours' | 'changed'

/** `found`: undefined when there is no file; `wanted`: as `stamped` gives it. */
export function stateOf(found: string | undefined, wanted: string): FileState {
  if (found === undefined) return 'missing'
  if (found === wanted) return 'same'
  const stamp = STAMP.exec(found)
  return stamp && hashOf(found.slice(stamp[0].length)) === stamp[1] ? 'ours' : 'changed'
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex')
}
