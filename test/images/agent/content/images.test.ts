import test from 'ava'
import { openImages } from '../../../../images/agent/content/images.ts'
import type { Device, Devices } from '../../../../images/agent/content/source.ts'
import { BLOCK_BYTES } from '../../../../manager/protocol/disk-image.ts'
import { TestClock } from '../clock.ts'
import { imageOf, MIB, managerWith, type TestImage } from '../disks.ts'

const MINUTE = 60_000

function site(image: TestImage) {
  const manager = managerWith(image)
  const clock = new TestClock()
  const written = new Map<string, number[]>()
  const most = { writing: 0 }
  let onWrite = async (_path: string): Promise<void> => undefined
  const devices: Devices = {
    async open(path): Promise<Device> {
      const places: number[] = []
      written.set(path, places)
      return {
        async write(at, bytes) {
          most.writing = Math.max(most.writing, bytes.length)
          await onWrite(path)
          places.push(at / BLOCK_BYTES)
        },
        flush: async () => undefined,
        close: async () => undefined,
      }
    },
  }
  const images = openImages({ source: manager, devices, clock })
  const pour = async (path: string, signal = new AbortController().signal): Promise<string | undefined> => {
    const opened = await images.open(image.id, signal)
    if (opened.kind === 'refused') return opened.reason
    try {
      return await opened.pour(path, { signal, tell: () => undefined })
    } finally {
      opened.close()
    }
  }
  return { manager, clock, written, most, images, pour, onWrites: (act: (path: string) => Promise<void>) => (onWrite = act) }
}

const sorted = (places: readonly number[] | undefined) => [...(places ?? [])].sort((a, b) => a - b)

test('ten disks that are made of one image at once take one transfer', async (t) => {
  const image = imageOf([0, 1, 5, 9])
  const { manager, written, pour } = site(image)
  const paths = Array.from({ length: 10 }, (_, index) => `/dev/data/${index}`)
  t.deepEqual(
    await Promise.all(paths.map((path) => pour(path))),
    paths.map(() => undefined),
  )
  t.deepEqual(manager.streams, [0])
  for (const path of paths) t.deepEqual(written.get(path), [0, 1, 5, 9])
})

test('who joins in the midst gets the rest of this round, and what he has missed from the next', async (t) => {
  const { manager, written, pour } = site(imageOf([0, 1, 2, 3, 4, 5]))
  let late: Promise<string | undefined> | undefined
  manager.onBlock = async (index, block) => {
    if (index === 3) late ??= pour('/late')
    await new Promise((resolve) => setImmediate(resolve))
    return block
  }
  t.is(await pour('/first'), undefined)
  t.is(await late, undefined)
  t.deepEqual(written.get('/first'), [0, 1, 2, 3, 4, 5])
  t.deepEqual(sorted(written.get('/late')), [0, 1, 2, 3, 4, 5])
  t.deepEqual(manager.streams, [0, 0])
  t.true((written.get('/late')?.[0] ?? 0) >= 3)
})

test('a block that is altered on the way is fetched once more; when it is wrong again, the disk is refused by its number', async (t) => {
  for (const [times, told] of [
    [1, undefined],
    [2, /block 1 \(at byte 3145728\)/],
  ] as const) {
    const { manager, written, pour } = site(imageOf([0, 3, 4]))
    let left: number = times
    manager.onBlock = (index, block) => {
      if (index !== 1 || left === 0) return block
      left -= 1
      return Buffer.alloc(block.length, 99)
    }
    const answer = await pour('/a')
    if (told === undefined) t.is(answer, undefined)
    else t.regex(answer ?? '', told)
    t.deepEqual(written.get('/a'), told === undefined ? [0, 3, 4] : [0])
  }
})

test('a manager that goes away in the midst is waited for: what is there already is not asked for again', async (t) => {
  const { manager, clock, written, pour } = site(imageOf([0, 1, 2, 3]))
  let isAway = true
  manager.onBlock = (index, block) => {
    if (index === 2 && isAway) throw new Error('ECONNRESET')
    return block
  }
  const poured = pour('/a')
  await clock.advance(2 * MINUTE)
  isAway = false
  await clock.advance(MINUTE)
  t.is(await poured, undefined)
  t.deepEqual(written.get('/a'), [0, 1, 2, 3])
  t.deepEqual([...new Set(manager.streams)], [0, 2])
})

test('five minutes without a byte are too long: refused, and nothing is written after that', async (t) => {
  const { manager, clock, written, pour } = site(imageOf([0, 1, 2, 3]))
  manager.onBlock = (index, block) => {
    if (index === 2) throw new Error('ECONNRESET')
    return block
  }
  const poured = pour('/a')
  await clock.advance(6 * MINUTE)
  t.regex((await poured) ?? '', /does not come: ECONNRESET/)
  t.deepEqual(written.get('/a'), [0, 1])
  t.is(clock.pending, 0)
})

test('a disk that cannot be written, or that nobody wants any more, holds up no other', async (t) => {
  const { written, pour, onWrites } = site(imageOf([0, 1, 2, 3]))
  onWrites(async (path) => {
    if (path === '/broken' && written.get(path)?.length === 1) throw new Error('EIO')
    if (path === '/unwanted') control.abort()
  })
  const control = new AbortController()
  const [well, broken, unwanted] = await Promise.all([pour('/well'), pour('/broken'), pour('/unwanted', control.signal)])
  t.is(well, undefined)
  t.regex(broken ?? '', /byte 1048576: EIO/)
  t.regex(unwanted ?? '', /stopped/)
  t.deepEqual(written.get('/well'), [0, 1, 2, 3])
})

test('a list that is another one than its id says, or not in order, is no list', async (t) => {
  const image = imageOf([0, 1])
  const { manager, pour } = site(image)
  manager.fetch = async () => imageOf([0, 1], 16 * MIB, 5).list
  t.regex((await pour('/a')) ?? '', /another one: its SHA-256 is/)
  const odd = imageOf([3, 1])
  t.regex((await site(odd).pour('/a')) ?? '', /not in order/)
  const far = imageOf([20])
  t.regex((await site(far).pour('/a')) ?? '', /behind its end/)
  t.regex(
    await site(imageOf([0]))
      .images.open('f'.repeat(64), new AbortController().signal)
      .then((one) => (one.kind === 'refused' ? one.reason : '')),
    /has no image/,
  )
})

test('an image without blocks asks for none, and the last block may be short', async (t) => {
  const empty = site(imageOf([]))
  t.is(await empty.pour('/a'), undefined)
  t.deepEqual(empty.manager.streams, [])
  const short = site(imageOf([0, 2], 2 * MIB + 512))
  t.is(await short.pour('/a'), undefined)
  t.deepEqual(short.written.get('/a'), [0, 2])
})
