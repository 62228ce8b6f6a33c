import { appendFile, open, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import test from 'ava'
import { execa } from 'execa'
import { bench, importInto, MIB, readPart, writeDisk } from '../disks.ts'

const qemuImg = (...args: readonly string[]) => execa('qemu-img', args)

test('qcow2, packed or not, becomes the same image as the raw disk that it was made of', async (t) => {
  const place = await bench(t)
  const disk = await writeDisk(place.path('raw'), 6 * MIB, [
    [2 * MIB, 'here'],
    [5 * MIB + 9, 'and there'],
  ])
  const raw = await importInto(place, disk)
  await qemuImg('convert', '-f', 'raw', '-O', 'qcow2', disk, place.path('plain'))
  await qemuImg('convert', '-f', 'raw', '-O', 'qcow2', '-c', disk, place.path('packed'))
  for (const name of ['plain', 'packed']) {
    const { id, format } = await importInto(place, place.path(name))
    t.deepEqual([id, format], [raw.id, 'qcow2'], name)
  }
  t.is((await readPart(place.folder, raw.id, 'content')).length, 2 * MIB)
})

test('qcow2 that rests on another file is refused before qemu-img sees it, and nothing is kept', async (t) => {
  const place = await bench(t)
  await writeDisk(place.path('base'), MIB, [[0, 'secret of the manager']])
  await qemuImg('create', '-f', 'qcow2', '-b', place.path('base'), '-F', 'raw', place.path('child'))
  await t.throwsAsync(importInto(place, place.path('child')), { name: 'UnfitImage', message: /backing file.*qemu-img convert/ })
  await qemuImg('create', '-f', 'qcow2', '-o', `data_file=${place.path('base')},data_file_raw=on`, place.path('split'), '1M')
  await t.throwsAsync(importInto(place, place.path('split')), { name: 'UnfitImage', message: /another file/ })
  t.deepEqual(await readdir(place.folder.path), [])
})

test('damaged qcow2 is refused in qemu-img’s words', async (t) => {
  const place = await bench(t)
  const disk = await writeDisk(place.path('raw'), 8 * MIB, [[0, 'x']])
  await qemuImg('convert', '-f', 'raw', '-O', 'qcow2', disk, place.path('q'))
  const file = await open(place.path('q'), 'r+')
  // The offset of the first refcount block.
  await file.write(Buffer.alloc(64, 0xee), 0, 64, 65_536)
  await file.close()
  await t.throwsAsync(importInto(place, place.path('q')), { name: 'UnfitImage', message: /damaged|cannot read/ })
})

test('what is packed, foreign, empty, cut or too large says so and what to do', async (t) => {
  const place = await bench(t)
  const refused = async (bytes: Uint8Array, message: RegExp) => {
    await writeFile(place.path('f'), bytes)
    await t.throwsAsync(importInto(place, place.path('f'), { mostBytes: MIB }), { name: 'UnfitImage', message })
  }
  await refused(Buffer.from([0x1f, 0x8b, 8, 0]), /packed by gzip: unpack it/)
  await refused(Buffer.from('KDMV and more'), /is vmdk.*qemu-img convert/)
  await refused(Buffer.alloc(0), /empty/)
  await refused(Buffer.alloc(1000), /1000 bytes, which are no whole sectors/)
  await refused(Buffer.alloc(2 * MIB), /more than the 1048576/)
  await qemuImg('create', '-f', 'qcow2', place.path('huge'), '7E').catch(() => qemuImg('create', '-f', 'qcow2', place.path('huge'), '2T'))
  await t.throwsAsync(importInto(place, place.path('huge'), { mostBytes: MIB }), { name: 'UnfitImage', message: /more than|cut short/ })
  t.deepEqual(await readdir(place.folder.path), [])
})

test('a disk that begins like qcow2 is taken as it is when it is said to be raw', async (t) => {
  const place = await bench(t)
  const disk = await writeDisk(place.path('d'), MIB, [[0, 'QFI\xfb']])
  t.is((await importInto(place, disk, { format: 'raw' })).format, 'raw')
})

test('a file that changes while it is read is refused', async (t) => {
  const place = await bench(t)
  const disk = await writeDisk(place.path('d'), 8 * MIB, [[0, 'x']])
  const changes = { grown: () => appendFile(disk, Buffer.alloc(512)), cut: () => truncate(disk, 4 * MIB) }
  for (const [how, change] of Object.entries(changes)) {
    let changed: Promise<unknown> | undefined
    const onProgress = () => {
      changed ??= change()
    }
    await t.throwsAsync(importInto(place, disk, { onProgress }), { name: 'UnfitImage', message: /was changed while it was read/ }, how)
    await changed
  }
  t.deepEqual(await readdir(place.folder.path), [])
})

test('an import that is called off leaves nothing', async (t) => {
  const place = await bench(t)
  const disk = await writeDisk(place.path('d'), 8 * MIB, [[0, 'x']])
  const stop = new AbortController()
  await t.throwsAsync(importInto(place, disk, { signal: stop.signal, onProgress: () => stop.abort() }), { message: /called off/ })
  t.deepEqual(await readdir(place.folder.path), [])
  t.is((await readFile(disk)).length, 8 * MIB)
})
