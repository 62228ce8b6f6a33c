// The audit log's chain: each entry's hash is SHA-256 over the hash before and what the entry says. Pure.
import { createHash } from 'node:crypto'
import type { AuditEntry } from '../api/schema-access.ts'

export interface Link {
  readonly seq: number
  readonly hash: string
}

/** What the first entry follows. */
export const START: Link = { seq: 0, hash: '0'.repeat(64) }

/** The entry that follows `last`, its texts as any database gives them back. */
export function chained({ seq, hash }: Link, { at, who, peer, what }: Omit<AuditEntry, 'seq' | 'hash'>): AuditEntry {
  const next = { seq: seq + 1, at, who: storable(who), peer: storable(peer), what: storable(what) }
  return { ...next, hash: hashOf(hash, next) }
}

/** How far the chain goes on from `last`; `broken`: the entry after that does not follow. */
export function follow(last: Link, entries: readonly AuditEntry[]): { readonly last: Link; readonly broken: boolean } {
  let link = last
  for (const entry of entries) {
    if (entry.seq !== link.seq + 1 || entry.hash !== hashOf(link.hash, entry)) return { last: link, broken: true }
    link = { seq: entry.seq, hash: entry.hash }
  }
  return { last: link, broken: false }
}

function hashOf(before: string, { seq, at, who, peer, what }: Omit<AuditEntry, 'hash'>): string {
  return createHash('sha256')
    .update(before)
    .update(JSON.stringify([seq, at, who, peer, what]))
    .digest('hex')
}

/** PostgreSQL takes no NUL, UTF-8 has no lone surrogates, and a log is read on terminals. */
function storable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]/gu, '\ufffd')
}
