import { chmod, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Generation } from '../../appliance/wire/generation.ts'
import type { Log } from '../../appliance/wire/log.ts'
import { Catalogue, listGenerations } from '../../images/catalogue.ts'
import { publish, remove } from '../../images/publish.ts'
import { imageName, imported, quiet, setUp } from './fake-image.ts'

const DOM0 = imageName('dom0')

async function published(t: ExecutionContext) {
  const place = await setUp(t)
  const { generation } = await imported(place.dataDir, place.files)
  await publish(place.dataDir, DOM0, generation, quiet)
  const said: string[] = []
  const note = (fields: object, message: string): void => void said.push(`${message} ${JSON.stringify(fields)}`)
  const log: Log = { debug() {}, info() {}, warn: note, error: note }
  const catalogue = new Catalogue(place.dataDir, log)
  t.teardown(() => catalogue.close())
  return { ...place, generation, catalogue, said, folder: join(place.images, generation) }
}

async function alter(path: string): Promise<void> {
  await chmod(path, 0o644)
  const bytes = await readFile(path)
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1
  await writeFile(path, bytes)
}

test('the catalogue serves exports by path and by generation, and reads the tar', async (t) => {
  const { catalogue, generation } = await published(t)
  t.is(catalogue.byGeneration(generation), undefined)
  await catalogue.refresh()
  const source = catalogue.byPath(`/dom0/${generation}`)
  t.truthy(source)
  t.is(catalogue.byGeneration(generation), source)
  t.deepEqual(catalogue.list(), source ? [source] : [])
  if (!source) return
  const { tree } = source
  const shadow = tree.lookup(tree.lookup(tree.root, Buffer.from('etc')) ?? 0, Buffer.from('shadow')) ?? 0
  const offset = tree.dataOffset(shadow) ?? 0
  t.is((await source.read(offset, tree.attributes(shadow)?.size ?? 0)).toString(), 'root:*:19000:0:99999:7:::\n')
  await t.throwsAsync(source.read(1 << 30, 10))
  t.is(catalogue.byPath('/dom0/0123456789abcdef'), undefined)
  t.is(catalogue.byPath(`/other/${generation}`), undefined)
})

test('published follows the symlink without a restart', async (t) => {
  const { catalogue, generation, dataDir, files } = await published(t)
  t.like(await catalogue.published(DOM0), { kind: 'published', manifest: { generation } })
  const next = await imported(dataDir, files, { facts: { dom0MemoryMiB: 1024 } })
  t.like(await catalogue.published(DOM0), { manifest: { generation } })
  await publish(dataDir, DOM0, next.generation, quiet)
  t.like(await catalogue.published(DOM0), { manifest: { generation: next.generation } })
  t.truthy(catalogue.byGeneration(next.generation))
  t.truthy(catalogue.byGeneration(generation))
})

test('published refuses an image without one, and says what to do', async (t) => {
  const { catalogue, images } = await published(t)
  t.deepEqual(await catalogue.published(imageName('none')), {
    kind: 'refused',
    reason: 'no generation of none is published: hostless image publish none',
  })
  await rm(join(images, 'published'))
  await symlink('../../../etc', join(images, 'published'))
  t.like(await catalogue.published(DOM0), { kind: 'refused' })
  await rm(join(images, 'published'))
  await symlink('0123456789abcdef', join(images, 'published'))
  const refused = await catalogue.published(DOM0)
  t.regex(refused.kind === 'refused' ? refused.reason : '', /there is no such generation/)
})

test('component gives path, size and hash of a boot file', async (t) => {
  const { catalogue, generation, folder } = await published(t)
  t.like(await catalogue.component(generation, 'xen'), { kind: 'refused' })
  await catalogue.refresh()
  t.like(await catalogue.component(generation, 'xen'), { kind: 'component', path: join(folder, 'xen'), size: 4096 })
  t.like(await catalogue.component('0123456789abcdef' as Generation, 'xen'), {
    kind: 'refused',
    reason: 'there is no generation 0123456789abcdef',
  })
})

