import test from 'ava'
import fc from 'fast-check'
import { Asker } from '../caller.ts'
import { BIG_DIRECTORY, EVERYTHING, LATIN1_NAME, testExport } from '../tree.ts'
import { type Entry, join, readListing, readPostOpAttr, u32, u64 } from '../wire.ts'

const source = testExport(EVERYTHING)
const asker = new Asker([source])
const big = new Asker([testExport(BIG_DIRECTORY)])

interface Page {
  readonly cookie?: bigint
  readonly verifier?: bigint
  readonly dircount?: number
  readonly maxcount?: number
}

async function list(
  plus: 'plain' | 'plus',
  path: string,
  { cookie = 0n, verifier = 0n, dircount = 0xffff_ffff, maxcount = 65536 }: Page = {},
  from = asker,
) {
  const counts = plus === 'plus' ? u32(dircount, maxcount) : u32(maxcount)
  const result = await from.nfs(plus === 'plus' ? 17 : 16, join(from.fh(path), u64(cookie), u64(verifier), counts))
  const status = result.u32('status')
  if (status === 0) return { status, ...readListing(result, plus) }
  const directory = readPostOpAttr(result)
  result.end('resfail')
  return { status, directory, entries: [], eof: false, bytes: 0, verifier: 0n }
}

const names = (entries: readonly Entry[]) => entries.map(({ name }) => name.toString('latin1'))

for (const plus of ['plain', 'plus'] as const) {
  const procedure = plus === 'plus' ? 'READDIRPLUS' : 'READDIR'

  test(`${procedure} lists ., .. and every name with its fileid`, async (t) => {
    const { entries, eof, verifier, directory } = await list(plus, '/dev')
    t.deepEqual(names(entries), ['.', '..', 'null', 'sda', 'initctl', 'log'])
    t.true(eof)
    t.is(verifier, 0n)
    t.is(directory?.type, 2)
    const dev = source.tree.lookup(1, Buffer.from('dev')) ?? 0
    t.deepEqual(entries.map(({ fileid }) => fileid).slice(0, 3), [
      BigInt(dev),
      1n,
      BigInt(source.tree.lookup(dev, Buffer.from('null')) ?? 0),
    ])
  })

  test(`${procedure} shows the root as .. of the root`, async (t) => {
    const { entries } = await list(plus, '/')
    t.deepEqual(
      entries.slice(0, 2).map(({ fileid }) => fileid),
      [1n, 1n],
    )
    t.true(names(entries).includes(LATIN1_NAME.toString('latin1')))
    if (plus === 'plus') t.deepEqual(entries[1]?.handle, asker.handle('/'))
  })

  test(`${procedure} pages through 10,000 names with small counts, each once`, async (t) => {
    const seen: string[] = []
    let cookie = 0n
    for (let done = false; !done; ) {
      const page = await list(plus, '/big', { cookie, maxcount: 1024 }, big)
      t.is(page.status, 0)
      t.true(page.bytes <= 1024)
      seen.push(...names(page.entries))
      cookie = page.entries.at(-1)?.cookie ?? 0n
      done = page.eof
    }
    t.is(seen.length, 10_002)
    t.is(new Set(seen).size, 10_002)
  })

  test(`${procedure} fills maxcount to the byte: no entry more would fit, none less is given`, async (t) => {
    const whole = (await list(plus, '/')).entries
    const overhead = plus === 'plus' ? 88 + 40 : 0
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: whole.length }), async (maxcount, start) => {
        const { status, entries, bytes, eof } = await list(plus, '/', { cookie: BigInt(start), maxcount })
        if (status !== 0) t.is(status, 10005)
        else t.true(bytes <= maxcount)
        const next = whole[start + entries.length]
        if (next) {
          const used = status === 0 ? bytes : 104
          t.true(used + 4 + 8 + 4 + Math.ceil(next.name.length / 4) * 4 + 8 + overhead > maxcount, 'one more would have fitted')
        }
        if (status === 0) {
          t.is(eof, next === undefined)
          t.true(eof || entries.length > 0)
        }
      }),
    )
  })

  test(`${procedure} that has no room for one entry is TOOSMALL`, async (t) => {
    t.is((await list(plus, '/', { maxcount: 0 })).status, 10005)
    t.is((await list(plus, '/', { maxcount: 104 })).status, 10005)
    t.is((await list(plus, '/', { maxcount: 104 + 28 + (plus === 'plus' ? 128 : 0) })).entries.length, 1)
  })

  test(`${procedure} from the last cookie is empty and eof`, async (t) => {
    t.like(await list(plus, '/dev', { cookie: 6n }), { status: 0, entries: [], eof: true })
    t.like(await list(plus, '/tmp', { cookie: 2n, maxcount: 104 }), { status: 0, entries: [], eof: true })
  })

  test(`${procedure} from a cookie that was never given, or with a verifier that was not, is BAD_COOKIE`, async (t) => {
    for (const cookie of [7n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 64n - 1n]) t.is((await list(plus, '/dev', { cookie })).status, 10003)
    t.is((await list(plus, '/dev', { cookie: 1n, verifier: 1n })).status, 10003)
    t.is((await list(plus, '/dev', { cookie: 0n, verifier: 1n })).status, 0)
  })

  test(`${procedure} of what is no directory is NOTDIR`, async (t) => {
    t.is((await list(plus, '/etc/hostname')).status, 20)
  })

  test(`${procedure} needs read permission`, async (t) => {
    const user = new Asker([source], { auth: { uid: 1000, gid: 1000 } })
    t.is((await list(plus, '/root', {}, user)).status, 13)
    t.is((await list(plus, '/root')).status, 0)
  })

  test(`${procedure} never answers more than 64 KiB`, async (t) => {
    const { bytes, eof } = await list(plus, '/big', { maxcount: 0xffff_ffff }, big)
    t.true(bytes <= 65536 && bytes > 65000)
    t.false(eof)
  })
}

test('READDIRPLUS gives attributes and handles of all entries', async (t) => {
  const { entries } = await list('plus', '/usr/bin')
  const su = entries.find(({ name }) => name.toString() === 'su')
  t.like(su?.attributes, { mode: 0o4755, nlink: 2 })
  t.deepEqual(su?.handle, asker.handle('/usr/bin/su'))
  for (const { attributes, fileid } of entries) t.is(attributes?.fileid, fileid)
})

test('READDIRPLUS gives as many names as dircount has room for, counting fileids, names and cookies', async (t) => {
  // Entries of /dev take 24 bytes each: 8 + (4 + up to 4) + 8; `initctl` takes 28.
  for (const [dircount, count] of [
    [24, 1],
    [47, 1],
    [48, 2],
    [96, 4],
    [123, 4],
    [124, 5],
    [148, 6],
  ] as const) {
    t.is((await list('plus', '/dev', { dircount })).entries.length, count, `dircount ${dircount}`)
  }
  t.is((await list('plus', '/dev', { dircount: 23 })).status, 10005)
})
