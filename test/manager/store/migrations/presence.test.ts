import { join } from 'node:path'
import { sayHost } from '../../../../manager/protocol/host.ts'
import { backup, restore } from '../../../../manager/store/backup/backup.ts'
import { openStore, type Store } from '../../../../manager/store/database.ts'
import { keepAuthority, keepSiteSecret } from '../../../../manager/store/keys/authority.ts'
import { presence } from '../../../../manager/store/migrations/presence.ts'
import { MIGRATIONS } from '../../../../manager/store/migrations/steps.ts'
import { type DataPlace, dialectOf } from '../../../../manager/store/open.ts'
import { addHistory } from '../../../../manager/store/tables/history.ts'
import { allHosts, hostById, saveMacs, updateHost } from '../../../../manager/store/tables/hosts.ts'
import { nextEpoch } from '../../../../manager/store/tables/settings.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'
import { dataDirFor } from '../../site.ts'
import { onEach, storeAt } from '../dialects.ts'
import { addOldHost, type OldHost } from '../old-hosts.ts'

/** Before hosts were four things. */
const OLD = MIGRATIONS.slice(0, MIGRATIONS.indexOf(presence))
const CORDON = JSON.stringify({ reason: 'PDU 2', who: 'user ada', at: 5 })
const claimOf = (before: string) => JSON.stringify({ attempt: 'x', at: 0, differs: ['its board'], before, macs: [] })

const HOSTS: readonly (OldHost & { readonly becomes: string })[] = [
  { id: 'a', state: 'pending', becomes: 'pending: silent, in, unknown' },
  { id: 'b', state: 'approved', becomes: 'approved: silent, in, unknown' },
  { id: 'c', state: 'booting', becomes: 'booting: booting, in, on' },
  { id: 'd', state: 'up', becomes: 'up: up, in, on' },
  { id: 'e', state: 'up', cordon: CORDON, becomes: 'up: up, cordoned, on' },
  { id: 'f', state: 'maintenance', becomes: 'maintenance: up, maintenance, on' },
  { id: 'g', state: 'maintenance', cordon: CORDON, becomes: 'maintenance: up, maintenance, on' },
  { id: 'h', state: 'lost', becomes: 'lost: lost, in, unknown' },
  { id: 'i', state: 'fenced', becomes: 'fenced: silent, in, fenced' },
  { id: 'j', state: 'rejected', becomes: 'rejected: silent, in, unknown' },
  { id: 'k', state: 'pending', claim: claimOf('maintenance'), becomes: 'pending, in maintenance: silent, maintenance, unknown' },
  { id: 'l', state: 'fenced', claim: claimOf('fenced'), becomes: 'fenced, not approved: silent, in, fenced' },
]

async function oldStore(place: DataPlace): Promise<Store> {
  const store = await openStore(dialectOf(place, undefined), { steps: OLD })
  await store.write((transaction) => nextEpoch(transaction))
  return store
}

onEach('each state that a host was becomes the four things that it meant, with the proof of its fence', async (t, place) => {
  const old = await oldStore(place)
  for (const host of HOSTS) await addOldHost(old, host)
  const says = (what: string) => old.write((transaction) => addHistory(transaction, 'i', { at: 1, who: 'user ada', what }))
  await says('fenced (lost before): an older proof')
  await says('fenced (booting before): its plug: in my hand')
  await says('groups: none (before: rack1)')
  await old.close()
  const store = await storeAt(t, place)
  const hosts = await allHosts(store.db)
  t.deepEqual(
    hosts.map((host) => `${host.id} ${sayHost(host)}: ${host.presence}, ${host.service}, ${host.power}`),
    HOSTS.map(({ id, becomes }) => `${id} ${becomes}`),
  )
  t.deepEqual(
    hosts.flatMap(({ id, proof }) => (proof === undefined ? [] : [[id, proof]])),
    [['i', 'its plug: in my hand']],
  )
  t.like(await hostById(store.db, 'g'), { since: 1, groups: ['rack1'], cordon: { reason: 'PDU 2' } })
})

onEach('a backup from before is restored over newer data: what was rejected or fenced since stays so', async (t, place) => {
  const older = { dataDir: await dataDirFor(t), database: 'sqlite' }
  await Promise.all([keepAuthority(older.dataDir), keepSiteSecret(older.dataDir)])
  const first = await oldStore(older)
  for (const id of ['a', 'b', 'c']) await addOldHost(first, { id, state: 'up' })
  await first.close()
  const file = join(older.dataDir, 'backup')
  await backup(older, file)

  const store = await storeAt(t, place)
  await store.write((transaction) => nextEpoch(transaction))
  await store.close()
  await restore(place, file, collectingLog().log, { yes: true })
  const now = await storeAt(t, place)
  await now.write(async (transaction) => {
    await updateHost(transaction, 'a', { trust: 'rejected', since: 7 })
    await updateHost(transaction, 'b', { presence: 'silent', power: 'fenced', proof: 'its plug is in my hand', since: 7 })
    await addRejected(transaction)
  })
  await now.close()

  const { stays, makes } = await restore(place, file, collectingLog().log, { yes: true })
  t.deepEqual([...stays].sort(), ['host node-a is rejected', 'host node-b is fenced', 'host node-d is rejected'])
  t.regex(makes, /with 4 hosts \(1 trusted\)/)
  const restored = await storeAt(t, place)
  t.deepEqual(
    (await allHosts(restored.db)).map((host) => `${host.id} ${sayHost(host)} since ${host.since}`),
    ['a rejected since 7', 'b fenced since 7', 'c up since 1', 'd rejected since 7'],
  )
})

async function addRejected(transaction: Parameters<typeof saveMacs>[0]): Promise<void> {
  await transaction
    .insertInto('hosts')
    .values({
      ...{ id: 'd', name: 'node-d', trust: 'rejected', presence: 'silent', service: 'in', power: 'unknown', since: 7 },
      ...{ groups: '[]', notes: '', created: 1 },
    })
    .execute()
  await saveMacs(transaction, 'd', '52:54:00:00:00:0d', [])
}
