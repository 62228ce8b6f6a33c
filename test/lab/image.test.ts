import { mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { borrowImage } from './image.ts'

const GENERATION = '0123456789abcdef'

/** An appliance's dataDir with one image, and an empty folder beside it. */
async function dataDirs(
  t: ExecutionContext,
  image: string,
): Promise<{ readonly from: string; readonly to: string; readonly generation: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'hl-image-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const from = join(folder, 'from')
  const generation = join(from, 'images', image, GENERATION)
  await mkdir(generation, { recursive: true })
  await mkdir(join(from, 'keys'))
  await writeFile(join(generation, 'manifest.json'), '{}')
  await writeFile(join(generation, 'xen'), 'xen')
  await writeFile(join(from, 'keys/image.key'), 'private')
  await writeFile(join(from, 'keys/image.pub'), 'public')
  return { from, to: join(folder, 'to'), generation }
}

test('borrowImage publishes one generation in a dataDir of its own, without a copy and without the signing key', async (t) => {
  const { to, generation } = await dataDirs(t, 'storage')
  t.deepEqual(await borrowImage(generation, to), { dataDir: to, name: 'storage' })
  t.is(await readlink(join(to, 'images/storage/published')), GENERATION)
  const [original, borrowed] = await Promise.all([stat(join(generation, 'xen')), stat(join(to, 'images/storage', GENERATION, 'xen'))])
  t.is(borrowed.ino, original.ino)
  t.is(await readFile(join(to, 'keys/image.pub'), 'utf8'), 'public')
  await t.throwsAsync(stat(join(to, 'keys/image.key')), { code: 'ENOENT' })
})

test('borrowImage takes the published dom0 of a dataDir', async (t) => {
  const { from, to } = await dataDirs(t, 'dom0')
  await t.throwsAsync(borrowImage(from, to), { message: /holds no image/ })
  await symlink(GENERATION, join(from, 'images/dom0/published'))
  t.deepEqual(await borrowImage(from, to), { dataDir: to, name: 'dom0' })
  t.is(await readFile(join(to, 'images/dom0/published/xen'), 'utf8'), 'xen')
})
