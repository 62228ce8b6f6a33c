import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { sql } from 'kysely'
import { chained, START } from '../../../manager/access/chain.ts'
import type { AuditEntry } from '../../../manager/protocol/accounts.ts'
import { onEach } from '../store/dialects.ts'
import { type AccessSite, accessAt } from './site.ts'

async function written({ access, pass }: AccessSite, count: number): Promise<void> {
  for (let index = 1; index <= count; index += 1) {
    await access.audit({ who: 'alice', peer: '10.0.0.1', what: `did ${index}` })
    pass(1000)
  }
}

onEach('the audit log is told newest first, page by page, and is intact', async (t, place) => {
  const site = await accessAt(t, place)
  t.deepEqual(await site.access.auditTrail(10), { entries: [], intact: true })
  await written(site, 5)
  const { entries, intact } = await site.access.auditTrail(2)
  t.true(intact)
  t.deepEqual(
    entries.map(({ seq, what }) => [seq, what]),
    [
      [5, 'did 5'],
      [4, 'did 4'],
    ],
  )
  t.deepEqual(
    (await site.access.auditTrail(10, 3)).entries.map(({ seq }) => seq),
    [2, 1],
  )
})

onEach('entries are chosen by who, by a name in them that is whole, and by time; pages of what is chosen are full', async (t, place) => {
  const { access, pass } = await accessAt(t, place)
  const did = async (who: string, what: string) => {
    await access.audit({ who, peer: '10.0.0.1', what })
    pass(1000)
  }
  await did('ada', 'approve host node1 (abcdefghijklmnop)')
  await did('bob', 'put host node17 (qrstuvwxyz234567) into maintenance')
  await did('ada', 'cordon host NODE1: 100% of rack_3 goes')
  await did('ada', 'remove user bob')
  const [first] = (await access.auditTrail(10)).entries.toReversed()
  const start = first?.at ?? 0
  const chosen = async (choice: Parameters<typeof access.auditTrail>[2], limit = 10, before?: number) =>
    (await access.auditTrail(limit, before, choice)).entries.map(({ seq }) => seq)
  t.deepEqual(await chosen({ who: 'bob' }), [2])
  t.deepEqual(await chosen({ about: ['node1'] }), [3, 1])
  t.deepEqual(await chosen({ about: ['qrstuvwxyz234567'] }), [2])
  t.deepEqual(await chosen({ about: ['bob', 'qrstuvwxyz234567'] }), [4, 2], 'any of them')
  t.deepEqual(await chosen({ about: ['node1'], who: 'ada' }, 1), [3])
  t.deepEqual(await chosen({ about: ['node1'], who: 'ada' }, 1, 3), [1], 'the next page of it')
  t.deepEqual(await chosen({ from: start + 1000, until: start + 3000 }), [3, 2])
  t.deepEqual([await chosen({ about: ['100%'] }), await chosen({ about: ['rack_3'] }), await chosen({ about: ['rackx3'] })], [[3], [3], []])
  t.deepEqual(await chosen({ about: ['(.*'] }), [], 'it is no pattern')
  for (let index = 0; index < 30; index += 1) await did('ada', `approve host node1${index}`)
  t.deepEqual(await chosen({ about: ['node1'] }, 5), [3, 1], 'behind all that is near it')
})

onEach('many who write at once make one chain', async (t, place) => {
  const { access } = await accessAt(t, place)
  await Promise.all(Array.from({ length: 100 }, (_, index) => access.audit({ who: `user${index}`, peer: '', what: 'x' })))
  const { entries, intact } = await access.auditTrail(200)
  t.true(intact)
  t.deepEqual(
    entries.map(({ seq }) => seq),
    Array.from({ length: 100 }, (_, index) => 100 - index),
  )
})

