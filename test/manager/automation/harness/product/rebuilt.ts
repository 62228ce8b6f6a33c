// A run's beginning whose database was deleted, and made again from what its hosts tell and its VGs remember: by the product's own decision and
// its own writing, in the harness' own database.

import { Claims } from '../../../../../manager/claims/service.ts'
import { rebuild } from '../../../../../manager/guests/rebuild/decide.ts'
import type { HostTold, Rebuilt } from '../../../../../manager/guests/rebuild/picture.ts'
import { writeRebuilt } from '../../../../../manager/guests/rebuild/write.ts'
import { hostIn } from '../../../hosts/conditions.ts'
import { poolDatabase } from './database.ts'
import { rememberedIn } from './invariants/remembered.ts'
import type { Snapshot } from './world.ts'

export interface FromHosts {
  readonly snapshot: Snapshot
  readonly rebuilt: Rebuilt
  /** What guests could not claim. */
  readonly refused: readonly string[]
}

/** Only the epoch stays, which lies beside the database. */
export async function fromHostsAlone({ site, reports, rows }: Snapshot): Promise<FromHosts> {
  const database = await poolDatabase()
  database.putBack(rows.filter(([table]) => table === 'settings'))
  const there = rememberedIn(site)
  const hosts = [...reports].map(([id, sections]): HostTold => {
    const records = there.filter(({ vg }) => sections.vgs.some(({ uuid }) => uuid === vg))
    return { id, name: id, sections, records, damaged: [] }
  })
  const rebuilt = rebuild({ hosts, known: new Map(), networks: [], now: 0 })
  const known = hosts.map(({ id, name }) => ({ id, name, ...hostIn('up'), inventory: reports.get(id) }))
  const claims = new Claims(database.store.db, { hosts: () => known, knownInventory: (id) => reports.get(id) })
  const refused = await database.store.write((transaction) => writeRebuilt(transaction, rebuilt, { claims, now: 0, who: 'alice' }))
  return { snapshot: { site, reports, rows: database.keep() }, rebuilt, refused }
}
