// Hosts that come back by their certificates after the database was lost: who is let in, as what, and who is not.
import type { ExecutionContext } from 'ava'
import { type KnownSigned, READMITTED_FOR, readmit } from '../../../manager/enrolment/readmit.ts'
import { certificatesOfHost } from '../../../manager/store/tables/certificates.ts'
import { hostById, updateHost } from '../../../manager/store/tables/hosts.ts'
import { lostSince, noteLoss } from '../../../manager/store/tables/settings.ts'
import { onEach, storeAt } from '../store/dialects.ts'

const HOUR = 3600_000
const LOST = 1000 * HOUR
const ID = 'abcdefghijklmnop'

function shown(given: Partial<KnownSigned> = {}): KnownSigned {
  return { fingerprint: 'f1', host: ID, issued: LOST - 2 * HOUR, expires: LOST + 22 * HOUR, ...given }
}

async function start(t: ExecutionContext, place: Parameters<typeof storeAt>[1], loss: 'lost' | 'kept' = 'lost') {
  const store = await storeAt(t, place)
  if (loss === 'lost') await store.write((transaction) => noteLoss(transaction, LOST))
  const clock = { now: LOST + HOUR }
  const come = (given: Partial<KnownSigned> = {}, policy: 'approve' | 'auto' = 'approve') =>
    readmit({ store, policy, now: () => clock.now }, shown(given), '10.0.0.1')
  return { store, clock, come }
}

onEach('a host whose certificate is of this authority is there again under its id, and waits for a person', async (t, place) => {
  const { store, come } = await start(t, place)
  t.is(await come(), 'readmitted')
  t.like(await hostById(store.db, ID), { id: ID, trust: 'pending', name: 'host-abcdefgh', attempt: undefined })
  t.is(await come(), 'not readmitted', 'it is known now')
  t.is(await come({ host: 'ponmlkjihgfedcba', fingerprint: 'f2' }, 'auto'), 'readmitted')
  t.like(await hostById(store.db, 'ponmlkjihgfedcba'), { trust: 'approved' })
})

onEach('of two certificates of one host the one that was issued later counts', async (t, place) => {
  const { store, come } = await start(t, place)
  await come()
  t.is(await come({ fingerprint: 'old', issued: LOST - 3 * HOUR }), 'not readmitted')
  t.is(await come({ fingerprint: 'new', issued: LOST - HOUR }), 'readmitted')
  const known = await certificatesOfHost(store.db, ID)
  t.deepEqual(
    known.filter(({ revoked }) => revoked === null).map(({ fingerprint }) => fingerprint),
    ['new'],
  )
})

onEach('nobody is let in long after the loss, or with what was signed or expired out of its time', async (t, place) => {
  const { clock, come, store } = await start(t, place)
  t.is(await come({ issued: LOST + 1 }), 'not readmitted', 'what was signed since is known, or was revoked and forgotten')
  t.is(await come({ issued: LOST - 2 * READMITTED_FOR, expires: LOST + HOUR - READMITTED_FOR - 1 }), 'not readmitted')
  t.is(await come({ fingerprint: 'expired', expires: LOST - HOUR }), 'readmitted', 'it is renewed at once')
  clock.now = LOST + READMITTED_FOR + 1
  t.is(await come({ host: 'ponmlkjihgfedcba' }), 'not readmitted')
  await store.write((transaction) => noteLoss(transaction, clock.now))
  t.is(await lostSince(store.db), LOST, 'it was lost when it was lost')
})

onEach('a host that was rejected, or has booted since, does not come back by an old certificate', async (t, place) => {
  const { store, come } = await start(t, place)
  await come()
  const newer = { fingerprint: 'new', issued: LOST - HOUR }
  await store.write((transaction) => updateHost(transaction, ID, { trust: 'rejected' }))
  t.is(await come(newer), 'not readmitted')
  await store.write((transaction) => updateHost(transaction, ID, { trust: 'approved', attempt: 'bootattempt23456' }))
  t.is(await come(newer), 'not readmitted')
})

onEach('where no database was lost, nobody is let in by a certificate that is not known', async (t, place) => {
  const { come } = await start(t, place, 'kept')
  t.is(await come(), 'not readmitted')
})
