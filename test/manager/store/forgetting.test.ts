import type { Store } from '../../../manager/store/database.ts'
import { attemptById, forgetAttempts, saveAttempt } from '../../../manager/store/tables/attempts.ts'
import { certificateOf, forgetCertificates, revokeCertificates, saveCertificate } from '../../../manager/store/tables/certificates.ts'
import { addHost } from '../../../manager/store/tables/hosts.ts'
import { hostIn } from '../hosts/conditions.ts'
import { onEach, storeAt } from './dialects.ts'

const DAY = 24 * 3600_000

async function withHost(store: Store, attempt: string): Promise<void> {
  await store.write(async (transaction) => {
    await addHost(transaction, {
      id: 'a',
      name: 'a',
      uuid: undefined,
      ...hostIn('up'),
      since: 0,
      groups: [],
      notes: '',
      created: 0,
      attempt,
    })
    for (const day of [1, 2]) {
      const certificate = { fingerprint: `day ${day}`, host: 'a', attempt, issued: day * DAY, expires: (day + 1) * DAY }
      await saveCertificate(transaction, certificate)
    }
    for (const id of [attempt, 'other']) {
      await saveAttempt(transaction, { id, mac: `52:54:00:00:00:0${id.length}` as never, address: '10.0.0.1', tokenHash: '', expires: DAY })
    }
  })
}

onEach('a clock that is a year ahead makes the manager forget nothing that a host which runs needs', async (t, place) => {
  const store = await storeAt(t, place)
  await withHost(store, 'present')
  await store.write(async (transaction) => {
    await forgetCertificates(transaction, 365 * DAY)
    await forgetAttempts(transaction, 365 * DAY)
  })
  t.is(await certificateOf(store.db, 'day 1'), undefined)
  t.truthy(await certificateOf(store.db, 'day 2'))
  t.truthy(await attemptById(store.db, 'present'))
  t.is(await attemptById(store.db, 'other'), undefined)
})

onEach('what was revoked is forgotten, the newest too', async (t, place) => {
  const store = await storeAt(t, place)
  await withHost(store, 'present')
  await store.write(async (transaction) => {
    await revokeCertificates(transaction, 'a', 3 * DAY, 'rejected')
    await forgetCertificates(transaction, 365 * DAY)
  })
  t.is(await certificateOf(store.db, 'day 2'), undefined)
})
