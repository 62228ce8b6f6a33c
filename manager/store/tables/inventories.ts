// The tables inventories and revisions: the newest inventory of each host, a row a section, and which revision it is.
import { type Kysely, sql } from 'kysely'
import { type Inventory, LATER_SECTIONS, type Problem, SECTION_NAMES, type Sections } from '../../protocol/inventory.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

export interface InventoriesTable {
  host: string
  /** Name of the section, or `problems`. */
  section: string
  json: string
}

/** What `inventories` holds of a host: the revision, counted within one run of its agent. */
export interface RevisionsTable {
  host: string
  run: string
  revision: number
  at: number
}

declare module '../schema.ts' {
  interface Tables {
    inventories: InventoriesTable
    revisions: RevisionsTable
  }
}

export const inventoriesSteps: Steps = { 1: createInventories }

async function createInventories({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('inventories')
    .addColumn('host', 'text', (column) => column.notNull().references('hosts.id').onDelete('cascade'))
    .addColumn('section', 'text', (column) => column.notNull())
    .addColumn('json', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('inventories_key', ['host', 'section'])
    .execute()
  await schema
    .createTable('revisions')
    .addColumn('host', 'text', (column) => column.primaryKey().references('hosts.id').onDelete('cascade'))
    .addColumn('run', 'text', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute()
}

/** A revision is counted within one run of one agent. */
export interface Revision {
  readonly run: string
  readonly revision: number
}

export interface Report extends Revision {
  readonly sections: { readonly [Name in keyof Sections]?: Sections[Name] | undefined }
  readonly problems: readonly Problem[]
}

/** The sections of this report take the place of the ones before; the others stay. */
export async function saveInventory(transaction: Transaction, host: string, at: number, report: Report): Promise<void> {
  const { run, revision, sections, problems } = report
  const rows = Object.entries({ ...sections, problems }).flatMap(([section, value]) =>
    value === undefined ? [] : [{ host, section, json: JSON.stringify(value) }],
  )
  await transaction
    .insertInto('inventories')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['host', 'section']).doUpdateSet({ json: sql<string>`excluded.json` }))
    .execute()
  await transaction
    .insertInto('revisions')
    .values({ host, run, revision, at })
    .onConflict((conflict) =>
      conflict.column('host').doUpdateSet({
        run: sql<string>`excluded.run`,
        revision: sql<number>`excluded.revision`,
        at: sql<number>`excluded.at`,
      }),
    )
    .execute()
}

export async function revisionsOfAll(db: Kysely<Tables>): Promise<ReadonlyMap<string, Revision & { readonly at: number }>> {
  const rows = await db.selectFrom('revisions').selectAll().execute()
  return new Map(rows.map(({ host, run, revision, at }) => [host, { run, revision, at }]))
}

/** Undefined before the first report. What we wrote is what the protocol had checked: it is not checked again. */
export async function inventoryOf(db: Kysely<Tables>, host: string): Promise<Inventory | undefined> {
  const rows = await db.selectFrom('inventories').select(['section', 'json']).where('host', '=', host).execute()
  const stored = Object.fromEntries(rows.map(({ section, json }) => [section, JSON.parse(json) as unknown]))
  const read: Readonly<Record<string, unknown>> = { ...LATER_SECTIONS, ...stored }
  return SECTION_NAMES.every((name) => name in read) ? (read as Inventory) : undefined
}