onEach('a log of several pages is looked at to its end', async (t, place) => {
  const site = await accessAt(t, place)
  await written(site, 1)
  let last: AuditEntry | undefined = (await site.access.auditTrail(1)).entries[0]
  const rows: AuditEntry[] = []
  for (let index = 0; index < 2500 && last; index += 1) {
    last = chained(last, { at: index, who: 'alice', peer: '', what: 'x' }, site.store.witness?.key)
    rows.push(last)
  }
  const { db } = site.store
  for (let at = 0; at < rows.length; at += 500)
    await db
      .insertInto('audit')
      .values(rows.slice(at, at + 500))
      .execute()
  const head = JSON.stringify({ seq: 2501, hash: last?.hash })
  await db.updateTable('settings').set({ value: head }).where('key', '=', 'audit-head').execute()
  t.true((await site.access.auditTrail(1)).intact)
  await db.updateTable('audit').set({ peer: 'y' }).where('seq', '=', 2400).execute()
  t.like(await site.access.auditTrail(1), { intact: false, broken: 2400 })
})

onEach('entries that come while the log is looked at are not taken for forged', async (t, place) => {
  const { access } = await accessAt(t, place)
  const writing = Array.from({ length: 100 }, () => access.audit({ who: 'x', peer: '', what: 'x' }))
  const looks = await Promise.all(Array.from({ length: 20 }, () => access.auditTrail(1)))
  await Promise.all(writing)
  t.true(looks.every(({ intact }) => intact))
})

onEach('text that a database does not keep as it is does not break the chain', async (t, place) => {
  const { access } = await accessAt(t, place)
  for (const what of ['\0', 'a\ud800b', '\u202e', '😀', '\r\n', "'; DROP TABLE audit; --", ''])
    await access.audit({ who: what, peer: what, what })
  t.true((await access.auditTrail(1)).intact)
})

const TAMPERINGS: readonly { readonly what: string; readonly statements: readonly string[]; readonly broken: number }[] = [
  { what: 'an edited text', statements: [`UPDATE audit SET what = 'did nothing' WHERE seq = 3`], broken: 3 },
  { what: 'an edited name', statements: [`UPDATE audit SET who = 'bob' WHERE seq = 1`], broken: 1 },
  { what: 'an edited time', statements: ['UPDATE audit SET at = at + 1 WHERE seq = 6'], broken: 6 },
  { what: 'a removed entry', statements: ['DELETE FROM audit WHERE seq = 2'], broken: 2 },
  {
    what: 'a removed entry whose place the others took',
    statements: ['DELETE FROM audit WHERE seq = 2', ...[3, 4, 5, 6].map((seq) => `UPDATE audit SET seq = ${seq - 1} WHERE seq = ${seq}`)],
    broken: 2,
  },
  {
    what: 'two entries that changed places',
    statements: [
      'UPDATE audit SET seq = 100 WHERE seq = 4',
      'UPDATE audit SET seq = 4 WHERE seq = 5',
      'UPDATE audit SET seq = 5 WHERE seq = 100',
    ],
    broken: 4,
  },
  { what: 'a tail that was cut off', statements: ['DELETE FROM audit WHERE seq > 4'], broken: 5 },
  { what: 'a log that was emptied', statements: ['DELETE FROM audit'], broken: 1 },
  { what: 'an end that was forgotten', statements: [`DELETE FROM settings WHERE key = 'audit-head'`], broken: 1 },
]

for (const { what, statements, broken } of TAMPERINGS) {
  onEach(`the audit log finds ${what}`, async (t, place) => {
    const site = await accessAt(t, place)
    await written(site, 6)
    t.true((await site.access.auditTrail(1)).intact)
    for (const statement of statements) await sql.raw(statement).execute(site.store.db)
    t.like(await site.access.auditTrail(1), { intact: false, broken })
  })
}

onEach('the audit log finds an entry that was forged onto its end, hash and all', async (t, place) => {
  const site = await accessAt(t, place)
  await written(site, 2)
  const last = (await site.access.auditTrail(1)).entries[0] ?? START
  await site.store.db
    .insertInto('audit')
    .values(chained(last, { at: 1, who: 'eve', peer: '', what: 'was never here' }))
    .execute()
  t.like(await site.access.auditTrail(1), { intact: false, broken: 3 })
})

/** What somebody writes who has the database and the code, and not the key. */
async function rewritten({ store }: AccessSite, change: (entry: AuditEntry) => AuditEntry | undefined): Promise<void> {
  const rows = await store.db.selectFrom('audit').selectAll().orderBy('seq').execute()
  await store.db.deleteFrom('audit').execute()
  let last: { readonly seq: number; readonly hash: string } = START
  for (const row of rows) {
    const changed = change(row)
    if (!changed) continue
    const made = chained(last, changed)
    await store.db.insertInto('audit').values(made).execute()
    last = made
  }
  const value = JSON.stringify({ seq: last.seq, hash: last.hash })
  await store.db.updateTable('settings').set({ value }).where('key', '=', 'audit-head').execute()
}

