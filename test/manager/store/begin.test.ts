// The epoch of a manager that begins: greater than all before it, also where the database of those is lost.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { begin } from '../../../manager/store/begin.ts'
import { keepAuthority } from '../../../manager/store/keys/authority.ts'
import { keepEpoch, keptEpoch } from '../../../manager/store/keys/epoch.ts'
import { lostSince } from '../../../manager/store/tables/settings.ts'
import { onEach, storeAt } from './dialects.ts'

onEach('each start is greater than the one before, and the first one has lost nothing', async (t, place) => {
  const store = await storeAt(t, place)
  t.deepEqual(await begin(store, place.dataDir, () => 5), { epoch: 1, before: 'known' })
  await keepAuthority(place.dataDir)
  t.deepEqual(await begin(store, place.dataDir, () => 5), { epoch: 2, before: 'known' })
  t.is(await lostSince(store.db), undefined)
  t.is(await keptEpoch(place.dataDir), 2)
})

onEach('with the keys of a database that is lost the epoch goes on, and it is known since when', async (t, place) => {
  await keepAuthority(place.dataDir)
  await keepEpoch(place.dataDir, 41)
  const store = await storeAt(t, place)
  t.deepEqual(await begin(store, place.dataDir, () => 5), { epoch: 42, before: 'lost' })
  t.is(await lostSince(store.db), 5)
  t.deepEqual(await begin(store, place.dataDir, () => 9), { epoch: 43, before: 'known' })
  t.is(await lostSince(store.db), 5)
})

onEach('an epoch that is kept never goes back, and a damaged one is told', async (t, place) => {
  const { dataDir } = place
  await keepEpoch(dataDir, 7)
  await keepEpoch(dataDir, 3)
  t.is(await keptEpoch(dataDir), 7)
  await writeFile(join(dataDir, 'keys/epoch'), 'many')
  await t.throwsAsync(keptEpoch(dataDir), { message: /holds no epoch/ })
  await t.throwsAsync(keepEpoch(dataDir, 9), { message: /holds no epoch/ })
})
