import { createHash } from 'node:crypto'
import { appendFile, mkdir, open, readdir, readFile, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { blockList } from '../../../../manager/protocol/disk-image.ts'
import type { Block } from '../../../../manager/vm-images/files/folder.ts'
import { bench, importInto, MIB, readPart, writeDisk } from '../disks.ts'

async function* blocksOf(...blocks: readonly Block[]): AsyncGenerator<Block> {
  yield* blocks
}

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('an image is the list of its blocks and those blocks, nothing of what is zero, under the hash of the list', async (t) => {
  const place = await bench(t)
  const disk = await writeDisk(place.path('d'), 5 * MIB + 512, [
    [MIB + 7, 'second'],
    [5 * MIB, 'the short one'],
  ])
  const { id, sizeBytes, blocks, keptBytes } = await importInto(place, disk)
  t.deepEqual({ sizeBytes, blocks, keptBytes }, { sizeBytes: 5 * MIB + 512, blocks: 2, keptBytes: MIB + 512 })
  const bytes = await readPart(place.folder, id, 'blocks.json')
  t.is(hash(bytes), id)
  const whole = await readFile(disk)
  const [second, last] = [whole.subarray(MIB, 2 * MIB), whole.subarray(5 * MIB)]
  t.deepEqual(blockList.parse(JSON.parse(bytes.toString())), {
    kind: 'hostless-disk',
    sizeBytes: 5 * MIB + 512,
    blocks: [
      { at: 1, sha256: hash(second) },
      { at: 5, sha256: hash(last) },
    ],
  })
  t.true((await readPart(place.folder, id, 'content')).equals(Buffer.concat([second, last])))
  t.deepEqual(await place.folder.verify(id), [])
  t.is((await stat(join(place.folder.path, id, 'content'))).mode & 0o777, 0o600)
})

test('a disk of zeros is an image without blocks', async (t) => {
  const place = await bench(t)
  const { id, blocks, keptBytes } = await importInto(place, await writeDisk(place.path('d'), 3 * MIB, []))
  t.deepEqual([blocks, keptBytes, await place.folder.verify(id)], [0, 0, []])
})

test('the same content again is the same image, and mends one that was damaged', async (t) => {
  const place = await bench(t)
  const disk = await writeDisk(place.path('d'), 2 * MIB, [[0, 'x']])
  const { id } = await importInto(place, disk)
  await truncate(join(place.folder.path, id, 'content'), 10)
  t.deepEqual(await place.folder.verify(id), ['its content ends at byte 10: block 0 and what follows are missing'])
  t.is((await importInto(place, disk)).id, id)
  t.deepEqual(await place.folder.verify(id), [])
  t.is((await place.folder.all()).length, 1)
})

test('verify finds a byte that has changed, bytes too many, and a list that is another', async (t) => {
  const place = await bench(t)
  const { id } = await importInto(place, await writeDisk(place.path('d'), 4 * MIB, [[0, 'a'], [MIB, 'b'], [3 * MIB, 'c']])) // biome-ignore format: one line
  const content = join(place.folder.path, id, 'content')
  const file = await open(content, 'r+')
  await file.write('!', MIB + 5)
  await file.close()
  t.deepEqual(await place.folder.verify(id), ['block 1 has changed'])
  await appendFile(content, 'more')
  t.deepEqual(await place.folder.verify(id), ['block 1 has changed', 'its content has 4 bytes too many'])
  await appendFile(join(place.folder.path, id, 'blocks.json'), ' ')
  t.deepEqual(await place.folder.verify(id), ['the list of its blocks has changed'])
})

test('what fails half-way leaves nothing, and what a crash has left goes at the next start', async (t) => {
  const place = await bench(t)
  async function* broken(): AsyncGenerator<Block> {
    yield { at: 0, bytes: Buffer.alloc(MIB, 1) }
    throw new Error('the disk is gone')
  }
  await t.throwsAsync(place.folder.keep(2 * MIB, broken()), { message: 'the disk is gone' })
  t.deepEqual(await readdir(place.folder.path), [])
  const { id } = await place.folder.keep(MIB, blocksOf({ at: 0, bytes: Buffer.alloc(MIB, 1) }))
  await mkdir(join(place.folder.path, '.unfinished-1-0-of-a-process-that-is-gone'))
  await place.folder.open()
  t.deepEqual(await readdir(place.folder.path), [id])
})

test('no name but an id is ever a path', async (t) => {
  const { folder } = await bench(t)
  for (const id of ['..', '../../etc', `${'a'.repeat(63)}/`, 'A'.repeat(64), '']) {
    await t.throwsAsync(folder.openFile(id, 'content'), { message: /SHA-256/ }, id)
    await t.throwsAsync(folder.remove(id), { message: /SHA-256/ }, id)
  }
})

test('an image that is removed is gone, twice too', async (t) => {
  const place = await bench(t)
  const { id } = await importInto(place, await writeDisk(place.path('d'), MIB, [[0, 'x']]))
  await place.folder.remove(id)
  await place.folder.remove(id)
  t.deepEqual(await place.folder.all(), [])
  t.is(await place.folder.facts(id), undefined)
})
