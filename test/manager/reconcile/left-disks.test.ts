// What guests have left behind on their old hosts, as inventories and the store have it; requests that the test answers.

import test, { type ExecutionContext } from 'ava'
import type { Asked } from '../../../manager/agents/questions.ts'
import { TaskLocks } from '../../../manager/automation/store/task-locks.ts'
import type { HostView, PoolChange } from '../../../manager/hosts/pool-change.ts'
import { lvOf, untilTag, writeDiskTags } from '../../../manager/protocol/guest-disk.ts'
import type { Inventory } from '../../../manager/protocol/inventory.ts'
import type { AnswerBody, RequestBody } from '../../../manager/protocol/requests.ts'
import { uuid } from '../../../manager/protocol/values.ts'
import { LeftDiskTask } from '../../../manager/reconcile/left-disks.ts'
import { openStore } from '../../../manager/store/database.ts'
import { sqlite } from '../../../manager/store/dialects/sqlite.ts'
import { addGuest, putDisk } from '../../../manager/store/tables/guests.ts'
import { TestClock } from '../../images/agent/clock.ts'
import { lvmUuid, report } from '../connectivity/inventories.ts'
import { shownIn } from '../hosts/conditions.ts'
import { testDriver } from './test-driver.ts'

const DISK = uuid.parse('0b5f5c7e-3b1c-4d39-8c0c-5f3a52a7a001')
const GUEST = uuid.parse('6d1d4c6c-96b4-4d7f-b6a5-0d6d3c1b2002')
const VG = { name: 'data', uuid: lvmUuid('a') }
const HOUR = 3600_000
const GATHER = 2000
const NOT_THERE: Asked = { kind: 'refused', cause: 'absent', reason: 'node1 is not connected' }

interface Lv {
  readonly state?: 'making' | 'ready' | 'stale'
  readonly generation?: number
  /** After the beginning, ms; left out: it is not told. */
  readonly until?: number
  readonly active?: boolean
}

const seeing = (...lvs: readonly Lv[]): Inventory =>
  report({
    lvs: lvs.map(({ state = 'stale', generation = 1, until, active = false }) => ({
      ...{ uuid: lvmUuid('b') as never, name: lvOf(DISK), vg: VG.name, vgUuid: VG.uuid as never, active },
      tags: [
        ...writeDiskTags({ disk: DISK, guest: GUEST, generation, epoch: 1, state }),
        ...(until === undefined ? [] : [untilTag(new TestClock().wall() + until)]),
      ],
    })),
  })

/** In a VG that other hosts report, too. */
const onLun = (lv: Lv): Inventory => ({ ...seeing(lv), vgs: [{ uuid: VG.uuid, name: VG.name }] as never })

