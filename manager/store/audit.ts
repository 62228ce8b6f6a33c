// The table audit: what was done through the API and the page. Each row's hash follows from the one before; where the chain
// ends is kept apart, so that a row that is changed, removed, moved or cut off the end is found.
import { type Kysely, sql } from 'kysely'
import { chained, follow, type Link, START } from '../access/chain.ts'
import type { AuditEntry } from '../api/schema-access.ts'
import type { Transaction } from './database.ts'
import type { Tables } from './schema.ts'

/** Of `settings`: what the newest entry has to be. */
const HEAD_KEY = 'audit-head'
const PAGE = 1000

export async function addAudit(transaction: Transaction, entry: Omit<AuditEntry, 'seq' | 'hash'>): Promise<void> {
  const row = chained(await auditHead(transaction), entry)
  await transaction.insertInto('audit').values(row).execute()
  await transaction
    .insertInto('settings')
    .values({ key: HEAD_KEY, value: JSON.stringify({ seq: row.seq, hash: row.hash }) })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: sql<string>`excluded.value` }))
    .execute()
}

/** Newest first. */
export async function auditBefore(db: Kysely<Tables>, seq: number | undefined, limit: number): Promise<readonly AuditEntry[]> {
  const newest = db.selectFrom('audit').selectAll().orderBy('seq', 'desc').limit(limit)
  return (seq === undefined ? newest : newest.where('seq', '<', seq)).execute()
}

/**
 * The seq of the first entry that is not what was written there; undefined when the whole log is. The head is read before each
 * page, so that entries which come meanwhile are taken neither for forged nor for missing.
 */
export async function firstBroken(db: Kysely<Tables>): Promise<number | undefined> {
  let last = START
  for (;;) {
    const head = await auditHead(db)
    const page = await db.selectFrom('audit').selectAll().where('seq', '>', last.seq).orderBy('seq').limit(PAGE).execute()
    if (page.length === 0) return head.seq === last.seq && head.hash === last.hash ? undefined : Math.min(head.seq, last.seq) + 1
    const walked = follow(last, page)
    if (walked.broken) return walked.last.seq + 1
    last = walked.last
  }
}

async function auditHead(db: Kysely<Tables>): Promise<Link> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', HEAD_KEY).executeTakeFirst()
  return row ? (JSON.parse(row.value) as Link) : START
}
