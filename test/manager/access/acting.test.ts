import type { ExecutionContext } from 'ava'
import { Acting } from '../../../manager/access/acting.ts'
import type { Act } from '../../../manager/access/audit-bound.ts'
import type { Done, Refused } from '../../../manager/outcome.ts'
import type { Store, Transaction } from '../../../manager/store/database.ts'
import type { DataPlace } from '../../../manager/store/open.ts'
import { addAudit, verifyAudit } from '../../../manager/store/tables/audit.ts'
import { onEach, storeAt } from '../store/dialects.ts'

const NOW = 1_700_000_000_000
const actOf = (what: string): Act => ({ who: 'alice', peer: '10.0.0.1', what })
const done = { kind: 'done', value: null } as const
const no: Refused = { kind: 'refused', reason: 'no' }

interface ActingSite {
  readonly store: Store
  /** What handlers have of it. */
  readonly acted: Store
  perform(what: string, handler: () => Promise<Done<unknown>>): Promise<Done<unknown>>
  /** `who: what`, oldest first. */
  entries(): Promise<readonly string[]>
  /** Keys that were written. */
  kept(): Promise<readonly string[]>
  /** Acts whose entry was written by itself. */
  readonly alone: readonly string[]
}

async function actingAt(t: ExecutionContext, place: DataPlace): Promise<ActingSite> {
  const store = await storeAt(t, place)
  const acting = new Acting(() => NOW)
  const acted = acting.through(store)
  const alone: string[] = []
  const writeAlone = async (act: Act): Promise<void> => {
    alone.push(act.what)
    const entry = await acted.write((transaction) => addAudit(transaction, { ...act, at: NOW }, store.witness?.key))
    store.witness?.wrote(entry)
  }
  return {
    store,
    acted,
    alone,
    perform: (what, handler) => acting.perform(actOf(what), handler, writeAlone),
    entries: async () => {
      const rows = await store.db.selectFrom('audit').selectAll().orderBy('seq').execute()
      t.true(rows.every(({ at, peer }) => at === NOW && peer === '10.0.0.1'))
      t.is((await verifyAudit(store.db, store.witness)).broken, undefined, 'the chain and its witness hold')
      return rows.map(({ who, what }) => `${who}: ${what}`)
    },
    kept: async () => {
      const rows = await store.db.selectFrom('settings').select('key').where('key', 'like', 'test %').orderBy('key').execute()
      return rows.map(({ key }) => key)
    },
  }
}

const keep = (key: string) => async (transaction: Transaction) => {
  await transaction
    .insertInto('settings')
    .values({ key: `test ${key}`, value: key })
    .execute()
}

onEach('an act and its entry are there together', async (t, place) => {
  const site = await actingAt(t, place)
  const seen: number[] = []
  const answer = await site.perform('keep a', async () => {
    await site.acted.write(keep('a'))
    seen.push((await site.entries()).length)
    return done
  })
  t.deepEqual(answer, done)
  t.deepEqual(seen, [1], 'not some time later')
  t.deepEqual([await site.entries(), await site.kept(), site.alone], [['alice: keep a'], ['test a'], []])
})

onEach('a write that fails leaves neither the change nor the entry', async (t, place) => {
  const site = await actingAt(t, place)
  await site.store.write(keep('a'))
  const failed = site.perform('keep b and a again', async () => {
    await site.acted.write(async (transaction) => {
      await keep('b')(transaction)
      await keep('a')(transaction)
    })
    return done
  })
  await t.throwsAsync(failed, { any: true })
  t.deepEqual([await site.entries(), await site.kept(), site.alone], [[], ['test a'], []])
})

onEach('an entry that cannot be written takes the change with it', async (t, place) => {
  const site = await actingAt(t, place)
  await site.store.write(async (transaction) => {
    await transaction.schema.alterTable('audit').renameTo('audit_gone').execute()
  })
  await t.throwsAsync(
    site.perform('keep a', async () => {
      await site.acted.write(keep('a'))
      return done
    }),
    { any: true },
  )
  t.deepEqual(await site.kept(), [])
})

onEach('a refusal in the transaction leaves no entry, and the write after it takes that', async (t, place) => {
  const site = await actingAt(t, place)
  const refusals: readonly Done<never>[] = [no, { kind: 'missing', reason: 'there is none' }]
  for (const refusal of refusals) t.deepEqual(await site.perform('be refused', () => site.acted.write(async () => refusal)), refusal)
  t.deepEqual([await site.entries(), site.alone], [[], []])
  await site.perform('try twice', async () => {
    await site.acted.write(async () => no)
    await site.acted.write(keep('a'))
    return done
  })
  t.deepEqual([await site.entries(), site.alone], [['alice: try twice'], []])
})