/** The guest has moved from `old` to `new`, with its disk: its generation is 2 now. */
async function moved(t: ExecutionContext, row: { readonly host?: string; readonly generation?: number } | 'no guest' = {}) {
  const clock = new TestClock()
  const store = await openStore(sqlite(':memory:'))
  const spec = { uuid: GUEST, name: 'web', spec: '{}', host: 'new', power: 'on', since: 0, created: 0, created_by: 'alice' }
  const disk = { id: DISK, guest: GUEST, vdev: 'xvda', vg_name: VG.name, vg_uuid: VG.uuid, size_bytes: 1 << 20, access: 'rw', image: null }
  if (row !== 'no guest')
    await store.write(async (transaction) => {
      await addGuest(transaction, spec)
      await putDisk(transaction, { ...disk, state: 'ready', host: row.host ?? 'new', generation: row.generation ?? 2 })
    })
  const views = new Map<string, HostView>()
  const inventories = new Map<string, Inventory>()
  const listeners: ((change: PoolChange) => void)[] = []
  const ended = new Set<(id: string) => void>()
  const asked: { readonly host: string; readonly body: RequestBody }[] = []
  const looked: string[] = []
  const locks = new TaskLocks(store)
  let hang: Promise<void> | undefined
  let answers: Asked = { kind: 'answered', answer: { kind: 'disk-removed', was: 'there' } as AnswerBody }
  const { driver } = testDriver(clock)
  const site = {
    ...{ clock, store, driver, asked, looked, locks },
    hangs(until: Promise<void> | undefined): void {
      hang = until
    },
    sees(id: string, inventory: Inventory, state: HostView['state'] = 'up'): void {
      views.set(id, { id, name: id, ...shownIn(state), since: 0, groups: [], notes: '', created: 0, macs: [] })
      inventories.set(id, inventory)
      for (const listener of listeners) listener({ kind: 'inventory', host: id, sections: ['lvs'] } as unknown as PoolChange)
    },
    answer(next: Asked | AnswerBody): void {
      answers =
        next.kind === 'answered' || (next.kind === 'refused' && next.cause === 'absent')
          ? (next as Asked)
          : { kind: 'answered', answer: next as AnswerBody }
    },
    async held(how: 'taken' | 'let go', key = `guest ${GUEST}`): Promise<void> {
      await store.db.deleteFrom('automations').execute()
      if (how === 'let go') {
        for (const listener of ended) listener('a1')
        return
      }
      const automation = {
        id: 'a1',
        recipe: 'migrate',
        version: 1,
        args: '{}',
        title: 'move web',
        who: 'alice',
        seed: 's',
        state: 'running',
      }
      const open = { reason: null, created: 0, ended: null, repeat_key: null, repeat_body: null }
      await store.db
        .insertInto('automations')
        .values({ ...automation, ...open } as never)
        .execute()
      await store.db.insertInto('automation_locks').values({ key, automation: 'a1', name: 'web', access: 'exclusive' }).execute()
    },
    get waits(): readonly string[] {
      return driver.status()[0]?.waitsFor ?? []
    },
    get kinds(): readonly string[] {
      return asked.map(({ host, body }) => `${host} ${body.kind}`)
    },
  }
  const task = new LeftDiskTask({
    store,
    pool: {
      hosts: () => [...views.values()],
      host: (id) => views.get(id),
      knownInventory: (id) => {
        looked.push(id)
        return inventories.get(id)
      },
      subscribe: (listener) => {
        listeners.push(listener)
        return () => void listeners.splice(listeners.indexOf(listener), 1)
      },
    },
    automations: {
      watchEnds: (listener) => {
        ended.add(listener)
        return () => void ended.delete(listener)
      },
    },
    locks,
    request: async (host, body) => {
      asked.push({ host, body })
      await hang
      return answers
    },
    epoch: 7,
    ...{ now: () => clock.wall(), after: (milliseconds, action) => clock.after(milliseconds, action), random: () => 0.5 },
  })
  driver.start(task)
  t.teardown(async () => {
    await driver.close()
    await store.close()
  })
  return site
}

test('what a guest has left is kept until its time, and removed then, once', async (t) => {
  const site = await moved(t)
  site.sees('old', seeing({ until: HOUR }))
  await site.clock.advance(HOUR - 1000)
  t.deepEqual([site.kinds, site.waits], [[], []])
  await site.clock.advance(2000)
  t.deepEqual(site.asked, [{ host: 'old', body: { kind: 'remove-disk', vg: VG, disk: DISK } }] as never)
  site.sees('old', seeing())
  await site.clock.advance(HOUR)
  t.is(site.asked.length, 1)
  t.deepEqual(site.waits, [])
})

test('of a guest that is not there any more it goes, too', async (t) => {
  const site = await moved(t, 'no guest')
  site.sees('old', seeing({ until: 0 }))
  await site.clock.advance(GATHER)
  t.deepEqual(site.kinds, ['old remove-disk'])
})

test('what has no time, is being made, counts by the store or by its tags, or lies where its guest is, is left alone', async (t) => {
  for (const lv of [
    {},
    { state: 'making', until: 0 },
    { state: 'ready', generation: 2, until: 0 },
    { state: 'ready', generation: 3 },
  ] as const) {
    const site = await moved(t)
    site.sees('old', seeing(lv))
    await site.clock.advance(HOUR)
    t.deepEqual(site.kinds, [], JSON.stringify(lv))
  }
  const back = await moved(t, { host: 'old' })
  back.sees('old', seeing({ until: 0 }))
  await back.clock.advance(HOUR)
  t.deepEqual(back.kinds, [])
})

