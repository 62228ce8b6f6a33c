// The table boot_settings: what an operator wants a host to boot.
import { type Kysely, sql } from 'kysely'
import { ROOT_MODES } from '../../protocol/appliance.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** What an operator wants a host to boot, where that is not the default. */
export interface BootSettingsTable {
  host: string
  image: string | null
  root: string | null
}

declare module '../schema.ts' {
  interface Tables {
    boot_settings: BootSettingsTable
  }
}

export const bootSettingsSteps: Steps = { 4: createBootSettings }

async function createBootSettings({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('boot_settings')
    .addColumn('host', 'text', (column) => column.primaryKey().references('hosts.id').onDelete('cascade'))
    .addColumn('image', 'text')
    .addColumn('root', 'text')
    .execute()
}

/** What is left out is the appliance's default. */
export interface BootSettings {
  readonly image?: string
  readonly root?: (typeof ROOT_MODES)[number]
}

/** By host. */
export async function allBootSettings(db: Kysely<Tables>): Promise<ReadonlyMap<string, BootSettings>> {
  const rows = await db.selectFrom('boot_settings').selectAll().execute()
  return new Map(
    rows.map(({ host, image, root }) => {
      const mode = ROOT_MODES.find((one) => one === root)
      return [host, { ...(image === null ? {} : { image }), ...(mode ? { root: mode } : {}) }]
    }),
  )
}

export async function saveBootSettings(transaction: Transaction, host: string, { image, root }: BootSettings): Promise<void> {
  await transaction
    .insertInto('boot_settings')
    .values({ host, image: image ?? null, root: root ?? null })
    .onConflict((conflict) =>
      conflict.column('host').doUpdateSet({ image: sql<string | null>`excluded.image`, root: sql<string | null>`excluded.root` }),
    )
    .execute()
}
