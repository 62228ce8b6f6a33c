import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { findPoint, keepPoint } from './store.ts'

async function pointsFor(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hostless-points-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'points')
}

async function fill(folder: string): Promise<object> {
  await mkdir(join(folder, 'data'))
  await writeFile(join(folder, 'node1.memory'), 'memory')
  await writeFile(join(folder, 'data/manager.db'), 'rows')
  return { password: 'secret' }
}

test('a point is found as it was kept, with what was said of it', async (t) => {
  const points = await pointsFor(t)
  t.deepEqual(await findPoint('a-1', 0, points), { kind: 'none' })
  await keepPoint('a-1', 1000, fill, points)
  const found = await findPoint('a-1', 2000, points)
  if (found.kind !== 'found') return t.fail(found.kind)
  t.deepEqual(found.about, { password: 'secret' })
  t.is(await readFile(join(found.folder, 'data/manager.db'), 'utf8'), 'rows')
  t.deepEqual(await findPoint('a-2', 2000, points), { kind: 'none' })
  t.is((await findPoint('a-1', 1000 + 13 * 3_600_000, points)).kind, 'none', 'too old')
})

const DAMAGES: readonly [what: string, path: string, text: string | undefined, reason: RegExp][] = [
  ['another byte', 'node1.memory', 'memorx', /node1\.memory has other bytes/],
  ['a byte less', 'node1.memory', 'memor', /node1\.memory has 5 bytes, 6 were saved/],
  ['a missing file', 'data/manager.db', undefined, /data\/manager\.db is missing/],
  ['a list that is none', 'point.json', '{"savedAt":', /point\.json is no list/],
]

for (const [what, path, text, reason] of DAMAGES) {
  test(`${what} makes a point damaged, once: then it is gone`, async (t) => {
    const points = await pointsFor(t)
    await keepPoint('a-1', 1000, fill, points)
    const file = join(points, 'a-1', path)
    await (text === undefined ? rm(file) : writeFile(file, text))
    const found = await findPoint('a-1', 1000, points)
    t.regex(found.kind === 'damaged' ? found.reason : found.kind, reason)
    t.deepEqual(await findPoint('a-1', 1000, points), { kind: 'none' })
    t.deepEqual(await readdir(points), [])
  })
}

test('a point that could not be filled is none, and the one before it goes with the next', async (t) => {
  const points = await pointsFor(t)
  await t.throwsAsync(
    keepPoint(
      'a-1',
      1000,
      async (folder) => {
        await fill(folder)
        throw new Error('the disk is full')
      },
      points,
    ),
    { message: 'the disk is full' },
  )
  t.deepEqual(await readdir(points), [])
  await keepPoint('a-1', 1000, fill, points)
  await keepPoint('b-1', 1500, fill, points)
  await keepPoint('a-2', 2000, fill, points)
  t.deepEqual((await readdir(points)).sort(), ['a-2', 'b-1'])
})

test('what a lab that is gone has left half written goes, what one that saves just now has written stays', async (t) => {
  const points = await pointsFor(t)
  const gone = 2 ** 22 + 1 // no process has such a number
  for (const pid of [gone, process.ppid]) await mkdir(join(points, `.a-1.${pid}`), { recursive: true })
  await keepPoint('a-1', 1000, fill, points)
  t.deepEqual((await readdir(points)).sort(), [`.a-1.${process.ppid}`, 'a-1'])
  t.is((await findPoint('a-1', 1000, points)).kind, 'found')
})