test('an older copy that says it is ready is told to be left for an hour, with its mirror', async (t) => {
  const site = await moved(t)
  site.answer({ kind: 'disk-left', was: 'not left' } as AnswerBody)
  site.sees('old', seeing({ state: 'ready' }))
  await site.clock.advance(GATHER)
  const [first] = site.asked
  t.like(first?.body, { kind: 'leave-disk', disk: DISK, generation: 1, minor: 0 })
  t.true(first?.body.kind === 'leave-disk' && Math.abs(first.body.untilMs - site.clock.wall() - HOUR) <= GATHER)
})

test('a host that is away is asked again, later and later, and it is told what is waited for', async (t) => {
  const site = await moved(t)
  site.answer(NOT_THERE)
  site.sees('old', seeing({ until: 0 }))
  await site.clock.advance(GATHER)
  t.deepEqual(site.waits, [`data/${lvOf(DISK)} of old: node1 is not connected`])
  await site.clock.advance(60_000)
  t.true(site.asked.length >= 3 && site.asked.length <= 6, String(site.asked.length))
  site.answer({ kind: 'disk-removed', was: 'not there' } as AnswerBody)
  await site.clock.advance(HOUR)
  t.deepEqual(site.waits, [])
})

test('a host that is lost, or not taken up, is not asked', async (t) => {
  const site = await moved(t)
  site.sees('old', seeing({ until: 0 }), 'lost' as never)
  await site.clock.advance(HOUR)
  t.deepEqual(site.kinds, [])
})

test('what the host refuses is told, and tried again', async (t) => {
  const site = await moved(t)
  site.answer({ kind: 'refused', cause: 'unable', reason: 'the LV is in use' } as AnswerBody)
  site.sees('old', seeing({ until: 0 }))
  await site.clock.advance(GATHER)
  t.deepEqual([site.asked.length, site.waits], [1, [`data/${lvOf(DISK)} of old: the LV is in use`]])
  await site.clock.advance(6000)
  t.is(site.asked.length, 2)
})

test('what was not read, or has become something else before it is tried again, is not removed', async (t) => {
  for (const then of [seeing(), seeing({ state: 'ready', generation: 2 }), seeing({ state: 'making', generation: 3 })]) {
    const site = await moved(t)
    site.answer(NOT_THERE)
    site.sees('old', seeing({ until: 0 }))
    await site.clock.advance(GATHER)
    const { length } = site.asked
    site.sees('old', then)
    await site.clock.advance(HOUR)
    t.is(site.asked.filter(({ body }) => body.kind === 'remove-disk').length, length)
    t.deepEqual(site.waits, [])
  }
})

test('while an automation has the guest nothing of it is removed or left, though it was tried before', async (t) => {
  const site = await moved(t)
  site.answer(NOT_THERE)
  site.sees('old', seeing({ until: 0 }))
  await site.clock.advance(GATHER)
  const { length } = site.asked
  t.true(length > 0)
  await site.held('taken')
  await site.clock.advance(HOUR)
  t.is(site.asked.length, length)
  await site.held('let go')
  await site.clock.advance(HOUR)
  t.true(site.asked.length > length)
})

test('what is due while an automation has the guest is seen to when that has ended: its host may have told its last before', async (t) => {
  const site = await moved(t)
  await site.held('taken')
  site.sees('old', seeing({ until: 0 }))
  await site.clock.advance(2 * GATHER)
  t.deepEqual(site.kinds, [])
  await site.held('let go')
  await site.clock.advance(GATHER)
  t.deepEqual(site.kinds, ['old remove-disk'])
})