onEach('an act of two writes has one entry, also when they come at once', async (t, place) => {
  const site = await actingAt(t, place)
  await site.perform('one after the other', async () => {
    await site.acted.write(keep('a'))
    await site.acted.write(keep('b'))
    return done
  })
  await site.perform('at once', async () => {
    await Promise.all([site.acted.write(keep('c')), site.acted.write(keep('d'))])
    return done
  })
  t.deepEqual(await site.entries(), ['alice: one after the other', 'alice: at once'])
  t.is((await site.kept()).length, 4)
})

onEach('an act that writes nothing has an entry of its own; one that is refused, or fails, has none', async (t, place) => {
  const site = await actingAt(t, place)
  await site.perform('look at a disk', async () => done)
  await site.perform('be refused', async () => no)
  await t.throwsAsync(
    site.perform('fail', async () => {
      throw new Error('of this test')
    }),
    { message: 'of this test' },
  )
  t.deepEqual([await site.entries(), site.alone], [['alice: look at a disk'], ['look at a disk']])
})

onEach('an act is not answered before its entry is there, though its handler does not wait for what it writes', async (t, place) => {
  const site = await actingAt(t, place)
  await site.perform('keep a some time', async () => {
    void site.acted.write(keep('a'))
    return done
  })
  t.deepEqual([await site.entries(), await site.kept(), site.alone], [['alice: keep a some time'], ['test a'], []])
})

onEach('a change that runs twice, as its group commit was rolled back, leaves one entry', async (t, place) => {
  const site = await actingAt(t, place)
  let runs = 0
  const acts = [
    site.perform('keep a', async () => {
      await site.acted.write(async (transaction) => {
        runs += 1
        await keep('a')(transaction)
      })
      return done
    }),
    site.perform('fail', async () => {
      await site.acted.write(async () => {
        throw new Error('of this test')
      })
      return done
    }),
  ]
  t.deepEqual(
    (await Promise.allSettled(acts)).map(({ status }) => status),
    ['fulfilled', 'rejected'],
  )
  t.is(runs, 2, 'with the others, then by itself')
  t.deepEqual([await site.entries(), await site.kept()], [['alice: keep a'], ['test a']])
})

onEach('many acts at once take each their own entry and no other’s', async (t, place) => {
  const site = await actingAt(t, place)
  const names = Array.from({ length: 40 }, (_, at) => String(at).padStart(2, '0'))
  await Promise.all(
    names.map((name) =>
      site.perform(`keep ${name}`, async () => {
        await new Promise((resolve) => setImmediate(resolve))
        await site.acted.write(async (transaction) => {
          await keep(name)(transaction)
          const before = await transaction.selectFrom('audit').select('seq').where('what', '=', `keep ${name}`).execute()
          t.deepEqual(before, [])
        })
        const own = await site.store.db.selectFrom('audit').select('seq').where('what', '=', `keep ${name}`).execute()
        t.is(own.length, 1, 'its own, as soon as it is done')
        return done
      }),
    ),
  )
  t.deepEqual(
    [...(await site.entries())].sort(),
    names.map((name) => `alice: keep ${name}`),
  )
  t.deepEqual(site.alone, [])
})

onEach('what belongs to no act, or goes on after its act, is written without an entry', async (t, place) => {
  const site = await actingAt(t, place)
  await site.acted.write(keep('a'))
  let later = (): void => undefined
  const released = new Promise<void>((resolve) => {
    later = resolve
  })
  let background: Promise<unknown> = Promise.resolve()
  await site.perform('set something going', async () => {
    background = released.then(() => site.acted.write(keep('b')))
    return done
  })
  later()
  await background
  t.deepEqual(
    [await site.entries(), await site.kept(), site.alone],
    [['alice: set something going'], ['test a', 'test b'], ['set something going']],
  )
})

onEach('what an act has set going does not write the entry again while that is written by itself', async (t, place) => {
  const store = await storeAt(t, place)
  const acting = new Acting(() => NOW)
  const acted = acting.through(store)
  let [begin, background] = [(): void => undefined, Promise.resolve()]
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const handler = async (): Promise<Done<unknown>> => {
    background = begun.then(() => acted.write(keep('a')))
    return done
  }
  await acting.perform(actOf('set something going'), handler, async (act) => {
    begin()
    await background
    await store.write((transaction) => addAudit(transaction, { ...act, at: NOW }, undefined))
  })
  const entries = await store.db.selectFrom('audit').select('what').execute()
  t.deepEqual(
    entries.map(({ what }) => what),
    ['set something going'],
  )
})
