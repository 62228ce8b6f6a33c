import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { MOST_KERNEL_BYTES } from '../../../manager/protocol/guest-kernel.ts'
import { openStore } from '../../../manager/store/database.ts'
import { sqlite } from '../../../manager/store/dialects/sqlite.ts'
import { newHostId } from '../../../manager/store/tables/hosts.ts'
import { sha256 } from '../../../manager/vm-images/block-list.ts'
import { openVmImages } from '../../../manager/vm-images/service.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { until } from '../site.ts'
import { bench, MIB, readPart } from './disks.ts'
import { bzImage, elf, initrd } from './kernels.ts'

async function start(t: ExecutionContext) {
  const { dataDir, path } = await bench(t)
  const store = await openStore(sqlite(path('manager.db')))
  t.teardown(() => store.close())
  const booters = new Map<string, readonly string[]>()
  const images = await openVmImages({
    ...{ dataDir, store, mostBytes: 64 * MIB, now: () => 1000, newId: newHostId, after: () => () => undefined, log: collectingLog().log },
    users: async () => [],
    booters: async (kernel) => booters.get(kernel) ?? [],
  })
  t.teardown(() => images.close())
  const add = async (name: string, kernel: Buffer, ramdisk: Buffer = Buffer.alloc(0)) => {
    const bytes = Buffer.concat([kernel, ramdisk])
    const ask = { name, sizeBytes: bytes.length, format: 'kernel', kernelBytes: kernel.length, notes: '' } as const
    const begun = await images.uploads.begin(ask, 'ada')
    if (begun.kind !== 'done') throw new Error(begun.reason)
    const { id } = begun.value
    await images.uploads.piece(id, 0, bytes)
    await images.uploads.finish(id, bytes.length)
    return until('the end of the import', () => {
      const shown = images.uploads.show(id)
      return shown.kind === 'done' && shown.value.state !== 'importing' && shown.value
    })
  }
  const kinds = async () => (await images.folder.all()).map(({ kind }) => kind).sort()
  return { images, add, booters, kinds }
}

test('a kernel and its initrd are kept as two files under one name, each of its own bytes alone', async (t) => {
  const { images, add } = await start(t)
  const [kernel, ramdisk] = [elf({ sizeBytes: 3 * MIB + 5 }), initrd(MIB + 3)]
  t.like(await add('debian', kernel, ramdisk), { state: 'done' })
  const found = await images.find('debian')
  const shown = found.kind === 'done' ? found.value : undefined
  t.like(shown, { kind: 'kernel', format: 'kernel', sizeBytes: kernel.length, keptBytes: kernel.length + ramdisk.length, present: true })
  t.is(shown?.initrd?.sizeBytes, ramdisk.length)
  t.deepEqual(await readPart(images.folder, shown?.id ?? '', 'content'), kernel, 'blocks of zeros, too')
  t.deepEqual(await readPart(images.folder, shown?.initrd?.id ?? '', 'content'), ramdisk)
  const list = await readPart(images.folder, shown?.id ?? '', 'blocks.json')
  t.is(sha256(list), shown?.id ?? '')
  await images.verify('debian', 'ada')
  const checked = await until('a check', async () => {
    const again = await images.find('debian')
    return again.kind === 'done' && again.value.check?.state !== 'running' && again.value
  })
  t.like(checked, { check: { state: 'good' } })
})

test('it is removed only when no guest’s spec names it; what another name has of it stays', async (t) => {
  const { images, add, booters, kinds } = await start(t)
  await add('one', elf(), initrd())
  await add('two', elf(), initrd(6000))
  booters.set('one', ['web1'])
  t.deepEqual(await images.remove('one'), { kind: 'refused', code: 'held', reason: 'kernel one is what web1 boot by' })
  booters.clear()
  t.is((await images.remove('one')).kind, 'done')
  t.deepEqual(await kinds(), ['initrd', 'kernel'])
  t.like(await images.find('two'), { kind: 'done', value: { present: true } })
  t.is((await images.remove('two')).kind, 'done')
  t.deepEqual(await kinds(), [])
})

test('what is no kernel is refused by what it is, and nothing of it is kept', async (t) => {
  const { add, kinds } = await start(t)
  const refusals: readonly (readonly [kernel: Buffer, initrd: Buffer | undefined, told: RegExp])[] = [
    [Buffer.from('<html>'), undefined, /neither an ELF vmlinux nor a bzImage/],
    [elf({ note: { name: 'x\0', type: 1 } }), undefined, /no entry for PVH guests/],
    [bzImage(gzipSync(elf({ note: { name: 'x\0', type: 1 } }))), undefined, /no entry for PVH guests/],
    [bzImage(Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3])), undefined, /payload of the bzImage cannot be unpacked/],
    [elf(), Buffer.from('no archive'), /the initrd is neither a cpio archive/],
  ]
  for (const [kernel, ramdisk, told] of refusals) {
    const { state, reason } = await add('k', kernel, ramdisk)
    t.is(state, 'failed')
    t.regex(reason ?? '', told)
  }
  t.deepEqual(await kinds(), [])
  t.like(await add('k', bzImage()), { state: 'done' })
})

test('a name that another kernel, or a disk’s image, has is refused; the same pair again is the same', async (t) => {
  const { add, kinds } = await start(t)
  await add('k', elf(), initrd())
  t.like(await add('k', elf(), initrd()), { state: 'done' })
  t.regex((await add('k', elf(), initrd(7000))).reason ?? '', /another image k already/)
  t.regex((await add('k', elf())).reason ?? '', /another image k already/)
  t.deepEqual(await kinds(), ['initrd', 'kernel'])
})

test('one that is too large, or is not in its file, is not even begun with', async (t) => {
  const { images } = await start(t)
  const begin = (more: object) => images.uploads.begin({ name: 'k', sizeBytes: 1000, notes: '', ...more }, 'ada')
  t.like(await begin({ format: 'kernel', sizeBytes: MOST_KERNEL_BYTES + 1 }), { kind: 'refused', status: 413 })
  t.like(await begin({ format: 'kernel', sizeBytes: MOST_KERNEL_BYTES + 2, kernelBytes: 1 }), { kind: 'refused', status: 413 })
  t.like(await begin({ format: 'kernel', kernelBytes: 1001 }), { kind: 'refused', status: 400 })
  t.like(await begin({ kernelBytes: 5 }), { kind: 'refused', status: 400 })
})
