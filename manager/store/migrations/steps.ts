// The forward steps of the manager's schema, in SQL that SQLite and PostgreSQL both take: each stands beside the columns that it makes,
// in tables/, with its number, which is the version. Append only: a step that has run anywhere is never edited.
import { type Kysely, sql } from 'kysely'
import type { Migration, Steps, Tables } from '../schema.ts'
import { alarmsSteps } from '../tables/alarms.ts'
import { appliancesSteps } from '../tables/appliances.ts'
import { attemptsSteps } from '../tables/attempts.ts'
import { auditSteps } from '../tables/audit.ts'
import { automationsSteps } from '../tables/automations.ts'
import { bootSettingsSteps } from '../tables/boot-settings.ts'
import { bootsSteps } from '../tables/boots.ts'
import { capturesSteps } from '../tables/captures.ts'
import { certificatesSteps } from '../tables/certificates.ts'
import { claimsSteps } from '../tables/claims.ts'
import { connectionsSteps } from '../tables/connections.ts'
import { guestsSteps } from '../tables/guests.ts'
import { historySteps } from '../tables/history.ts'
import { homesSteps } from '../tables/homes.ts'
import { hostMacsSteps } from '../tables/host-macs.ts'
import { hostsSteps } from '../tables/hosts.ts'
import { inventoriesSteps } from '../tables/inventories.ts'
import { leasesSteps } from '../tables/leases.ts'
import { measuresSteps } from '../tables/measures.ts'
import { moveRatesSteps } from '../tables/move-rates.ts'
import { movesSteps } from '../tables/moves.ts'
import { networksSteps } from '../tables/networks.ts'
import { noticesSteps } from '../tables/notices.ts'
import { notificationTargetsSteps } from '../tables/notification-targets.ts'
import { onceOrdersSteps } from '../tables/once-orders.ts'
import { scansSteps } from '../tables/scans.ts'
import { secondFactorsSteps } from '../tables/second-factors.ts'
import { sessionsSteps } from '../tables/sessions.ts'
import { settingsSteps } from '../tables/settings.ts'
import { tokensSteps } from '../tables/tokens.ts'
import { usersSteps } from '../tables/users.ts'
import { vmImagesSteps } from '../tables/vm-images.ts'
import { presenceSteps } from './presence.ts'

/** In the order in which those of one number run. */
const OF_TABLES: readonly Steps[] = [
  settingsSteps,
  hostsSteps,
  hostMacsSteps,
  historySteps,
  inventoriesSteps,
  attemptsSteps,
  certificatesSteps,
  alarmsSteps,
  usersSteps,
  tokensSteps,
  sessionsSteps,
  secondFactorsSteps,
  auditSteps,
  connectionsSteps,
  appliancesSteps,
  bootsSteps,
  leasesSteps,
  bootSettingsSteps,
  scansSteps,
  claimsSteps,
  automationsSteps,
  guestsSteps,
  networksSteps,
  vmImagesSteps,
  measuresSteps,
  moveRatesSteps,
  movesSteps,
  homesSteps,
  presenceSteps,
  noticesSteps,
  notificationTargetsSteps,
  onceOrdersSteps,
  capturesSteps,
]
/** Up to here steps of several tables may have one number. */
const SHARED_UP_TO = 21

export const MIGRATIONS: readonly Migration[] = inOrder(OF_TABLES)

/** Throws where a number is left out, or two steps have one: what a database has run is known by it alone. */
export function inOrder(steps: readonly Steps[]): readonly Migration[] {
  const byNumber = new Map<number, Migration[]>()
  for (const [number, step] of steps.flatMap((some) => Object.entries(some))) {
    const before = byNumber.get(Number(number))
    if (before && Number(number) > SHARED_UP_TO) throw new Error(`two steps of the schema have the number ${number}`)
    if (before) before.push(step)
    else byNumber.set(Number(number), [step])
  }
  return Array.from({ length: byNumber.size }, (_, index) => {
    const parts = byNumber.get(index + 1)
    if (!parts) throw new Error(`no step of the schema has the number ${index + 1}`)
    return async (db) => {
      for (const part of parts) await part(db)
    }
  })
}

export const VERSION_KEY = 'schema'

/** The number of steps that have run; 0 for an empty database. */
export async function schemaVersion(db: Kysely<Tables>): Promise<number> {
  const tables = await db.introspection.getTables()
  if (!tables.some(({ name, schema }) => name === 'settings' && (schema ?? 'public') === 'public')) return 0
  const row = await db.selectFrom('settings').select('value').where('key', '=', VERSION_KEY).executeTakeFirst()
  return Number(row?.value ?? 0)
}

/** Runs what has not run yet, all in one transaction: after a crash either all of it or none is there. */
export async function migrate(db: Kysely<Tables>, from: number, steps: readonly Migration[]): Promise<void> {
  await db.transaction().execute((transaction) => runSteps(transaction, from, steps))
}

/** As `migrate`, within a transaction that does more. */
export async function runSteps(transaction: Kysely<Tables>, from: number, steps: readonly Migration[]): Promise<void> {
  for (const step of steps.slice(from)) await step(transaction)
  const value = String(steps.length)
  await transaction
    .insertInto('settings')
    .values({ key: VERSION_KEY, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: sql<string>`excluded.value` }))
    .execute()
}
