// What sees to records: against the agent's own requests on a simulated host.

import test, { type ExecutionContext } from 'ava'
import { collect, EMPTY_INVENTORY, update } from '../../../images/agent/collect.ts'
import { changingHandlers } from '../../../images/agent/requests/handlers.ts'
import { UNWATCHED } from '../../../images/agent/requests/task.ts'
import type { Asked } from '../../../manager/agents/questions.ts'
import { TaskLocks } from '../../../manager/automation/store/task-locks.ts'
import type { Inventory } from '../../../manager/protocol/inventory.ts'
import type { RequestBody } from '../../../manager/protocol/requests.ts'
import { RecordTask } from '../../../manager/reconcile/records.ts'
import { addGuest, changeGuest, putDisk } from '../../../manager/store/tables/guests.ts'
import { DISK, GUEST, hostWithVg } from '../../images/agent/disks.ts'
import { shownIn } from '../hosts/conditions.ts'
import { dataDirFor, until } from '../site.ts'
import { storeAt } from '../store/dialects.ts'

async function start(t: ExecutionContext) {
  const [store, machine] = [await storeAt(t, { dataDir: await dataDirFor(t), database: 'sqlite' }), await hostWithVg()]
  await machine.make()
  const handlers = changingHandlers(machine.world)
  const look = async (): Promise<Inventory> =>
    update(EMPTY_INVENTORY, await collect(machine.host.backend, ['vgs', 'lvs', 'guests'])).inventory
  const view = { id: 'a', name: 'node01', ...shownIn('up'), connection: { address: '', agent: '1', since: 1 } } as never
  const alarms = new Map<string, string>()
  const asked: string[] = []
  const later: (() => void)[] = []
  /** Of other hosts, which report the same VGs. */
  const beside: (typeof view)[] = []
  const locks = new TaskLocks(store)
  let inventory = await look()
  const task = new RecordTask({
    ...{ store, random: () => 0.5, now: () => 1000, epoch: 1 },
    after: (_milliseconds, action) => {
      later.push(action)
      return () => undefined
    },
    pool: {
      hosts: () => [view, ...beside],
      host: () => view,
      inventory: async () => inventory,
      knownInventory: () => inventory,
      subscribe: () => () => undefined,
      alarms: async () => [],
      alarm: async ({ kind, about, text }) => void alarms.set(`${kind} ${about}`, text),
      clearAlarm: async (key) => alarms.delete(key),
    },
    networks: { list: async () => [] },
    locks,
    request: async (_host, body: RequestBody): Promise<Asked> => {
      asked.push(body.kind)
      if (body.kind !== 'read-guests' && body.kind !== 'keep-guest' && body.kind !== 'forget-guest') throw new Error(body.kind)
      const handler = handlers[body.kind] as (given: RequestBody, task: typeof UNWATCHED) => Promise<never>
      const answer = await handler(body, UNWATCHED)
      inventory = await look()
      return { kind: 'answered', answer }
    },
  })
  t.teardown(() => task.close())
  const spec = JSON.stringify({ name: 'web1', memory: '256M', disks: [{ vdev: 'xvda', size: '16M', pool: 'data' }] })
  const add = () =>
    store.write(async (transaction) => {
      const row = { uuid: GUEST, name: 'web1', spec, host: 'a', power: 'off', since: 1, created: 1, created_by: 'ada' }
      await addGuest(transaction, row)
      const place = { id: DISK, guest: GUEST, vdev: 'xvda', host: 'a', vg_name: 'data', vg_uuid: machine.vg.uuid }
      await putDisk(transaction, { ...place, size_bytes: 16 << 20, generation: 1, access: 'read-write', state: 'ready', image: null })
    })
  const read = async () => {
    const answer = await handlers['read-guests']?.({ kind: 'read-guests', vg: machine.vg }, UNWATCHED)
    return answer?.kind === 'guests-read' ? answer.records : []
  }
  const step = async () => {
    asked.length = 0
    await task.step('all')
    await until('that it has looked', () => task.waitsFor().length > 0 || asked.length > 0)
    await until('that it has ended', async () => {
      const before = asked.length
      await new Promise((resolve) => setImmediate(resolve))
      return asked.length === before
    })
  }
  const sharesVg = () => void beside.push(view)
  return { store, machine, task, alarms, asked, later, locks, add, read, step, sharesVg }
}

