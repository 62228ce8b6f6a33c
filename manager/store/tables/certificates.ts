// The table certificates: every one that was signed, until it has long expired; the only place that says whether one is good.
import type { Kysely } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

export interface CertificatesTable {
  /** SHA-256 over the DER, hexadecimal. */
  fingerprint: string
  host: string
  attempt: string
  issued: number
  expires: number
  revoked: number | null
  /** Why it was revoked. */
  reason: string | null
}

declare module '../schema.ts' {
  interface Tables {
    certificates: CertificatesTable
  }
}

export const certificatesSteps: Steps = { 1: createCertificates }

async function createCertificates({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('certificates')
    .addColumn('fingerprint', 'text', (column) => column.primaryKey())
    .addColumn('host', 'text', (column) => column.notNull().references('hosts.id').onDelete('cascade'))
    .addColumn('attempt', 'text', (column) => column.notNull())
    .addColumn('issued', 'bigint', (column) => column.notNull())
    .addColumn('expires', 'bigint', (column) => column.notNull())
    .addColumn('revoked', 'bigint')
    .addColumn('reason', 'text')
    .execute()
  await schema.createIndex('certificates_by_host').on('certificates').column('host').execute()
}

export type KnownCertificate = Readonly<CertificatesTable>

export async function saveCertificate(
  transaction: Transaction,
  certificate: Pick<KnownCertificate, 'fingerprint' | 'host' | 'attempt' | 'issued' | 'expires'>,
): Promise<void> {
  await transaction
    .insertInto('certificates')
    .values({ ...certificate, revoked: null, reason: null })
    .execute()
}

export async function certificateOf(db: Kysely<Tables>, fingerprint: string): Promise<KnownCertificate | undefined> {
  return db.selectFrom('certificates').selectAll().where('fingerprint', '=', fingerprint).executeTakeFirst()
}

/** When the last certificate of this boot of a host expires; undefined: none is known. */
export async function newestExpiry(db: Kysely<Tables>, host: string, attempt: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('certificates')
    .select('expires')
    .where('host', '=', host)
    .where('attempt', '=', attempt)
    .orderBy('expires', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.expires
}

/** All of this host's that are not revoked yet. */
export async function revokeCertificates(transaction: Transaction, host: string, at: number, reason: string): Promise<void> {
  await transaction.updateTable('certificates').set({ revoked: at, reason }).where('host', '=', host).where('revoked', 'is', null).execute()
}

/** But for each host's newest: a clock that was set ahead for an hour must not shut out hosts that run. */
export async function forgetCertificates(transaction: Transaction, expiredBefore: number): Promise<void> {
  await transaction
    .deleteFrom('certificates')
    .where('expires', '<', expiredBefore)
    .where(({ or, exists, eb, selectFrom }) =>
      or([
        eb('revoked', 'is not', null),
        exists(
          selectFrom('certificates as newer')
            .select('newer.host')
            .whereRef('newer.host', '=', 'certificates.host')
            .whereRef('newer.issued', '>', 'certificates.issued'),
        ),
      ]),
    )
    .execute()
}

export async function certificatesOfHost(db: Kysely<Tables>, host: string): Promise<readonly KnownCertificate[]> {
  return db.selectFrom('certificates').selectAll().where('host', '=', host).execute()
}
