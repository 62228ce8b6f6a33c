import { chmod, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Generation } from '../../../appliance/wire/generation.ts'
import { verify } from '../../../images/store/verify.ts'
import { imageName, imported, setUp } from '../fake-image.ts'

const DOM0 = imageName('dom0')

async function tampered(t: ExecutionContext, change: (folder: string) => Promise<void>): Promise<string> {
  const { dataDir, files, images } = await setUp(t)
  const { generation } = await imported(dataDir, files)
  for (const file of await readdir(join(images, generation))) await chmod(join(images, generation, file), 0o644)
  await change(join(images, generation))
  const verdict = await verify(dataDir, DOM0, generation)
  return verdict.kind === 'damaged' ? verdict.problems.join('\n') : verdict.kind
}

for (const component of ['xen', 'xen.efi', 'vmlinuz', 'initrd.img', 'root.tar', 'root.squashfs', 'root.index']) {
  test(`verify finds a changed byte in ${component}, a missing and a longer one`, async (t) => {
    const path = (folder: string) => join(folder, component)
    const flipped = await tampered(t, async (folder) => {
      const bytes = await readFile(path(folder))
      bytes[20] = (bytes[20] ?? 0) ^ 1
      await writeFile(path(folder), bytes)
    })
    t.regex(flipped, new RegExp(`^${component.replace('.', '\\.')} was altered`))
    t.regex(await tampered(t, (folder) => rm(path(folder))), new RegExp(`${component}: there is no such file`))
    t.regex(
      await tampered(t, (folder) => writeFile(path(folder), 'x', { flag: 'a' })),
      new RegExp(`^${component} has \\d+ bytes instead of`),
    )
  })
}

test('verify finds a changed manifest, a changed signature, a foreign file and a copied folder', async (t) => {
  t.regex(await tampered(t, (folder) => writeFile(join(folder, 'manifest.json'), ' ', { flag: 'a' })), /not signed by our key/)
  t.regex(await tampered(t, (folder) => writeFile(join(folder, 'manifest.sig'), Buffer.alloc(64))), /not signed by our key/)
  t.regex(await tampered(t, (folder) => rm(join(folder, 'manifest.sig'))), /not signed by our key/)
  t.regex(await tampered(t, (folder) => rm(join(folder, 'manifest.json'))), /manifest\.json is missing/)
  t.regex(await tampered(t, (folder) => writeFile(join(folder, 'extra'), 'x')), /"extra" does not belong/)
  const { dataDir, files, images } = await setUp(t)
  const { generation } = await imported(dataDir, files)
  await cp(join(images, generation), join(images, '0123456789abcdef'), { recursive: true })
  const verdict = await verify(dataDir, DOM0, '0123456789abcdef' as Generation)
  t.regex(verdict.kind === 'damaged' ? verdict.problems.join() : '', new RegExp(`its manifest is that of dom0@${generation}`))
})
