// The table audit: what was done through the API and the page. Each row's hash follows from the one before; where the chain
// ends is kept apart, here and outside the database, so that a row that is changed, removed, moved or cut off the end is found.
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import { chained, follow, type Link, type Seal, START, sealed } from '../../access/chain.ts'
import type { AuditEntry } from '../../protocol/accounts.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** Append only. `settings` holds the seq and the hash of the newest, so that a tail that is cut off is missed. */
export interface AuditTable {
  seq: number
  at: number
  who: string
  peer: string
  what: string
  /** See manager/access/chain.ts. */
  hash: string
}

declare module '../schema.ts' {
  interface Tables {
    audit: AuditTable
  }
}

export const auditSteps: Steps = { 2: createAudit }

async function createAudit({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('audit')
    .addColumn('seq', 'bigint', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('who', 'text', (column) => column.notNull())
    .addColumn('peer', 'text', (column) => column.notNull())
    .addColumn('what', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute()
}

/** Of `settings`: what the newest entry has to be. */
const HEAD_KEY = 'audit-head'
/** Of `settings`: what closes the entries from before the key. */
const SEAL_KEY = 'audit-seal'
const PAGE = 1000

export const link = z.object({ seq: z.number().int().min(0), hash: z.string().regex(/^[0-9a-f]{64}$/) })

/** What verifies the chain from outside the database. */
export interface ChainWitness {
  readonly key: Buffer
  /** The newest entry that is known to have been written; undefined: none is. */
  newest(): Link | undefined
}

export async function addAudit(transaction: Transaction, entry: Omit<AuditEntry, 'seq' | 'hash'>, key: Buffer | undefined): Promise<Link> {
  const row = chained(await auditHead(transaction), entry, key)
  await transaction.insertInto('audit').values(row).execute()
  await set(transaction, HEAD_KEY, { seq: row.seq, hash: row.hash })
  return { seq: row.seq, hash: row.hash }
}

/** Closes the entries that are there under a new key: none, too, so that a log that was keyed from the first on is told from one of before. */
export async function sealAudit(transaction: Kysely<Tables>, key: Buffer): Promise<void> {
  const head = await auditHead(transaction)
  const isFirst = (await setting(transaction, SEAL_KEY)) === undefined
  await set(transaction, SEAL_KEY, sealed(key, isFirst ? 'plain' : 'lost', head))
}

/** Entries that all of this is true of. */
export interface AuditChoice {
  readonly who?: string | undefined
  /** Names of which one is in its sentence, whole: `node1` is not in `node17`. */
  readonly about?: readonly string[] | undefined
  /** Milliseconds since the epoch, from the first to before the second. */
  readonly from?: number | undefined
  readonly until?: number | undefined
}

/** Newest first. */
export async function auditBefore(
  db: Kysely<Tables>,
  seq: number | undefined,
  limit: number,
  { who, about, from, until }: AuditChoice = {},
): Promise<readonly AuditEntry[]> {
  const [isMeant, most] = about === undefined ? [() => true, limit] : [naming(about), PAGE]
  const found: AuditEntry[] = []
  for (let before = seq; ; ) {
    let rows = db.selectFrom('audit').selectAll().orderBy('seq', 'desc').limit(most)
    if (before !== undefined) rows = rows.where('seq', '<', before)
    if (who !== undefined) rows = rows.where('who', '=', who)
    if (from !== undefined) rows = rows.where('at', '>=', from)
    if (until !== undefined) rows = rows.where('at', '<', until)
    if (about !== undefined) {
      const each = about.map((name) => sql`lower(what) like ${`%${escaped(name)}%`} escape '!'`)
      rows = rows.where(sql<boolean>`(${sql.join(each, sql` or `)})`)
    }
    const page = await rows.execute()
    found.push(...page.filter(({ what }) => isMeant(what)))
    const oldest = page.at(-1)
    if (!oldest || page.length < most || found.length >= limit) return found.slice(0, limit)
    before = oldest.seq
  }
}

function escaped(text: string): string {
  return text.toLowerCase().replace(/[!%_]/g, '!$&')
}

function naming(about: readonly string[]): (what: string) => boolean {
  const names = about.map((name) => name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
  const whole = new RegExp(`(?<![\\w-])(?:${names.join('|')})(?![\\w-])`, 'iu')
  return (what) => whole.test(what)
}

export interface Verified {
  /** The seq of the first entry that is not what was written there; undefined when the whole log is. */
  readonly broken: number | undefined
  /** Of the first entry that the key vouches for, where there are others before it: of those it says only where they ended. */
  readonly keyedFrom: number | undefined
}

/** The head is read before each page, so that entries which come meanwhile are taken neither for forged nor for missing. */
export async function verifyAudit(db: Kysely<Tables>, witness: ChainWitness | undefined): Promise<Verified> {
  const key = witness?.key
  const newest = witness?.newest()
  const seal = await sealOf(db)
  if (seal && key && sealed(key, seal.kind, seal).mac !== seal.mac) return { broken: 1, keyedFrom: undefined }
  const keyedFrom = key && seal && seal.seq > 0 ? seal.seq + 1 : undefined
  let last: Link = seal?.kind === 'lost' ? seal : START
  for (;;) {
    const head = await auditHead(db)
    const isPlain = seal !== undefined && last.seq < seal.seq
    const rows = db.selectFrom('audit').selectAll().where('seq', '>', last.seq).orderBy('seq').limit(PAGE)
    const page = await (isPlain ? rows.where('seq', '<=', seal.seq) : rows).execute()
    const broken = (seq: number): Verified => ({ broken: seq, keyedFrom })
    if (page.length === 0) {
      if (isPlain || head.seq !== last.seq || head.hash !== last.hash) return broken(Math.min(head.seq, last.seq) + 1)
      return newest && newest.seq > last.seq ? broken(last.seq + 1) : { broken: undefined, keyedFrom }
    }
    const walked = follow(last, page, isPlain ? undefined : key)
    if (walked.broken) return broken(walked.last.seq + 1)
    const known = [seal, newest].find((one) => one && page.some(({ seq, hash }) => seq === one.seq && hash !== one.hash))
    if (known) return broken(known.seq)
    last = walked.last
  }
}

export async function auditHead(db: Kysely<Tables>): Promise<Link> {
  const value = await setting(db, HEAD_KEY)
  return value === undefined ? START : link.parse(JSON.parse(value))
}

const seal = link.extend({ kind: z.enum(['plain', 'lost']), mac: z.string() })

/** One that cannot be read fits no key. */
async function sealOf(db: Kysely<Tables>): Promise<Seal | undefined> {
  const value = await setting(db, SEAL_KEY)
  if (value === undefined) return undefined
  try {
    return seal.parse(JSON.parse(value))
  } catch {
    return { ...START, kind: 'plain', mac: '' }
  }
}

async function setting(db: Kysely<Tables>, key: string): Promise<string | undefined> {
  return (await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst())?.value
}

async function set(db: Kysely<Tables>, key: string, value: object): Promise<void> {
  await db
    .insertInto('settings')
    .values({ key, value: JSON.stringify(value) })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: sql<string>`excluded.value` }))
    .execute()
}
