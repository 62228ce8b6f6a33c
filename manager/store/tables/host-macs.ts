// The table host_macs: the NICs of hosts, by what they booted from and by what their agents say.

import type { Kysely } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

export interface HostMacsTable {
  mac: string
  host: string
  /** 1: the appliance saw it boot from this MAC; 0: its agent says that it has it. */
  boot: number
}

declare module '../schema.ts' {
  interface Tables {
    host_macs: HostMacsTable
  }
}

export const hostMacsSteps: Steps = { 1: createHostMacs }

async function createHostMacs({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('host_macs')
    .addColumn('mac', 'text', (column) => column.primaryKey())
    .addColumn('host', 'text', (column) => column.notNull().references('hosts.id').onDelete('cascade'))
    .addColumn('boot', 'integer', (column) => column.notNull())
    .execute()
  await schema.createIndex('host_macs_by_host').on('host_macs').column('host').execute()
}

/** The MACs that this host has now; what it booted from stays. Those of other hosts are left to them. */
export async function saveMacs(transaction: Transaction, host: string, boot: string, claimed: readonly string[]): Promise<void> {
  await transaction.deleteFrom('host_macs').where('host', '=', host).where('boot', '=', 0).execute()
  const rows = [{ mac: boot, host, boot: 1 }, ...claimed.filter((mac) => mac !== boot).map((mac) => ({ mac, host, boot: 0 }))]
  await transaction
    .insertInto('host_macs')
    .values(rows)
    .onConflict((conflict) => conflict.column('mac').doNothing())
    .execute()
}
