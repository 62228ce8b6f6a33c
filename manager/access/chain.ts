// The audit log's chain: each entry's hash is an HMAC (RFC 2104, SHA-256) over the hash before and what the entry says, by a key that is not
// in the database: who can write there cannot make the hashes anew. Entries from before there was a key have a plain SHA-256. Pure.
import { createHash, createHmac } from 'node:crypto'
import type { AuditEntry } from '../protocol/accounts.ts'

export interface Link {
  readonly seq: number
  readonly hash: string
}

/** What the first entry follows. */
export const START: Link = { seq: 0, hash: '0'.repeat(64) }

/** The entry that follows `last`, its texts as every database gives them back; `key` undefined: as they were before there was one. */
export function chained({ seq, hash }: Link, { at, who, peer, what }: Omit<AuditEntry, 'seq' | 'hash'>, key?: Buffer): AuditEntry {
  const next = { seq: seq + 1, at, who: storable(who), peer: storable(peer), what: storable(what) }
  return { ...next, hash: hashOf(hash, next, key) }
}

/** How far the chain goes on from `last`; `broken`: the entry after that does not follow. */
export function follow(last: Link, entries: readonly AuditEntry[], key?: Buffer): { readonly last: Link; readonly broken: boolean } {
  let link = last
  for (const entry of entries) {
    if (entry.seq !== link.seq + 1 || entry.hash !== hashOf(link.hash, entry, key)) return { last: link, broken: true }
    link = { seq: entry.seq, hash: entry.hash }
  }
  return { last: link, broken: false }
}

/** Under what the entries from before the key are closed. `kind`: chained without a key, or by one that is lost. */
export interface Seal extends Link {
  readonly kind: 'plain' | 'lost'
  readonly mac: string
}

export function sealed(key: Buffer, kind: Seal['kind'], { seq, hash }: Link): Seal {
  const mac = createHmac('sha256', key)
    .update(`seal ${JSON.stringify([kind, seq, hash])}`)
    .digest('hex')
  return { kind, seq, hash, mac }
}

function hashOf(before: string, { seq, at, who, peer, what }: Omit<AuditEntry, 'hash'>, key: Buffer | undefined): string {
  return (key ? createHmac('sha256', key) : createHash('sha256'))
    .update(before)
    .update(JSON.stringify([seq, at, who, peer, what]))
    .digest('hex')
}

/** PostgreSQL takes no NUL, UTF-8 has no lone surrogates, and a log is read on terminals. */
function storable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]/gu, '\ufffd')
}