onEach('the audit log finds an entry that was rewritten with all hashes after it made anew', async (t, place) => {
  const site = await accessAt(t, place)
  await written(site, 6)
  await rewritten(site, (entry) => (entry.seq === 3 ? { ...entry, what: 'did nothing' } : entry))
  t.like(await site.access.auditTrail(1), { intact: false, broken: 1 })
})

onEach('the audit log finds a tail that was cut off, its end in the database and all, also after a restart', async (t, place) => {
  const site = await accessAt(t, place)
  await written(site, 6)
  await site.store.close()
  const again = await accessAt(t, place)
  t.true((await again.access.auditTrail(1)).intact)
  const [fourth] = (await again.access.auditTrail(1, 5)).entries
  await again.store.db.deleteFrom('audit').where('seq', '>', 4).execute()
  const value = JSON.stringify({ seq: 4, hash: fourth?.hash })
  await again.store.db.updateTable('settings').set({ value }).where('key', '=', 'audit-head').execute()
  t.like(await again.access.auditTrail(1), { intact: false, broken: 5 })
})

onEach(
  'a log from before there was a key is closed under it: it goes on, says where the key begins, and is still vouched for',
  async (t, place) => {
    const first = await accessAt(t, place)
    await written(first, 4)
    await rewritten(first, (entry) => entry)
    await first.store.db.deleteFrom('settings').where('key', '=', 'audit-seal').execute()
    await first.store.close()
    for (const name of ['audit.key', 'audit.head']) await rm(join(place.dataDir, 'keys', name), { force: true })
    const site = await accessAt(t, place)
    await written(site, 2)
    t.like(await site.access.auditTrail(1), { intact: true, keyedFrom: 5 })
    t.is((await stat(join(place.dataDir, 'keys/audit.key'))).mode & 0o777, 0o600)
    await site.store.close()
    const again = await accessAt(t, place)
    t.like(await again.access.auditTrail(1), { intact: true, keyedFrom: 5 })
    const rows = await again.store.db.selectFrom('audit').selectAll().orderBy('seq').execute()
    let last: { readonly seq: number; readonly hash: string } = START
    for (const row of rows.slice(0, 4)) {
      last = chained(last, { ...row, what: 'nothing' })
      await again.store.db
        .updateTable('audit')
        .set({ ...last })
        .where('seq', '=', row.seq)
        .execute()
    }
    t.like(await again.access.auditTrail(1), { intact: false, broken: 4 })
    await again.store.db.deleteFrom('settings').where('key', '=', 'audit-seal').execute()
    t.like(await again.access.auditTrail(1), { intact: false, broken: 1 })
  },
)

onEach('where the key was lost, the log says from where on it can be verified', async (t, place) => {
  const first = await accessAt(t, place)
  await written(first, 3)
  await first.store.close()
  // Closed once as plain, then by a key that is lost.
  for (const name of ['audit.key', 'audit.head']) await rm(join(place.dataDir, 'keys', name), { force: true })
  await (await accessAt(t, place)).store.close()
  for (const name of ['audit.key', 'audit.head']) await rm(join(place.dataDir, 'keys', name), { force: true })
  const site = await accessAt(t, place)
  await written(site, 2)
  t.like(await site.access.auditTrail(1), { intact: true, keyedFrom: 4 })
})

test('the hash of an entry says all of it, and where one text ends', (t) => {
  const entry = { at: 1, who: 'a', peer: 'b', what: 'c' }
  const hashes = [
    entry,
    { ...entry, at: 2 },
    { ...entry, who: 'ab', peer: '' },
    { ...entry, who: '', peer: 'ab' },
    { ...entry, what: '' },
  ].map((each) => chained(START, each).hash)
  t.is(new Set(hashes).size, hashes.length)
  t.not(chained({ ...START, seq: 1 }, entry).hash, hashes[0])
})
