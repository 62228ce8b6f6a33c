// The table leases: what each appliance has lent, as it told last.

import type { Kysely } from 'kysely'
import type { ApplianceSelf, LeasesPush } from '../../protocol/appliance.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** What each appliance has lent. */
export interface LeasesTable {
  appliance: string
  /** The address as 32 bits: what lies between two is found by it. */
  number: number
  address: string
  mac: string | null
  kind: string
  expires: number | null
}

declare module '../schema.ts' {
  interface Tables {
    leases: LeasesTable
  }
}

export const leasesSteps: Steps = { 4: createLeases }

async function createLeases({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('leases')
    .addColumn('appliance', 'text', (column) => column.notNull())
    .addColumn('number', 'bigint', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('mac', 'text')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('expires', 'bigint')
    .addPrimaryKeyConstraint('leases_key', ['appliance', 'number'])
    .execute()
}

/** What is told takes the place of all that this appliance had between the two ends. */
export async function saveLeases(transaction: Transaction, { id: appliance }: ApplianceSelf, told: LeasesPush): Promise<void> {
  const [after, upTo] = [told.after === undefined ? -1 : numberOf(told.after), numberOf(told.upTo ?? '255.255.255.255')]
  await transaction
    .deleteFrom('leases')
    .where('appliance', '=', appliance)
    .where('number', '>', after)
    .where('number', '<=', upTo)
    .execute()
  const rows = new Map(
    told.leases.map(({ address, mac, kind, expires }) => {
      const number = numberOf(address)
      return [number, { appliance, number, address, kind, mac: mac ?? null, expires: expires ?? null }] as const
    }),
  )
  const inside = [...rows.values()].filter(({ number }) => number > after && number <= upTo)
  for (let at = 0; at < inside.length; at += ROWS_AT_ONCE) {
    await transaction
      .insertInto('leases')
      .values(inside.slice(at, at + ROWS_AT_ONCE))
      .execute()
  }
}

/** A statement has a bounded number of parameters. */
const ROWS_AT_ONCE = 512

function numberOf(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0)
}
