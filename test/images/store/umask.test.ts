// A file of its own: the umask is the whole process's.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { imported, setUp } from '../fake-image.ts'

test('who builds an image with a strict umask builds one that an appliance of another user can read', async (t) => {
  const { dataDir, files, images } = await setUp(t)
  const umask = process.umask(0o077)
  t.teardown(() => void process.umask(umask))
  const { generation } = await imported(dataDir, files)
  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
  for (const folder of [join(images, '..'), images, join(images, generation)]) t.is(await modeOf(folder), '755', folder)
  t.is(await modeOf(join(images, generation, 'root.tar')), '444')
  t.is(await modeOf(join(dataDir, 'keys/image.pub')), '644')
  t.is(await modeOf(join(dataDir, 'keys/image.key')), '600')
})