test('component refuses xen.efi of a generation without one', async (t) => {
  const { dataDir, files } = await setUp(t)
  const { 'xen.efi': _, ...bios } = files
  const { generation } = await imported(dataDir, files, { files: bios })
  const catalogue = new Catalogue(dataDir, quiet)
  t.teardown(() => catalogue.close())
  await catalogue.refresh()
  t.deepEqual(await catalogue.component(generation, 'xen.efi'), { kind: 'refused', reason: `generation ${generation} has no xen.efi` })
})

for (const file of ['manifest.json', 'manifest.sig', 'root.index', 'root.tar', 'vmlinuz', 'root.squashfs']) {
  test(`a generation whose ${file} was altered before the start is refused, and said so once`, async (t) => {
    const { catalogue, generation, folder, said } = await published(t)
    await alter(join(folder, file))
    const answer = await catalogue.published(DOM0)
    t.regex(answer.kind === 'refused' ? answer.reason : '', /was altered|not signed by our key/)
    await catalogue.refresh()
    await catalogue.refresh()
    t.is(catalogue.byGeneration(generation), undefined)
    t.is((await catalogue.published(DOM0)).kind, 'refused')
    t.is(said.length, 1, said.join('\n'))
  })

  test(`a generation whose ${file} is altered while it is served is closed`, async (t) => {
    const { catalogue, generation, folder } = await published(t)
    t.is((await catalogue.published(DOM0)).kind, 'published')
    await alter(join(folder, file))
    t.is((await catalogue.published(DOM0)).kind, 'refused')
    t.is(catalogue.byGeneration(generation), undefined)
  })
}

test('a touched generation is looked at again, and served without a gap', async (t) => {
  const { catalogue, generation, folder } = await published(t)
  await catalogue.refresh()
  const before = catalogue.byGeneration(generation)
  await utimes(join(folder, 'root.tar'), 1, 1)
  const refreshing = catalogue.refresh()
  let gaps = 0
  let running = true
  const ended = refreshing.then(() => {
    running = false
  })
  while (running) {
    if (!catalogue.byGeneration(generation)) gaps++
    await new Promise((resolve) => setImmediate(resolve))
  }
  await ended
  t.is(gaps, 0)
  const after = catalogue.byGeneration(generation)
  t.truthy(after)
  t.not(after, before)
  t.is((await after?.read(0, 512))?.length, 512)
})

test('refresh closes what was removed and opens what was imported', async (t) => {
  const { catalogue, generation, dataDir, files } = await published(t)
  await catalogue.refresh()
  const source = catalogue.byGeneration(generation)
  const next = await imported(dataDir, files, { facts: { dom0MemoryMiB: 1024 } })
  await remove(dataDir, DOM0, generation, { inUse: [], force: true }, quiet)
  await catalogue.refresh()
  t.is(catalogue.byGeneration(generation), undefined)
  t.truthy(catalogue.byGeneration(next.generation))
  await t.throwsAsync(async () => source?.read(0, 512))
})

test('refresh is quiet where nothing was imported yet', async (t) => {
  const { dataDir } = await setUp(t)
  const catalogue = new Catalogue(dataDir, quiet)
  await catalogue.refresh()
  t.deepEqual(catalogue.list(), [])
  t.deepEqual(await listGenerations(dataDir), [])
})

test('many askers at once open a generation once', async (t) => {
  const { catalogue } = await published(t)
  const answers = await Promise.all([...Array(10)].map(() => catalogue.published(DOM0)))
  t.true(answers.every(({ kind }) => kind === 'published'))
  t.is(catalogue.list().length, 1)
})

test('listGenerations tells name, newest first, published, size, and why one is not believed', async (t) => {
  const { dataDir, files, generation, images } = await published(t)
  const next = await imported(dataDir, files, { facts: { dom0MemoryMiB: 1024 } })
  await imported(dataDir, files, { name: imageName('another') })
  await utimes(join(images, generation), 1000, 1000)
  await alter(join(images, next.generation, 'manifest.json'))
  const listed = await listGenerations(dataDir)
  t.deepEqual(
    listed.map(({ name, published, state }) => [name, published, state.kind]),
    [
      ['another', false, 'manifest'],
      ['dom0', false, 'refused'],
      ['dom0', true, 'manifest'],
    ],
  )
  t.true((listed[2]?.bytes ?? 0) > 10_000)
})
