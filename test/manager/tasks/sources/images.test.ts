// Files that become images, and images that are read through, as tasks: over the real images on a disk.
import { readdir } from 'node:fs/promises'
import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../../../manager/store/database.ts'
import { sqlite } from '../../../../manager/store/dialects/sqlite.ts'
import { newHostId } from '../../../../manager/store/tables/hosts.ts'
import { KeptTasks } from '../../../../manager/tasks/kept.ts'
import { keepImageTasks } from '../../../../manager/tasks/sources/images.ts'
import type { Task } from '../../../../manager/tasks/task.ts'
import { openVmImages } from '../../../../manager/vm-images/service.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'
import { until } from '../../site.ts'
import { bench, MIB } from '../../vm-images/disks.ts'

async function start(t: ExecutionContext) {
  const { dataDir, path } = await bench(t)
  const store = await openStore(sqlite(path('manager.db')))
  t.teardown(() => store.close())
  const { log } = collectingLog()
  const images = await openVmImages({
    ...{ dataDir, store, log, mostBytes: 2 ** 40, now: Date.now, newId: newHostId, after: () => () => undefined },
    users: async () => [],
    booters: async () => [],
  })
  t.teardown(() => images.close())
  const kept = new KeptTasks({ now: Date.now, newId: newHostId, keepFor: 60_000, log })
  const told: Task[] = []
  kept.subscribe(async (id) => {
    const task = await kept.find(id)
    if (task) told.push(task)
  })
  keepImageTasks(images, kept)
  const begin = async (name: string, sizeBytes: number) => {
    const begun = await images.uploads.begin({ name, sizeBytes, notes: '' }, 'ada')
    if (begun.kind !== 'done') throw new Error(begun.reason)
    return begun.value.id
  }
  const add = async (name: string, sizeBytes: number) => {
    const id = await begin(name, sizeBytes)
    await images.uploads.piece(id, 0, Buffer.alloc(MIB, name))
    await images.uploads.finish(id, MIB)
    return id
  }
  const only = async () => {
    const [task, ...others] = await kept.list({ which: 'all', limit: 10 })
    t.deepEqual(others, [])
    if (!task) throw new Error('there is no task')
    return task
  }
  const isLeft = async () => (await readdir(images.folder.path)).length
  return { images, kept, told, begin, add, only, isLeft }
}

test('a file that comes and becomes an image is one task, and says how much has come and was read', async (t) => {
  const { images, told, begin, only } = await start(t)
  const id = await begin('one', 4 * MIB)
  t.like(await only(), { kind: 'image-add', what: 'add image one', on: ['image one'], who: 'ada', state: 'running', mayCancel: true })
  await images.uploads.piece(id, 0, Buffer.alloc(MIB, 'x'))
  await images.uploads.finish(id, MIB)
  await until('its end', async () => (await only()).state === 'done')
  const phases = new Set(told.map(({ progress }) => progress?.phase))
  t.true(phases.has('receive') && phases.has('import'))
  t.true(told.some(({ progress }) => progress?.phase === 'import' && progress.total === 4 * MIB))
  t.is((await images.find('one')).kind, 'done')
})

test('one is cancelled while it comes, while it waits for another to be read, and while it is read: nothing of it is left', async (t) => {
  const { images, kept, begin, add, only, isLeft } = await start(t)
  const id = await begin('one', 4 * MIB)
  t.is((await kept.cancel((await only()).id, 'otto')).kind, 'done')
  t.like(await only(), { state: 'cancelled', reason: 'otto has cancelled it' })
  t.like(images.uploads.show(id), { kind: 'done', value: { state: 'failed', reason: 'otto has cancelled it' } })
  await add('read', 16384 * MIB)
  await add('waiting', 4 * MIB)
  const named = async (name: string) => (await kept.list({ which: 'all', limit: 10 })).find(({ what }) => what === `add image ${name}`)
  for (const name of ['waiting', 'read']) t.is((await kept.cancel((await named(name))?.id ?? '', 'otto')).kind, 'done')
  t.like(await named('waiting'), { state: 'cancelled' })
  await until('the end of the other', async () => (await named('read'))?.state === 'cancelled')
  await until('nothing is left', async () => (await isLeft()) === 0)
  t.deepEqual(await images.list(), [])
  const again = await add('read', 4 * MIB)
  await until('its end', async () => images.uploads.show(again).kind === 'done' && (await images.find('read')).kind === 'done')
})

test('an image that is read through is a task of who asked', async (t) => {
  const { images, kept, add } = await start(t)
  const id = await add('one', 4 * MIB)
  await until('its end', () => {
    const shown = images.uploads.show(id)
    return shown.kind === 'done' && shown.value.state === 'done'
  })
  const check = async () => (await kept.list({ which: 'all', limit: 10 })).filter(({ kind }) => kind === 'image-check')
  await images.verify('one', 'otto')
  await until('its end', async () => (await check())[0]?.state === 'done')
  t.like((await check())[0], { what: 'verify image one', who: 'otto' })
})

test('a check that is cancelled ends, and the image may be checked again', async (t) => {
  const { images, kept, add } = await start(t)
  const id = await add('one', 4 * MIB)
  await until('its end', () => {
    const shown = images.uploads.show(id)
    return shown.kind === 'done' && shown.value.state === 'done'
  })
  await images.verify('one', 'ada')
  const [task] = await kept.list({ which: 'open', limit: 10 })
  t.is((await kept.cancel(task?.id ?? '', 'otto')).kind, 'done')
  t.like(await kept.find(task?.id ?? ''), { kind: 'image-check', state: 'cancelled', reason: 'otto has cancelled it' })
  t.like(await images.find('one'), { kind: 'done', value: { name: 'one' } })
  await images.verify('one', 'ada')
  await until('the second', async () => {
    const found = await images.find('one')
    return found.kind === 'done' && found.value.check?.state === 'good'
  })
  t.deepEqual(await kept.list({ which: 'open', limit: 10 }), [])
})
