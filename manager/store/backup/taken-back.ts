// What was taken back since a backup was made, and stays so when that is restored: rejections, revoked certificates, spent tokens of boots,
// removed users and tokens, and what lessens a user (users-of-now.ts). Read from the data that is replaced, which knows it best: a list of its own
// beside it could be older, and would be one more thing to lose. Where that data is gone, a person has to say yes to what comes back.
import type { Kysely } from 'kysely'
import type { Transaction } from '../database.ts'
import type { Tables } from '../schema.ts'
import type { CertificatesTable } from '../tables/certificates.ts'
import type { HostMacsTable } from '../tables/host-macs.ts'
import { type HostRow, hostsIn, isDistrusted, writeHost, writeState } from './hosts-of-any.ts'
import { lessenUsers, type Reseal, type UsersOfNow, usersOfNow } from './users-of-now.ts'

/** In `settings`: the database, wherever its rows were carried to. */
export const LINEAGE_KEY = 'lineage'

interface Head {
  readonly seq: number
  readonly hash: string
}

export interface TakenBack {
  readonly lineage: string | undefined
  readonly epoch: number
  readonly audit: Head | undefined
  /** Whether the audit log holds the entry that it was read for. */
  readonly hasEntry: boolean
  /** That are not trusted. */
  readonly hosts: readonly HostRow[]
  readonly macs: readonly HostMacsTable[]
  readonly revoked: readonly Pick<CertificatesTable, 'fingerprint' | 'revoked' | 'reason'>[]
  readonly spent: readonly { readonly id: string; readonly spent: number | null; readonly spent_for: string | null }[]
  /** Undefined: a database that knew of none yet. */
  readonly users: UsersOfNow | undefined
  readonly tokens: ReadonlySet<string> | undefined
}

/** Of data with whatever schema; `entry`: of an audit log that this one may go on from. */
export async function takenBack(db: Kysely<Tables>, entry: Head | undefined): Promise<TakenBack> {
  const tables = new Set((await db.introspection.getTables()).map(({ name }) => name))
  const setting = async (key: string) => (await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst())?.value
  const hosts = (await hostsIn(db)).filter(isDistrusted)
  const ids = new Set(hosts.map(({ id }) => id))
  const macs = await db.selectFrom('host_macs').selectAll().execute()
  return {
    lineage: await setting(LINEAGE_KEY),
    epoch: Number((await setting('epoch')) ?? 0),
    audit: tables.has('audit') ? await newestAudit(db) : undefined,
    hasEntry: entry !== undefined && tables.has('audit') && (await holds(db, entry)),
    hosts,
    macs: macs.filter(({ host }) => ids.has(host)),
    revoked: await db.selectFrom('certificates').select(['fingerprint', 'revoked', 'reason']).where('revoked', 'is not', null).execute(),
    spent: await db.selectFrom('attempts').select(['id', 'spent', 'spent_for']).where('spent', 'is not', null).execute(),
    users: tables.has('users') ? await usersOfNow(db, tables.has('second_factors')) : undefined,
    tokens: tables.has('tokens') ? new Set((await db.selectFrom('tokens').select('id').execute()).map(({ id }) => id)) : undefined,
  }
}

/**
 * How the data that is there came from the backup: only of what went on from it does a row that is missing say that it was removed.
 * `older`: the backup goes on from it, and nothing was taken back since.
 */
export async function relationOf(there: TakenBack, backup: Kysely<Tables>): Promise<'later' | 'older' | 'unknown'> {
  const of = await takenBack(backup, there.audit)
  if (there.hasEntry) return 'later'
  if (of.hasEntry) return 'older'
  return of.lineage !== undefined && of.lineage === there.lineage && there.epoch >= of.epoch ? 'later' : 'unknown'
}

/** Puts it into the rows of the backup, and says what that changed; `isLater`: what is missing there was removed. */
export async function takeBackAgain(db: Transaction, there: TakenBack, isLater: boolean, reseal: Reseal): Promise<readonly string[]> {
  return [
    ...(await distrust(db, there)),
    ...(await revoke(db, there)),
    ...(isLater && there.users ? await lessenUsers(db, there.users, reseal) : []),
    ...(isLater && there.tokens ? await removeTokens(db, there.tokens) : []),
  ]
}

async function distrust(db: Transaction, { hosts, macs }: TakenBack): Promise<readonly string[]> {
  const said: string[] = []
  const known = new Map((await hostsIn(db)).map((host) => [host.id, host]))
  for (const host of hosts) {
    const own = macs.filter((mac) => mac.host === host.id)
    const there = known.get(host.id)
    if (there?.state === host.state && there.trust === host.trust) continue
    if (there) await writeState(db, host)
    else if (host.state !== 'rejected' || (await isTaken(db, host, own))) continue
    else {
      await writeHost(db, host)
      if (own.length > 0) await db.insertInto('host_macs').values(own).execute()
    }
    said.push(`host ${host.name} is ${host.state}`)
  }
  return said
}

async function isTaken(db: Transaction, host: HostRow, macs: readonly HostMacsTable[]): Promise<boolean> {
  if (await db.selectFrom('hosts').select('id').where('name', '=', host.name).executeTakeFirst()) return true
  const own = macs.map(({ mac }) => mac)
  return own.length > 0 && (await db.selectFrom('host_macs').select('mac').where('mac', 'in', own).executeTakeFirst()) !== undefined
}

async function revoke(db: Transaction, { revoked, spent }: TakenBack): Promise<readonly string[]> {
  let count = 0n
  for (const { fingerprint, ...how } of revoked) {
    const good = db.updateTable('certificates').set(how).where('fingerprint', '=', fingerprint).where('revoked', 'is', null)
    count += (await good.executeTakeFirst()).numUpdatedRows
  }
  for (const { id, ...how } of spent) await db.updateTable('attempts').set(how).where('id', '=', id).where('spent', 'is', null).execute()
  return count > 0n ? [`${count} certificates of hosts are revoked`] : []
}

async function removeTokens(db: Transaction, there: ReadonlySet<string>): Promise<readonly string[]> {
  const gone = (await db.selectFrom('tokens').select('id').execute()).filter(({ id }) => !there.has(id))
  for (const { id } of gone) await db.deleteFrom('tokens').where('id', '=', id).execute()
  return gone.length > 0 ? [`${gone.length} tokens are revoked`] : []
}

async function holds(db: Kysely<Tables>, { seq, hash }: Head): Promise<boolean> {
  return (await db.selectFrom('audit').select('hash').where('seq', '=', seq).executeTakeFirst())?.hash === hash
}

export async function newestAudit(db: Kysely<Tables>): Promise<Head | undefined> {
  return db.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst()
}