test('a guest that no VG remembers, as an older hostless made it, is remembered; asked again, nothing is written', async (t) => {
  const { add, read, step, asked, task } = await start(t)
  await add()
  await step()
  await until('its record', async () => (await read()).length === 1)
  t.like((await read())[0], { guest: GUEST, name: 'web1', host: 'node01', createdBy: 'ada' })
  await step()
  t.deepEqual(asked, ['read-guests'])
  t.deepEqual(task.waitsFor(), [])
})

test('a record that is old is written again, and one that cannot be is told', async (t) => {
  const { add, read, step, store, machine, task, later } = await start(t)
  await add()
  await step()
  await until('its record', async () => (await read()).length === 1)
  await store.write((transaction) =>
    changeGuest(transaction, GUEST, { name: 'shop', spec: JSON.stringify({ name: 'shop', memory: '256M' }) }),
  )
  machine.host.faults.order('dd', { kind: 'fails', stderr: 'Input/output error' })
  await step()
  await until('that it is told', () => task.waitsFor().length === 1)
  t.regex(task.waitsFor()[0] ?? '', /node01: VG data: .*cannot be read/)
  machine.host.faults.clear()
  t.is((await read())[0]?.name, 'web1')
  for (const again of later.splice(0)) again()
  await until('the new record', async () => (await read())[0]?.name === 'shop')
  await until('that nothing is waited for', () => task.waitsFor().length === 0)
})

test('what a VG remembers and this database does not know is told by an alarm that names the command, and kept', async (t) => {
  const { add, read, step, store, alarms } = await start(t)
  await add()
  await step()
  await until('its record', async () => (await read()).length === 1)
  t.deepEqual([...alarms], [])
  await store.write(async (transaction) => {
    await transaction.deleteFrom('guest_disks').execute()
    await transaction.deleteFrom('guests').execute()
  })
  await step()
  await until('an alarm', () => alarms.size === 1)
  t.regex(
    alarms.get('unknown-guests a') ?? '',
    /node01 has guests that this manager does not know: web1 \(VG data remembers it\).*hostless manager rebuild/,
  )
  t.is((await read()).length, 1)
  await add()
  await step()
  await until('its end', () => alarms.size === 0)
})

test('a record of a guest that lies elsewhere by now stays until the other VG remembers it', async (t) => {
  const { add, read, step, store, asked } = await start(t)
  await add()
  await step()
  await until('its record', async () => (await read()).length === 1)
  const elsewhere = { host: 'b', vg_uuid: 'bbbbbb-bbbb-cccc-dddd-eeee-ffff-gggggg' }
  await store.write((transaction) => transaction.updateTable('guest_disks').set(elsewhere).execute())
  await step()
  t.deepEqual(asked, ['read-guests'])
  t.is((await read()).length, 1)
})

test('in a VG of several hosts what is old is written by the host that its guest lies on, while nobody else writes there', async (t) => {
  const { add, read, step, task, later, locks, machine, sharesVg } = await start(t)
  sharesVg()
  await add()
  const vg = { key: `vg ${machine.vg.uuid}`, name: 'VG data', access: 'shared' } as const
  const other = await locks.take(vg, { task: 'left-disks', title: 'remove data/disk-x of node02' })
  await step()
  await until('that it waits', () => task.waitsFor().length === 1)
  t.regex(task.waitsFor()[0] ?? '', /VG data is held by the manager’s task left-disks \(remove data\/disk-x of node02\)/)
  t.deepEqual(await read(), [])
  if (other.kind === 'taken') other.release()
  for (const again of later.splice(0)) again()
  await until('its record', async () => (await read()).length === 1)
  t.like((await read())[0], { guest: GUEST, host: 'node01' })
  await until('that it lets go', () => locks.on([vg.key]).length === 0)
})
