// The data of a backup in the place of what is there. All of it is checked, and made ready beside, before anything is replaced.
import { X509Certificate } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect, sql } from 'kysely'
import type { Log } from '../../../appliance/wire/log.ts'
import { type Link, START } from '../../access/chain.ts'
import { databasePath } from '../files.ts'
import { AUDIT_HEAD, AUDIT_KEY, newAuditKey } from '../keys/audit-witness.ts'
import { AUTHORITY_CERTIFICATE } from '../keys/authority.ts'
import { SEALING_KEY, sealer } from '../keys/sealing.ts'
import { readSecret } from '../keys/secrets.ts'
import { MIGRATIONS, schemaVersion } from '../migrations/steps.ts'
import { type DataPlace, holdData, inUse } from '../open.ts'
import type { Tables } from '../schema.ts'
import { auditHead, sealAudit, verifyAudit } from '../tables/audit.ts'
import { aboutFactorOf } from '../tables/second-factors.ts'
import { type BackupFile, checkBackup, copyRows } from './file.ts'
import { hostsIn, isDistrusted } from './hosts-of-any.ts'
import { beginRestore, decideRestore, draftKey, draftPath, dropDraft, isThere, replacedPath, withPostgres } from './restoring.ts'
import { newestAudit, relationOf, type TakenBack, takeBackAgain, takenBack } from './taken-back.ts'
import { homeless, type Reseal } from './users-of-now.ts'

/** Of agents that have heard the epochs of the database that is replaced: the restored one goes on far beyond them. */
const EPOCHS_AHEAD = 1_000_000

export interface Consent {
  /** That what was taken back since the backup comes back, where that cannot be told. */
  readonly yes?: boolean
}

export interface Restored {
  /** What was taken back since the backup was made, and stays so. */
  readonly stays: readonly string[]
  /** What there is now, in a line. */
  readonly makes: string
}

/**
 * What is there stays beside it as `manager.db.replaced`. The manager must be stopped. A backup of an older hostless is brought up to
 * date when the manager starts. When it rejects, nothing is changed; after a crash either nothing is, or the next start does the rest.
 */
export async function restore(place: DataPlace, file: string, log: Log, { yes = false }: Consent = {}): Promise<Restored> {
  const found = await checkBackup(file)
  const release = await holdData(place, log)
  if (!release) throw new Error(inUse(place))
  const { dataDir } = place
  try {
    await beginRestore(dataDir)
    await copyRows(file, found.version, draftPath(dataDir), () => performance.now())
    const audit = found.keys.find(({ name }) => name === AUDIT_KEY)?.content ?? newAuditKey()
    const restored = await withDraft(dataDir, async (draft) => {
      const said = await fillDraft(draft, place, file, found, yes)
      await draftKey(dataDir, AUDIT_HEAD, JSON.stringify(await closeAudit(draft, found, audit, log)))
      return said
    })
    for (const { name, content } of found.keys) if (name !== AUDIT_KEY) await draftKey(dataDir, name, content)
    await draftKey(dataDir, AUDIT_KEY, audit)
    await decideRestore(place, found.version)
    return restored
  } finally {
    await dropDraft(dataDir)
    await release()
  }
}

/** Where the audit log ends that is restored. One from before there was a key is closed under a new one. */
async function closeAudit(draft: Kysely<Tables>, { keys, version }: BackupFile, audit: string, log: Log): Promise<Link> {
  if (version < 2) return START
  const key = Buffer.from(audit, 'base64')
  if (!keys.some(({ name }) => name === AUDIT_KEY)) await sealAudit(draft, key)
  const { broken } = await verifyAudit(draft, { key, newest: () => undefined })
  if (broken !== undefined) log.warn({ entry: broken }, 'the audit log of this backup was tampered with: it is restored as it is')
  return auditHead(draft)
}

type There = { readonly kind: 'data'; readonly known: TakenBack } | { readonly kind: 'none'; readonly why: string }

async function fillDraft(
  draft: Kysely<Tables>,
  place: DataPlace,
  file: string,
  { keys, version }: BackupFile,
  yes: boolean,
): Promise<Restored> {
  await checkSealed(draft, place.dataDir, file, keys, version)
  const there = await dataThere(place, version < 2 ? undefined : await newestAudit(draft))
  const relation = there.kind === 'data' && version >= 2 ? await relationOf(there.known, draft) : 'unknown'
  const makes = await sayMade(draft, version, keys)
  const users = version < 2 ? [] : await draft.selectFrom('users').select('name').execute()
  const known = new Set(users.map(({ name }) => name))
  const lost = there.kind === 'data' && there.known.users ? homeless(there.known.users, version, known) : undefined
  if (lost !== undefined && !yes)
    throw new Error(
      `${file} is of an older hostless, which has no place for what is so now: ${lost}. It makes ${makes}. Say --yes if that may be lost, and set it again afterwards`,
    )
  if (relation === 'unknown' && !yes) {
    const why = there.kind === 'none' ? there.why : 'the data that is there did not go on from it'
    throw new Error(
      `what was rejected, revoked or removed since ${file} was made cannot be told (${why}), and would be trusted again. It makes ${makes}. Say --yes if that is meant, and look through hosts, users and tokens afterwards`,
    )
  }
  const reseal = await resealer(place.dataDir, keys)
  const stays = await draft.transaction().execute(async (transaction) => {
    if (version >= 2) await transaction.deleteFrom('sessions').execute()
    const epoch = Math.max(there.kind === 'data' ? there.known.epoch : 0, await epochOf(transaction)) + EPOCHS_AHEAD
    await transaction
      .updateTable('settings')
      .set({ value: String(epoch) })
      .where('key', '=', 'epoch')
      .execute()
    return there.kind === 'data' ? takeBackAgain(transaction, there.known, relation === 'later', reseal) : []
  })
  if (place.database !== 'sqlite' && there.kind === 'data') await keepReplaced(place)
  return { stays, makes: await sayMade(draft, version, keys) }
}

