// The step of migrations.ts that makes four columns of the one word that a host was, and what that word was in data from before it.
import type { Kysely } from 'kysely'
import type { HostCondition } from '../../protocol/host.ts'
import type { Tables } from '../schema.ts'

/** What this step takes away. */
export type OldHosts = { readonly hosts: { readonly state: string } }

export async function presence(db: Kysely<Tables>): Promise<void> {
  const hosts = () => db.schema.alterTable('hosts')
  await hosts()
    .addColumn('trust', 'text', (column) => column.notNull().defaultTo('pending'))
    .execute()
  await hosts()
    .addColumn('presence', 'text', (column) => column.notNull().defaultTo('silent'))
    .execute()
  await hosts()
    .addColumn('service', 'text', (column) => column.notNull().defaultTo('in'))
    .execute()
  await hosts()
    .addColumn('power', 'text', (column) => column.notNull().defaultTo('unknown'))
    .execute()
  await hosts().addColumn('proof', 'text').execute()
  const rows = await db.withTables<OldHosts>().selectFrom('hosts').select(['id', 'state', 'claim', 'cordon']).execute()
  for (const { id, state, claim, cordon } of rows) {
    const becomes = conditionOf(state, { claim, cordon })
    const proof = becomes.power === 'fenced' ? await proofOf(db, id) : null
    await db
      .updateTable('hosts')
      .set({ ...becomes, proof })
      .where('id', '=', id)
      .execute()
  }
  await hosts().dropColumn('state').execute()
}

/** `claim`, `cordon`: JSON, as beside it. What it was before another machine booted as it stands in the claim. */
export function conditionOf(
  state: string,
  beside: { readonly claim?: string | null; readonly cordon?: string | null } = {},
): HostCondition {
  const before = beside.claim ? (JSON.parse(beside.claim) as { readonly before?: string }).before : undefined
  const service = beside.cordon ? 'cordoned' : 'in'
  const unheard = { presence: 'silent', power: 'unknown', service: before === 'maintenance' ? 'maintenance' : service } as const
  const trust = beside.claim ? 'pending' : 'approved'
  switch (state) {
    case 'pending':
    case 'rejected':
      return { ...unheard, trust: state }
    case 'fenced':
      return { ...unheard, trust, power: 'fenced' }
    case 'approved':
      return { ...unheard, trust }
    case 'booting':
    case 'up':
      return { ...unheard, trust, presence: state, power: 'on' }
    case 'lost':
      return { ...unheard, trust, presence: 'lost' }
    case 'maintenance':
      // Whether it answered was not written down: it has as long to come back as one that was up.
      return { trust, presence: 'up', service: 'maintenance', power: 'on' }
    default:
      throw new Error(`the store holds a host state "${state}" that this hostless does not know: start the newer hostless`)
  }
}

/** As the history has it: `fenced (lost before): its power cable is in my hand`. */
async function proofOf(db: Kysely<Tables>, host: string): Promise<string | null> {
  const fences = db.selectFrom('history').select('what').where('host', '=', host).where('what', 'like', 'fenced (% before): %')
  const last = await fences.orderBy('seq', 'desc').limit(1).executeTakeFirst()
  return last?.what.replace(/^fenced \(.*? before\): /, '') ?? null
}
