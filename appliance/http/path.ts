// The target of an HTTP request (RFC 9112 section 3.2) as a path in the served tree.
import { type PathRefusal, resolvePath, type ServedPath } from '../wire/path.ts'

/** In origin form or, as some boot clients send it, in absolute form; percent-encoding is undone once, and without a query. */
export function resolveTarget(target: string): ServedPath | PathRefusal {
  const [path = ''] = target.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/, 1)
  const name = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  if (/[/\\]$/.test(name)) return { kind: 'refusal', code: 'not-found', reason: 'a folder is asked for' }
  return resolvePath(name)
}

/** The path as it stands in a URL of ours. */
export function urlOf({ path }: ServedPath): string {
  return `/${path.split('/').map(encodeURIComponent).join('/')}`
}