/** Secrets that cannot be opened would only be missed when a host needs them. */
async function checkSealed(draft: Kysely<Tables>, dataDir: string, file: string, keys: BackupFile['keys'], version: number): Promise<void> {
  if (version < 3) return
  const connections = await draft.selectFrom('connections').select(['id', 'chap_sealed']).where('chap_sealed', 'is not', null).execute()
  const factors = version < 26 ? [] : await draft.selectFrom('second_factors').select(['user', 'sealed']).execute()
  const rows = [
    ...connections.map(({ id, chap_sealed }) => ({ about: id, sealed: chap_sealed ?? '', what: `password of connection ${shown(id)}` })),
    ...factors.map(({ user, sealed }) => ({ about: aboutFactorOf(user), sealed, what: `second factor of ${shown(user)}` })),
  ]
  if (rows.length === 0) return
  const key = keys.find(({ name }) => name === SEALING_KEY)?.content ?? (await readSecret(join(dataDir, 'keys', SEALING_KEY)))
  if (key === undefined)
    throw new Error(`${file} has sealed passwords and no ${SEALING_KEY} to open them, nor is there one in ${dataDir}/keys`)
  const opener = sealer(Buffer.from(key, 'base64'))
  for (const { about, sealed, what } of rows) {
    try {
      opener.open(about, sealed)
    } catch (cause) {
      throw new Error(`${file}: the ${what} cannot be opened with its ${SEALING_KEY}`, { cause })
    }
  }
}

/** From the key that is here to that of the backup, where it has one. */
async function resealer(dataDir: string, keys: BackupFile['keys']): Promise<Reseal> {
  const own = await readSecret(join(dataDir, 'keys', SEALING_KEY))
  const next = keys.find(({ name }) => name === SEALING_KEY)?.content ?? own
  if (own === undefined || next === undefined) return () => undefined
  const [opener, closer] = [sealer(Buffer.from(own, 'base64')), sealer(Buffer.from(next, 'base64'))]
  return (user, sealed) => {
    const about = aboutFactorOf(user)
    try {
      return closer.seal(about, opener.open(about, sealed))
    } catch {
      return undefined
    }
  }
}

const shown = (name: string): string => JSON.stringify(name).slice(0, 80)

async function dataThere(place: DataPlace, entry: TakenBack['audit']): Promise<There> {
  const { dataDir, database } = place
  try {
    const read = async (db: Kysely<Tables>): Promise<There> => {
      const version = await schemaVersion(db)
      if (version === 0) return { kind: 'none', why: 'the database here is empty' }
      if (version > MIGRATIONS.length) return { kind: 'none', why: 'a newer hostless wrote the database here' }
      return { kind: 'data', known: await takenBack(db, entry) }
    }
    if (database !== 'sqlite') return await withPostgres(database, read)
    const path = databasePath(dataDir)
    return (await isThere(path)) ? await withSqlite(path, read) : { kind: 'none', why: `there is no ${path}` }
  } catch (error) {
    // PostgreSQL that does not answer could not be written, either.
    if (!(error instanceof Database.SqliteError)) throw error
    return { kind: 'none', why: `the database here cannot be read: ${error.message}` }
  }
}

/** `a manager of site 1A:2B…, with 3 hosts (2 trusted), 1 user and 2 tokens`. */
async function sayMade(draft: Kysely<Tables>, version: number, keys: BackupFile['keys']): Promise<string> {
  const hosts = await hostsIn(draft)
  const trusted = hosts.filter((host) => !isDistrusted(host)).length
  const countOf = async (table: 'users' | 'tokens') =>
    version < 2
      ? 0
      : Number(
          (
            await draft
              .selectFrom(table)
              .select(({ fn }) => fn.countAll().as('count'))
              .executeTakeFirst()
          )?.count ?? 0,
        )
  const [users, tokens] = [await countOf('users'), await countOf('tokens')]
  const certificate = new X509Certificate(keys.find(({ name }) => name === AUTHORITY_CERTIFICATE)?.content ?? '')
  const fingerprint = certificate.fingerprint256.slice(0, 23)
  return `a manager under authority ${fingerprint}…, with ${sayCount(hosts.length, 'host')} (${trusted} trusted), ${sayCount(users, 'user')} and ${sayCount(tokens, 'token')}`
}

function sayCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

async function keepReplaced({ dataDir, database }: DataPlace): Promise<void> {
  await rm(replacedPath(dataDir), { force: true })
  await withPostgres(database, (db, dialect) => dialect.copyTo(db, replacedPath(dataDir)))
}

async function epochOf(db: Kysely<Tables>): Promise<number> {
  return Number((await db.selectFrom('settings').select('value').where('key', '=', 'epoch').executeTakeFirst())?.value ?? 0)
}

function withDraft<Value>(dataDir: string, use: (db: Kysely<Tables>) => Promise<Value>): Promise<Value> {
  return withSqlite(draftPath(dataDir), async (db) => {
    const value = await use(db)
    await sql`VACUUM`.execute(db)
    return value
  })
}

async function withSqlite<Value>(path: string, use: (db: Kysely<Tables>) => Promise<Value>): Promise<Value> {
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: new Database(path, { fileMustExist: true }) }) })
  try {
    return await use(db)
  } finally {
    await db.destroy()
  }
}
