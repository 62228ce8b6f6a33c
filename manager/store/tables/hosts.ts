// The tables hosts and host_macs. A host is known by an id of our own: UUIDs and MACs are claims, and change with the hardware.
import { randomBytes } from 'node:crypto'
import type { Insertable, Kysely } from 'kysely'
import { type HostCondition, POWERS, PRESENCES, SERVICES, TRUSTS } from '../../protocol/host.ts'
import type { Transaction } from '../database.ts'
import type { HostsTable, Tables } from '../schema.ts'

/** What tells a machine from others, by its own word but for the MAC that it boots from. */
export interface MachineIdentity {
  readonly uuid?: string | undefined
  readonly serial?: string | undefined
  readonly product?: string | undefined
  /** Sorted, those that it boots from first. */
  readonly macs: readonly { readonly mac: string; readonly boot: boolean }[]
}

/** A machine that boots as a host and is not what is known of it: it waits for somebody to say that it is. */
export interface IdentityClaim extends MachineIdentity {
  readonly attempt: string
  readonly at: number
  /** In words, each with what was known. */
  readonly differs: readonly string[]
}

/** No guest is to come to a host; what is on it stays. */
export interface Cordon {
  readonly reason: string
  /** As in the history. */
  readonly who: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

export interface HostRecord extends MachineIdentity, HostCondition {
  readonly id: string
  readonly name: string
  /** What shows that it can run nothing, of one that is fenced. */
  readonly proof?: string | undefined
  readonly since: number
  readonly groups: readonly string[]
  readonly notes: string
  readonly created: number
  readonly attempt: string | undefined
  readonly claim?: IdentityClaim | undefined
  /** Why it is cordoned, or evacuated; in maintenance: why no guest comes to it after that, either. */
  readonly cordon?: Cordon | undefined
}

/** A host that nobody has heard of, or that is new. */
export const UNHEARD = { presence: 'silent', service: 'in', power: 'unknown' } as const

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** 80 random bits as 16 characters of base32. */
export function newHostId(): string {
  return Array.from(randomBytes(16), (byte) => BASE32.charAt(byte & 31)).join('')
}

export async function allHosts(db: Kysely<Tables>): Promise<readonly HostRecord[]> {
  const [rows, macs] = await Promise.all([
    db.selectFrom('hosts').selectAll().orderBy('name').execute(),
    db.selectFrom('host_macs').selectAll().orderBy('boot', 'desc').orderBy('mac').execute(),
  ])
  const byHost = grouped(macs)
  return rows.map((row) => recordOf(row, byHost.get(row.id) ?? []))
}

export async function hostById(db: Kysely<Tables>, id: string): Promise<HostRecord | undefined> {
  const row = await db.selectFrom('hosts').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) return undefined
  const macs = await db.selectFrom('host_macs').selectAll().where('host', '=', id).orderBy('boot', 'desc').orderBy('mac').execute()
  return recordOf(row, macs)
}

export async function hostByMac(db: Kysely<Tables>, mac: string): Promise<HostRecord | undefined> {
  const row = await db.selectFrom('host_macs').select('host').where('mac', '=', mac).executeTakeFirst()
  return row && hostById(db, row.host)
}

/**
 * Whom a boot from this MAC is: the host that has booted from it, else from one of `configured` (what the config gives that host),
 * else the one whose agent says that it has this NIC.
 */
export async function hostBootingFrom(db: Kysely<Tables>, mac: string, configured: readonly string[]): Promise<HostRecord | undefined> {
  const rows = await db
    .selectFrom('host_macs')
    .selectAll()
    .where('mac', 'in', [mac, ...configured])
    .orderBy('mac')
    .execute()
  const booted = rows.filter(({ boot }) => boot === 1)
  const found = booted.find((row) => row.mac === mac) ?? booted[0] ?? rows.find((row) => row.mac === mac)
  return found && hostById(db, found.host)
}