test('of a disk that has stayed on its LUN the old host lets go where the move could not tell it to, and the new one keeps it', async (t) => {
  const site = await moved(t)
  site.answer({ kind: 'disk-parted', was: 'there' } as AnswerBody)
  const disk = { state: 'ready', generation: 2, active: true } as const
  site.sees('new', onLun(disk))
  await site.clock.advance(HOUR)
  t.deepEqual(site.kinds, [], 'no other host sees the VG')
  site.sees('old', onLun({ ...disk, active: false }))
  await site.clock.advance(HOUR)
  t.deepEqual(site.kinds, [], 'it is not active there')
  await site.held('taken')
  site.sees('old', onLun(disk))
  await site.clock.advance(GATHER)
  t.deepEqual(site.kinds, [], 'a move has the guest')
  await site.held('let go')
  await site.clock.advance(HOUR)
  t.like(site.asked[0], { host: 'old', body: { kind: 'part-disk', vg: VG, disk: DISK, guest: GUEST } })
  t.false(site.kinds.some((kind) => kind.startsWith('new ')))
})

test('what was copied away from a LUN of several hosts is removed by one of them', async (t) => {
  const site = await moved(t, { host: 'third' })
  for (const host of ['old', 'new']) site.sees(host, onLun({ until: 0 }))
  await site.clock.advance(GATHER)
  t.deepEqual(site.kinds, ['old remove-disk'])
})

test('while it acts nobody else changes a VG of several hosts, and who has the VG is said by name', async (t) => {
  const site = await moved(t, { host: 'third' })
  let go: () => void = () => undefined
  site.hangs(
    new Promise<void>((resolve) => {
      go = resolve
    }),
  )
  for (const host of ['old', 'new']) site.sees(host, onLun({ until: 0 }))
  await site.clock.advance(GATHER)
  const key = `vg ${VG.uuid}`
  t.like(site.locks.on([key]), { length: 1, 0: { task: 'left-disks', access: 'exclusive', title: `remove data/${lvOf(DISK)} of old` } })
  const wanted = { key, name: 'VG data', access: 'shared' } as const
  t.like(await site.locks.take(wanted, { task: 'other', title: 'x' }), { kind: 'held' })
  go()
  await site.clock.advance(1)
  t.deepEqual(site.locks.on([key]), [])
  const other = await moved(t, { host: 'third' })
  await other.held('taken', key)
  for (const host of ['old', 'new']) other.sees(host, onLun({ until: 0 }))
  await other.clock.advance(GATHER)
  t.deepEqual(other.kinds, [])
  t.regex(other.waits[0] ?? '', /of old: web is held by automation a1 \(move web, started by alice\)/)
  await other.held('let go')
  await other.clock.advance(HOUR)
  t.deepEqual(other.kinds.slice(0, 1), ['old remove-disk'])
})

test('on a VG of one host it keeps others from removing the VG only', async (t) => {
  const site = await moved(t)
  site.hangs(new Promise(() => undefined))
  site.sees('old', seeing({ until: 0 }))
  await site.clock.advance(GATHER)
  const wanted = { key: `vg ${VG.uuid}`, name: 'VG data' }
  t.like(await site.locks.take({ ...wanted, access: 'exclusive' }, { task: 'other', title: 'x' }), { kind: 'held' })
  t.like(await site.locks.take({ ...wanted, access: 'shared' }, { task: 'other', title: 'x' }), { kind: 'taken' })
})

test('a report has its own host looked at, and those where something is left: not all of the pool', async (t) => {
  const site = await moved(t)
  site.sees('new', seeing({ state: 'ready', generation: 2, active: true }))
  for (let at = 0; at < 50; at += 1) site.sees(`plain${at}`, report({}))
  site.sees('old', seeing({ until: HOUR }))
  await site.clock.advance(10 * GATHER)
  site.looked.length = 0
  site.sees('plain7', report({}))
  await site.clock.advance(10 * GATHER)
  t.false(site.looked.includes('new'), 'its disk is where its guest is')
  t.deepEqual([...new Set(site.looked)].toSorted(), ['old', 'plain7'])
})
