import { createHash } from 'node:crypto'
import test from 'ava'
import { decodeIndex, encodeIndex, IndexError } from '../../images/index-codec.ts'
import { buildTree } from '../../images/tree-builder.ts'
import { memorySource, ROOT } from './fake-image.ts'
import { tinyTar } from './tiny-tar.ts'

const MANY = [
  ...ROOT,
  { path: './huge/', uid: 65534, pax: { mtime: '-5.25' } },
  { path: './dev/sda', type: '4', major: 8, minor: 1 << 19 },
  { path: Buffer.from([0x2e, 0x2f, 0xff, 0xfe]), data: 'latin' },
]
const tree = async () => (await buildTree(memorySource(tinyTar(MANY)))).tree

test('decodeIndex gives back what encodeIndex took, bit for bit', async (t) => {
  const before = await tree()
  const bytes = encodeIndex(before)
  const after = decodeIndex(bytes, 'root.index')
  t.deepEqual(after.columns, before.columns)
  t.is(after.totalBytes, before.totalBytes)
  t.deepEqual(encodeIndex(after), bytes)
})

test('encodeIndex gives the same bytes for the same tar', async (t) => {
  t.deepEqual(encodeIndex(await tree()), encodeIndex(await tree()))
})

test('decodeIndex refuses every truncation and every flipped bit, and says to import again', async (t) => {
  const bytes = encodeIndex(await tree())
  const refuses = (broken: Buffer) => {
    const error = t.throws(() => decodeIndex(broken, '/images/dom0/root.index'), { instanceOf: IndexError })
    t.regex(error?.message ?? '', /^\/images\/dom0\/root\.index is damaged .*: import the image again$/)
  }
  for (let length = 0; length < bytes.length; length++) refuses(bytes.subarray(0, length))
  for (let at = 0; at < bytes.length; at++) {
    const broken = Buffer.from(bytes)
    broken[at] = (broken[at] ?? 0) ^ 1
    refuses(broken)
  }
  refuses(Buffer.concat([bytes, Buffer.from([0])]))
})

test('decodeIndex refuses an index that leads out of bounds, even with a right checksum', async (t) => {
  const bytes = encodeIndex(await tree())
  const content = bytes.length - 32
  let accepted = 0
  for (let at = 24; at < content; at++) {
    const broken = Buffer.from(bytes)
    broken[at] = (broken[at] ?? 0) ^ 0xff
    createHash('sha256').update(broken.subarray(0, content)).digest().copy(broken, content)
    try {
      const read = decodeIndex(broken, 'root.index')
      accepted++
      for (let file = 1; file <= read.files; file++) {
        read.attributes(file)
        read.readlink(file)
        for (let position = 0; position < read.entryCount(file); position++) {
          const entry = read.entry(file, position)
          t.truthy(entry && read.attributes(entry.file))
        }
      }
    } catch (error) {
      if (!(error instanceof IndexError)) throw error
    }
  }
  t.true(accepted > 0)
})

test('decodeIndex refuses a version that it does not know', async (t) => {
  const bytes = encodeIndex(await tree())
  bytes.writeUInt32LE(2, 4)
  t.throws(() => decodeIndex(bytes, 'root.index'), { message: /version is 2, this hostless reads 1/ })
})
