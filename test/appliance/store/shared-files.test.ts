import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { type OpenedFile, openRegular } from '../../../appliance/store/files.ts'
import { SharedFiles } from '../../../appliance/store/shared-files.ts'

const PIECE = 256 * 1024
const CONTENT = Buffer.from(Array.from({ length: 3 * PIECE + 1000 }, (_, index) => (index * 7 + (index >> 8)) & 255))

function counted(identity = 'one') {
  const reads: number[] = []
  let closed = 0
  const file = (): OpenedFile => ({
    kind: 'file',
    identity,
    size: CONTENT.length,
    read: async (position, length) => {
      reads.push(position)
      return CONTENT.subarray(position, position + length)
    },
    close: async () => {
      closed += 1
    },
  })
  return { file, reads, closed: () => closed }
}

test('what many read is read once, a piece ahead, and is gone with the last of them', async (t) => {
  const { file, reads, closed } = counted()
  const shared = new SharedFiles()
  const [first, second] = await Promise.all([shared.share(file()), shared.share(file())])
  t.is(closed(), 1, 'the one opened twice')
  for (const each of [first, second]) t.deepEqual(await each.read(0, 1428), CONTENT.subarray(0, 1428))
  t.deepEqual(reads, [0, PIECE])
  await first.close()
  await first.close()
  t.is(closed(), 1)
  t.deepEqual(await second.read(CONTENT.length - 1000, 1000), CONTENT.subarray(-1000))
  await second.close()
  t.is(closed(), 2)
  const again = await shared.share(file())
  await again.read(0, 1)
  t.deepEqual(reads, [0, PIECE, 3 * PIECE, 0, PIECE])
})

test('every part is what the file has there, however few pieces are kept', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.tuple(fc.nat(CONTENT.length), fc.nat(300_000)), { maxLength: 8 }),
      async (most, parts) => {
        const shared = await new SharedFiles(most).share(counted().file())
        const read = await Promise.all(
          parts.map(async ([position, length]) => shared.read(position, Math.min(length, CONTENT.length - position))),
        )
        for (const [index, [position, length]] of parts.entries()) {
          t.true(read[index]?.equals(CONTENT.subarray(position, position + length)))
        }
      },
    ),
  )
})

test('a read that fails is tried again by the next who wants it', async (t) => {
  const { file } = counted()
  let fails = true
  const shared = await new SharedFiles().share({
    ...file(),
    read: async (position, length) => {
      if (fails) throw new Error('the disk is gone')
      return CONTENT.subarray(position, position + length)
    },
  })
  await t.throwsAsync(shared.read(0, 10), { message: 'the disk is gone' })
  fails = false
  t.deepEqual(await shared.read(0, 10), CONTENT.subarray(0, 10))
})

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'hl-shared-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  return path
}

test('a file that was put in the place of another is another, while the one before is still read', async (t) => {
  const path = join(folder(t), 'undionly.kpxe')
  const shared = new SharedFiles()
  const open = async () => {
    const file = await openRegular(path)
    if (!file) throw new Error('unreachable')
    return shared.share(file)
  }
  writeFileSync(path, 'before')
  const before = await open()
  writeFileSync(`${path}.new`, 'after.')
  renameSync(`${path}.new`, path)
  const after = await open()
  t.is((await before.read(0, 6)).toString(), 'before')
  t.is((await after.read(0, 6)).toString(), 'after.')
  await Promise.all([before.close(), after.close()])
})
