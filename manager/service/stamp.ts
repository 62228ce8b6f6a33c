// Files that hostless writes into /etc begin with a line that has the hash of the rest: by it, a change by hand is seen. Pure.
import { createHash } from 'node:crypto'

const STAMP = /^# Written by hostless install \(sha256 ([0-9a-f]{64})\)[^\n]*\n/

export function stamped(body: string): string {
  return `# Written by hostless install (sha256 ${hashOf(body)}); what is changed here by hand is not written again without --force.\n${body}`
}

/**
 * `ours`: as an install wrote it, with another config or by another version; `changed`: by hand, or never ours; `packaged`: the Debian
 * package has it, and nothing stands in its place; `doubled`: it does, and ours does all the same.
 */
export type FileState = 'missing' | 'same' | 'ours' | 'changed' | 'packaged' | 'doubled'

/** `found`: undefined when there is no file; `wanted`: as `stamped` gives it; `packaged`: what the Debian package has of it, unstamped. */
export function stateOf(found: string | undefined, wanted: string, packaged?: string): FileState {
  const body = wanted.replace(STAMP, '')
  const isPackaged = body !== '' && packaged?.includes(body) === true
  if (found === undefined) return isPackaged ? 'packaged' : 'missing'
  const stamp = STAMP.exec(found)
  const isOurs = found === wanted || (stamp !== null && hashOf(found.slice(stamp[0].length)) === stamp[1])
  if (!isOurs) return 'changed'
  if (isPackaged) return 'doubled'
  return found === wanted ? 'same' : 'ours'
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex')
}
