// The comparison of two disks by content: whatever the two hold, the target has afterwards what the source has, and what is sent for it has a bound.
import test from 'ava'
import fc from 'fast-check'
import { BLOCK, HASH, isZero, MIB } from '../../../../images/agent/seeds/compare.ts'
import { receiveSeed, sendSeed } from '../../../../images/agent/seeds/ends.ts'
import { channelPair, memoryDisk } from './channels.ts'

const silent = () => undefined

async function seed(from: Buffer, to: Buffer) {
  const { source, target, octets } = channelPair()
  const copy = memoryDisk(Buffer.from(to))
  await Promise.all([sendSeed(source, memoryDisk(from), 's-1', silent), receiveSeed(target, copy, 's-1', silent)])
  return { copy, octets: octets() }
}

/** Of a disk, block by block: zeros, of few kinds so that two disks have some in common, or nobody else's. */
function contentOf(blocks: readonly number[], tail: number): Buffer {
  const content = Buffer.alloc(blocks.length * BLOCK - tail)
  for (const [block, kind] of blocks.entries())
    if (kind > 0) content.fill(noise(kind), block * BLOCK, Math.min(content.length, (block + 1) * BLOCK))
  return content
}

/** That cannot be pressed. */
function noise(kind: number): Buffer {
  const bytes = Buffer.alloc(BLOCK)
  let state = kind * 2_654_435_761 + 1
  for (let at = 0; at < BLOCK; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

/** Of what was told in messages.ts: for each MiB, each block of a MiB that differs, and each block that is sent. */
function bound(from: Buffer, to: Buffer): number {
  let most = 256
  for (let mebibyte = 0; mebibyte < from.length; mebibyte += MIB) {
    const [own, far] = [from, to].map((one) => one.subarray(mebibyte, mebibyte + MIB)) as [Buffer, Buffer]
    // Its sum, and a share of headers.
    most += 1 + HASH + 10
    if (own.equals(far) || isZero(own)) continue
    most += 128
    for (let at = 0; at < own.length; at += BLOCK) {
      const [mine, theirs] = [own.subarray(at, at + BLOCK), far.subarray(at, at + BLOCK)]
      if (!isZero(theirs)) most += HASH
      if (!mine.equals(theirs) && !isZero(mine)) most += mine.length
    }
  }
  return most
}

const blocks = (length: number) => fc.array(fc.integer({ min: 0, max: 5 }), { minLength: length, maxLength: length })
const disks = fc
  .record({ length: fc.integer({ min: 1, max: 600 }), tail: fc.constantFrom(0, 512, 3584) })
  .chain(({ length, tail }) => fc.record({ from: blocks(length), to: blocks(length), tail: fc.constant(tail), same: fc.boolean() }))

test('any two disks are the same afterwards, and no more is sent than what differs', async (t) => {
  const property = fc.asyncProperty(disks, async ({ from, to, tail, same }) => {
    const own = contentOf(from, tail)
    // On the way back most is as it was.
    const far = contentOf(same ? from.map((kind, at) => (at % 97 === 0 ? (to[at] ?? 0) : kind)) : to, tail)
    const { copy, octets } = await seed(own, far)
    if (!copy.content.equals(own)) throw new Error('the copy is another')
    const most = bound(own, far)
    if (octets > most) throw new Error(`${octets} octets, and at most ${most}`)
    if (own.equals(far) && copy.written() > 0) throw new Error('what is the same was written')
  })
  await t.notThrowsAsync(fc.assert(property, { numRuns: 60 }))
})

test('a disk of zeros costs next to nothing, whatever was there before', async (t) => {
  const size = 24 * MIB
  const { copy, octets } = await seed(Buffer.alloc(size), Buffer.alloc(size, 'old'))
  t.true(isZero(copy.content.subarray(0, MIB)) && copy.content.equals(Buffer.alloc(size)))
  t.true(octets < size * 0.0001, `${octets}`)
})

test('of a disk on its way back only the blocks that were changed are sent', async (t) => {
  const own = contentOf(
    Array.from({ length: 24 * 256 }, (_, at) => at + 1),
    0,
  )
  const far = Buffer.from(own)
  const changed = [3, 700, 701, 5000]
  for (const block of changed) own.fill(noise(block + 1_000_000), block * BLOCK, (block + 1) * BLOCK)
  const { copy, octets } = await seed(own, far)
  t.true(copy.content.equals(own))
  t.is(copy.written(), changed.length * BLOCK)
  // 24 sums, the blocks' sums of three MiBs, and four blocks.
  t.true(octets < changed.length * BLOCK + 3 * 256 * HASH + 24 * 17 + 1000, `${octets}`)
})

test('what can be pressed is pressed', async (t) => {
  const own = Buffer.alloc(8 * MIB, 'a line of some log, again and again\n')
  const { copy, octets } = await seed(own, Buffer.alloc(own.length))
  t.true(copy.content.equals(own))
  t.true(octets < own.length / 50, `${octets}`)
})

test('a disk that is written to meanwhile is as it was at some time, block by block', async (t) => {
  const own = contentOf(
    Array.from({ length: 2 * 256 }, () => 1),
    0,
  )
  const { source, target } = channelPair()
  let reads = 0
  const written = memoryDisk(own, () => {
    reads += 1
    own.fill(noise(reads + 9), 40 * BLOCK, 41 * BLOCK)
  })
  const copy = memoryDisk(Buffer.alloc(own.length))
  await Promise.all([sendSeed(source, written, 's-1', silent), receiveSeed(target, copy, 's-1', silent)])
  const at = (content: Buffer, block: number) => content.subarray(block * BLOCK, (block + 1) * BLOCK)
  for (let block = 0; block < 512; block += 1) if (block !== 40) t.true(at(copy.content, block).equals(at(own, block)))
  t.true(Array.from({ length: reads }, (_, read) => noise(read + 10)).some((one) => one.equals(at(copy.content, 40))))
})

test('a target that waits for another seed or another size takes nothing', async (t) => {
  for (const [id, size] of [
    ['s-2', MIB],
    ['s-1', 2 * MIB],
  ] as const) {
    const { source, target } = channelPair()
    void sendSeed(source, memoryDisk(Buffer.alloc(MIB, 1)), 's-1', silent).catch(silent)
    const copy = memoryDisk(Buffer.alloc(size))
    await t.throwsAsync(receiveSeed(target, copy, id, silent), { message: /another disk/ })
    t.is(copy.written(), 0)
  }
})