/** The one host with this UUID and this serial number. */
export async function hostOfMachine(db: Kysely<Tables>, uuid: string, serial: string): Promise<HostRecord | undefined> {
  const rows = await db.selectFrom('hosts').select('id').where('uuid', '=', uuid).where('serial', '=', serial).limit(2).execute()
  const [only] = rows
  return only && rows.length === 1 ? hostById(db, only.id) : undefined
}

export async function isNameTaken(db: Kysely<Tables>, name: string): Promise<boolean> {
  return (await db.selectFrom('hosts').select('id').where('name', '=', name).executeTakeFirst()) !== undefined
}

export async function addHost(transaction: Transaction, host: Omit<HostRecord, 'macs'>): Promise<void> {
  await transaction.insertInto('hosts').values(rowOf(host)).execute()
}

export async function updateHost(
  transaction: Transaction,
  id: string,
  changed: Partial<
    Pick<HostRecord, 'name' | 'uuid' | 'serial' | 'product' | keyof HostCondition | 'proof' | 'since' | 'groups' | 'notes' | 'attempt'>
  > & { readonly cordon?: Cordon | 'none' },
): Promise<void> {
  const { groups, cordon, ...others } = changed
  const set = {
    ...others,
    // Of a fence, and gone with it.
    ...(others.power === undefined || others.power === 'fenced' ? {} : { proof: null }),
    ...(groups ? { groups: JSON.stringify(groups) } : {}),
    ...(cordon ? { cordon: cordon === 'none' ? null : JSON.stringify(cordon) } : {}),
  }
  if (Object.keys(set).length > 0) await transaction.updateTable('hosts').set(set).where('id', '=', id).execute()
}

/** Undefined: there is none any more. */
export async function saveClaim(transaction: Transaction, id: string, claim: IdentityClaim | undefined): Promise<void> {
  const set = { claim: claim ? JSON.stringify(claim) : null }
  await transaction.updateTable('hosts').set(set).where('id', '=', id).execute()
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

function recordOf(row: HostsTable, macs: readonly { readonly mac: string; readonly boot: number }[]): HostRecord {
  return {
    ...row,
    ...conditionIn(row),
    proof: row.proof ?? undefined,
    uuid: row.uuid ?? undefined,
    serial: row.serial ?? undefined,
    product: row.product ?? undefined,
    claim: row.claim === null ? undefined : (JSON.parse(row.claim) as IdentityClaim),
    cordon: row.cordon === null ? undefined : (JSON.parse(row.cordon) as Cordon),
    attempt: row.attempt ?? undefined,
    groups: JSON.parse(row.groups) as string[],
    macs: macs.map(({ mac, boot }) => ({ mac, boot: boot === 1 })),
  }
}

/** Throws on what a newer hostless wrote. */
export function conditionIn(row: Pick<HostsTable, keyof HostCondition>): HostCondition {
  return {
    trust: oneOf(TRUSTS, row.trust),
    presence: oneOf(PRESENCES, row.presence),
    service: oneOf(SERVICES, row.service),
    power: oneOf(POWERS, row.power),
  }
}

function oneOf<Word extends string>(known: readonly Word[], text: string): Word {
  const word = known.find((one) => one === text)
  if (word === undefined)
    throw new Error(`the store holds of a host "${text}", which this hostless does not know: start the newer hostless`)
  return word
}

function rowOf({ serial, product, claim, cordon, proof, ...host }: Omit<HostRecord, 'macs'>): Insertable<HostsTable> {
  return {
    ...host,
    ...(proof === undefined ? {} : { proof }),
    uuid: host.uuid ?? null,
    attempt: host.attempt ?? null,
    groups: JSON.stringify(host.groups),
    ...(serial === undefined ? {} : { serial }),
    ...(product === undefined ? {} : { product }),
    ...(claim ? { claim: JSON.stringify(claim) } : {}),
    ...(cordon ? { cordon: JSON.stringify(cordon) } : {}),
  }
}

function grouped<Row extends { readonly host: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const known = groups.get(row.host)
    if (known) known.push(row)
    else groups.set(row.host, [row])
  }
  return groups
}
