// Long texts, cut for the audit log.
import { createHash } from 'node:crypto'

/** By its hash a longer text can be told from others, if somebody still has it. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text
  return `${text.slice(0, most)}… (${text.length} characters, SHA-256 ${createHash('sha256').update(text).digest('hex')})`
}
