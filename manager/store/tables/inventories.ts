// The tables inventories and revisions: the newest inventory of each host, a row a section, and which revision it is.
import { type Kysely, sql } from 'kysely'
import { type Inventory, LATER_SECTIONS, type Problem, SECTION_NAMES, type Sections } from '../../protocol/inventory.ts'
import type { Transaction } from '../database.ts'
import type { Tables } from '../schema.ts'

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
