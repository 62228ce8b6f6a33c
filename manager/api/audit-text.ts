// What the audit log says of a request: `PATCH /api/v1/hosts/node01 {"name":"web01"}: done`. Secrets are never in it. Pure.
import type { Reply } from './route.ts'

const SECRETS: ReadonlySet<string> = new Set(['password', 'code', 'secret'])
const LONGEST_BODY = 500

export function requestText(method: string, path: string, body: unknown): string {
  const shown = JSON.stringify(body, (name: string, value: unknown) => (SECRETS.has(name) ? '…' : value)) ?? ''
  return [method, path.slice(0, 300), ...(shown === '' || shown === '{}' ? [] : [shown.slice(0, LONGEST_BODY)])].join(' ')
}

export function outcomeText(reply: Reply): string {
  return reply.kind === 'refused' ? `refused (${reply.status}): ${reply.reason}` : 'done'
}
