import { readdir, readFile } from 'node:fs/promises'
import test, { type ExecutionContext } from 'ava'
import type { After } from '../../../appliance/wire/timers.ts'
import { mac } from '../../../manager/protocol/values.ts'
import { openStore } from '../../../manager/store/database.ts'
import { sqlite } from '../../../manager/store/dialects/sqlite.ts'
import { newHostId } from '../../../manager/store/tables/hosts.ts'
import { openVmImages, type VmImages } from '../../../manager/vm-images/service.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { until } from '../site.ts'
import { bench, type Filled, MIB, writeDisk } from './disks.ts'

interface Started {
  readonly images: VmImages
  readonly add: (
    name: string,
    texts: readonly Filled[],
  ) => Promise<{ readonly state: string; readonly image?: string; readonly reason?: string }>
  readonly guests: Map<string, readonly string[]>
  /** What waits for its time, in order. */
  readonly waiting: Set<() => void>
}

async function start(t: ExecutionContext): Promise<Started> {
  const { dataDir, path } = await bench(t)
  const store = await openStore(sqlite(path('manager.db')))
  t.teardown(() => store.close())
  const guests = new Map<string, readonly string[]>()
  const waiting = new Set<() => void>()
  const after: After = (_milliseconds, action) => {
    waiting.add(action)
    return () => void waiting.delete(action)
  }
  const users = async (id: string) => guests.get(id) ?? []
  const log = collectingLog().log
  const booters = async (kernel: string) => guests.get(`boots ${kernel}`) ?? []
  const images = await openVmImages({ dataDir, store, users, booters, mostBytes: 64 * MIB, now: () => 1000, newId: newHostId, after, log })
  t.teardown(() => images.close())
  const add = async (name: string, texts: readonly Filled[]) => {
    const bytes = await readFile(await writeDisk(path('source'), 2 * MIB, texts))
    const begun = await images.uploads.begin({ name, sizeBytes: bytes.length, notes: '' }, 'ada')
    if (begun.kind !== 'done') throw new Error(begun.reason)
    const { id } = begun.value
    await images.uploads.piece(id, 0, bytes)
    await images.uploads.finish(id, bytes.length)
    return until('the end of the import', () => {
      const shown = images.uploads.show(id)
      return shown.kind === 'done' && shown.value.state !== 'importing' && shown.value
    })
  }
  return { images, add, guests, waiting }
}

test('an image goes with its last name, and not while disks of guests are made of it', async (t) => {
  const { images, add, guests } = await start(t)
  const { image: id = '' } = await add('one', [[0, 'x']])
  t.like(await add('two', [[0, 'x']]), { state: 'done', image: id })
  guests.set(id, ['web1', 'web2'])
  t.deepEqual(await images.remove('two'), { kind: 'done', value: null })
  t.deepEqual(await images.remove('one'), { kind: 'refused', code: 'held', reason: 'image one is what disks of web1, web2 are made of' })
  t.like(await images.resolve('one'), { kind: 'done', value: { id, sizeBytes: 2 * MIB } })
  guests.clear()
  t.is((await images.remove('one')).kind, 'done')
  t.is((await images.resolve('one')).kind, 'missing')
  t.deepEqual(await images.folder.all(), [])
})

test('a name that another image has is refused, and nothing of the new one is kept', async (t) => {
  const { images, add } = await start(t)
  const { image } = await add('debian13', [[0, 'old']])
  const { state, reason } = await add('debian13', [[0, 'new']])
  t.is(state, 'failed')
  t.regex(reason ?? '', /there is another image debian13 already .*take another name, or remove that one first/)
  t.deepEqual(
    (await images.list()).map(({ name, id }) => [name, id]),
    [['debian13', image]],
  )
})

test('content that nothing names is shown by its id, found by the beginning of it, and removed by that', async (t) => {
  const { images } = await start(t)
  async function* blocks() {
    yield { at: 0, bytes: Buffer.alloc(MIB, 1) }
  }
  const { id } = await images.folder.keep(MIB, blocks())
  t.deepEqual(
    (await images.list()).map((image) => [image.id, image.name, image.present]),
    [[id, undefined, true]],
  )
  t.is((await images.find(id.slice(0, 5))).kind, 'missing', 'too short to mean anything')
  t.like(await images.find(id.slice(0, 6)), { kind: 'done', value: { id } })
  t.is((await images.remove(id)).kind, 'done')
  t.deepEqual(await images.list(), [])
})

test('a name whose content is gone says so, and is mended by adding it again', async (t) => {
  const { images, add } = await start(t)
  const { image: id = '' } = await add('one', [[0, 'x']])
  await images.folder.remove(id)
  t.like((await images.list())[0], { name: 'one', present: false })
  t.deepEqual(await images.resolve('one'), { kind: 'refused', reason: 'the content of image one is not on this manager: add it again' })
  t.like(await add('one', [[0, 'x']]), { state: 'done', image: id })
  t.like((await images.list())[0], { name: 'one', present: true })
})

test('an upload that rests is given up, and leaves nothing', async (t) => {
  const { images, waiting } = await start(t)
  const begun = await images.uploads.begin({ name: 'one', sizeBytes: MIB, notes: '' }, 'ada')
  if (begun.kind !== 'done') return t.fail(begun.reason)
  const { id } = begun.value
  await images.uploads.piece(id, 0, Buffer.from('x'))
  t.is(waiting.size, 1, 'a piece begins the time anew')
  for (const action of waiting) action()
  t.like(images.uploads.show(id), { kind: 'done', value: { state: 'failed' } })
  t.like(await images.uploads.piece(id, 0, Buffer.from('x')), { kind: 'refused' })
  await until('nothing is left', async () => (await readdir(images.folder.path)).length === 0)
})

test('a seed is in no list, is refused when it is none, and is removed by its owner, who removes no image by that', async (t) => {
  const { images, add } = await start(t)
  const nics = [{ mac: mac.parse('52:54:00:77:00:01'), addresses: [], nameservers: [] }]
  const made = await images.makeSeed({ hostname: 'web1', instanceId: 'i-1', sshKeys: [], nics })
  if (made.kind !== 'done') return t.fail(made.reason)
  t.deepEqual(await images.list(), [])
  t.like(await images.folder.facts(made.value.id), { kind: 'seed' })
  const huge = await images.makeSeed({ hostname: 'web1', instanceId: 'i-1', sshKeys: [], nics, userData: `#!${'x'.repeat(100 << 20)}` })
  t.like(huge, { kind: 'refused', status: 400 })
  const { image = '' } = await add('one', [[0, 'x']])
  await images.removeSeed(image)
  t.is((await images.list()).length, 1)
  await images.forgetSeeds(0, () => false)
  await images.forgetSeeds(Number.POSITIVE_INFINITY, (id) => id === made.value.id)
  t.like(await images.folder.facts(made.value.id), { kind: 'seed' }, 'it is new, or needed')
  await images.forgetSeeds(Number.POSITIVE_INFINITY, () => false)
  await images.removeSeed(made.value.id)
  t.is(await images.folder.facts(made.value.id), undefined)
})
