// Which machine a host is, in the tables hosts and host_macs: what it claims to be, and what is taken for it.
import type { Kysely } from 'kysely'
import type { Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'
import { saveMacs } from './host-macs.ts'
import type { HostRecord, IdentityClaim } from './hosts.ts'

/** Undefined: there is none any more. */
export async function saveClaim(transaction: Transaction, id: string, claim: IdentityClaim | undefined): Promise<void> {
  const set = { claim: claim ? JSON.stringify(claim) : null }
  await transaction.updateTable('hosts').set(set).where('id', '=', id).execute()
}

/**
 * The machine that claims to be this host is it. With the board went the NICs that the old one booted from; where it is the same
 * machine, it may go on to boot from those, too.
 */
export async function takeIdentity(transaction: Transaction, host: HostRecord, claim: IdentityClaim): Promise<void> {
  const { uuid, serial, product, macs } = claim
  const set = { uuid: uuid ?? null, serial: serial ?? null, product: product ?? null, claim: null }
  await transaction.updateTable('hosts').set(set).where('id', '=', host.id).execute()
  const all = macs.map(({ mac }) => mac)
  const old = transaction.deleteFrom('host_macs').where('host', '=', host.id).where('boot', '=', 1)
  if (uuid !== host.uuid || serial !== host.serial) await old.where('mac', 'not in', all).execute()
  for (const { mac, boot } of macs) if (boot) await saveMacs(transaction, host.id, mac, all)
}

/** A refused machine keeps only what it boots from: nobody else is kept out by what it claimed. */
export async function dropClaims(transaction: Transaction, host: string): Promise<void> {
  await transaction.deleteFrom('host_macs').where('host', '=', host).where('boot', '=', 0).execute()
  await transaction.updateTable('hosts').set({ uuid: null, serial: null, product: null, claim: null }).where('id', '=', host).execute()
}

/** Hosts other than `id` (none for undefined) that hold this UUID or one of these MACs. */
export async function holdersOf(
  db: Kysely<Tables>,
  id: string | undefined,
  uuid: string | undefined,
  macs: readonly string[],
): Promise<{ readonly uuid: readonly string[]; readonly macs: readonly { readonly mac: string; readonly host: string }[] }> {
  const byUuid = uuid === undefined ? [] : await db.selectFrom('hosts').select('id').where('uuid', '=', uuid).execute()
  const byMac =
    macs.length === 0
      ? []
      : await db
          .selectFrom('host_macs')
          .select(['mac', 'host'])
          .where('mac', 'in', [...macs])
          .orderBy('mac')
          .execute()
  return { uuid: byUuid.map((row) => row.id).filter((other) => other !== id), macs: byMac.filter(({ host }) => host !== id) }
}
