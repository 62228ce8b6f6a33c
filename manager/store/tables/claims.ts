// The table claims: who holds how much of what. What a row means is manager/claims' to say.
import { type Kysely, sql } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** Who holds how much of what. See manager/claims/claim.ts. */
export interface ClaimsTable {
  holder_kind: string
  holder: string
  part: string
  space: string
  start: number
  length: number
  mode: string
  item: string
  guest: string | null
  holder_name: string
}

declare module '../schema.ts' {
  interface Tables {
    claims: ClaimsTable
  }
}

export const claimsSteps: Steps = { 8: createClaims }

async function createClaims({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('claims')
    .addColumn('holder_kind', 'text', (column) => column.notNull())
    .addColumn('holder', 'text', (column) => column.notNull())
    .addColumn('part', 'text', (column) => column.notNull())
    .addColumn('space', 'text', (column) => column.notNull())
    .addColumn('start', 'bigint', (column) => column.notNull())
    .addColumn('length', 'bigint', (column) => column.notNull())
    .addColumn('mode', 'text', (column) => column.notNull())
    .addColumn('item', 'text', (column) => column.notNull())
    .addColumn('guest', 'text')
    .addColumn('holder_name', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('claims_key', ['holder_kind', 'holder', 'part', 'space', 'start', 'item'])
    .execute()
  await schema.createIndex('claims_by_space').on('claims').columns(['space', 'start']).execute()
  await schema.createIndex('claims_by_guest').on('claims').column('guest').execute()
  // Whatever is decided wrong, no MAC, minor or port is given out twice.
  await schema
    .createIndex('claims_numbers')
    .unique()
    .on('claims')
    .columns(['space', 'start'])
    .where(sql.ref('mode'), '=', sql.lit('number'))
    .execute()
}

export interface ClaimsLook {
  readonly space: string
  /** Left out: all in this space. */
  readonly numbers?: readonly number[]
}

/** SQLite takes so many values a statement (SQLITE_MAX_VARIABLE_NUMBER is 32,766), PostgreSQL as many. */
const MOST_VALUES = 30_000
const COLUMNS = 10

export async function claimsIn(db: Kysely<Tables>, looks: readonly ClaimsLook[]): Promise<readonly ClaimsTable[]> {
  const whole = looks.flatMap(({ space, numbers }) => (numbers === undefined ? [space] : []))
  const rows: ClaimsTable[] = []
  for (const spaces of chunks([...new Set(whole)], MOST_VALUES)) {
    rows.push(...(await db.selectFrom('claims').selectAll().where('space', 'in', spaces).orderBy('space').orderBy('start').execute()))
  }
  for (const { space, numbers } of looks) {
    for (const some of chunks(numbers ?? [], MOST_VALUES)) {
      rows.push(...(await db.selectFrom('claims').selectAll().where('space', '=', space).where('start', 'in', some).execute()))
    }
  }
  return rows
}

/** Of spaces that begin so: `memory:`. */
export async function claimsBelow(db: Kysely<Tables>, prefix: string): Promise<readonly ClaimsTable[]> {
  const after = `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`
  return db.selectFrom('claims').selectAll().where('space', '>=', prefix).where('space', '<', after).execute()
}

export async function claimsOf(db: Kysely<Tables>, kind: string, holder: string): Promise<readonly ClaimsTable[]> {
  return db
    .selectFrom('claims')
    .selectAll()
    .where('holder_kind', '=', kind)
    .where('holder', '=', holder)
    .orderBy('part')
    .orderBy('space')
    .orderBy('start')
    .execute()
}

/** Which of these hold something. */
export async function holdersAmong(db: Kysely<Tables>, kind: string, holders: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const some of chunks(holders, MOST_VALUES)) {
    const rows = await db
      .selectFrom('claims')
      .select('holder')
      .distinct()
      .where('holder_kind', '=', kind)
      .where('holder', 'in', some)
      .execute()
    for (const { holder } of rows) found.add(holder)
  }
  return found
}

/** Which of these guests have claims, whoever holds them. */
export async function claimedGuests(db: Kysely<Tables>, guests: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const some of chunks(guests, MOST_VALUES)) {
    const rows = await db.selectFrom('claims').select('guest').distinct().where('guest', 'in', some).execute()
    for (const { guest } of rows) if (guest !== null) found.add(guest)
  }
  return found
}

export async function addClaims(transaction: Transaction, rows: readonly ClaimsTable[]): Promise<void> {
  for (const some of chunks(rows, MOST_VALUES / COLUMNS)) await transaction.insertInto('claims').values(some).execute()
}

/** `parts`: left out, all of them. */
export async function removeClaims(transaction: Transaction, kind: string, holder: string, parts?: readonly string[]): Promise<void> {
  const all = transaction.deleteFrom('claims').where('holder_kind', '=', kind).where('holder', '=', holder)
  if (!parts) await all.execute()
  else for (const some of chunks(parts, MOST_VALUES)) await all.where('part', 'in', some).execute()
}

export async function renameHolder(transaction: Transaction, kind: string, holder: string, name: string): Promise<void> {
  await transaction.updateTable('claims').set({ holder_name: name }).where('holder_kind', '=', kind).where('holder', '=', holder).execute()
}

function chunks<Item>(items: readonly Item[], most: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / most) }, (_, index) => items.slice(index * most, (index + 1) * most))
}
