// What the audit log says of a request: `PATCH /api/v1/hosts/node01 {"name":"web01"}: done`. Secrets are never in it. Pure.
import { createHash } from 'node:crypto'
import type { Reply } from './route.ts'

const SECRETS: ReadonlySet<string> = new Set(['password', 'code', 'secret'])
const LONGEST_PATH = 300
const LONGEST_BODY = 500

export function requestText(method: string, path: string, body: unknown): string {
  const shown = JSON.stringify(body, (name: string, value: unknown) => (SECRETS.has(name) ? '…' : value)) ?? '{}'
  return [method, shortened(path, LONGEST_PATH), ...(shown === '{}' ? [] : [shortened(shown, LONGEST_BODY)])].join(' ')
}

/** By its hash a longer text can be told from others, if somebody still has it. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text
  return `${text.slice(0, most)}… (${text.length} characters, SHA-256 ${createHash('sha256').update(text).digest('hex')})`
}

export function outcomeText(reply: Reply): string {
  return reply.kind === 'refused' ? `refused (${reply.status}): ${reply.reason}` : 'done'
}
