// What two builds of one recipe, minutes apart, have in common: all but what lets the lab in. The disk of the lab's guests is built beside them.

import { open, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import test from 'ava'
import { parseGeneration, parseImageName } from '../../appliance/wire/generation.ts'
import { fileChanges } from '../../images/file-difference.ts'
import { type Loaded, loadGeneration } from '../../images/store/loading.ts'
import { readySmallDisk } from './guest/disk.ts'
import { readyImage } from './testbed.ts'

let disk: Promise<string>

test.before(() => {
  disk = readySmallDisk()
  disk.catch(() => undefined) // its test says so
})

async function load(access: 'lab' | 'nobody'): Promise<Loaded> {
  const folder = await realpath(await readyImage(access))
  const [name, generation] = [parseImageName(basename(dirname(folder))), parseGeneration(basename(folder))]
  if (!name || !generation) throw new Error(`${folder} is no generation's`)
  const loaded = await loadGeneration(join(folder, '../../..'), name, generation)
  if (loaded.kind === 'refused') throw new Error(loaded.reason)
  return loaded
}

test.serial('two builds differ in nothing but the operator key and the sshd that takes it', async (t) => {
  t.timeout(600_000)
  const [nobody, lab] = [await load('nobody'), await load('lab')]
  t.teardown(() => Promise.all([nobody.close(), lab.close()]))
  const same = ['xen', 'xen.efi', 'vmlinuz', 'initrd.img'] as const
  for (const file of same) t.is(lab.manifest.components[file]?.sha256, nobody.manifest.components[file]?.sha256, file)
  t.deepEqual(lab.manifest.packages, nobody.manifest.packages)
  const changes: string[] = []
  for await (const { path, kind, what } of fileChanges(nobody.source, lab.source)) changes.push([kind, path, ...what].join(' '))
  t.deepEqual(changes, ['changed etc/inittab size', 'added root/.ssh/authorized_keys'])
})

test.serial('an initramfs with every Ethernet driver has at most 15 MB', async (t) => {
  t.timeout(600_000)
  const lab = await load('lab')
  t.teardown(() => lab.close())
  t.true((lab.manifest.components['initrd.img'].size ?? Number.POSITIVE_INFINITY) <= 15_000_000)
})

test.serial('the disk of the lab’s guests has a partition to boot from', async (t) => {
  t.timeout(600_000)
  const file = await open(await disk)
  t.teardown(() => file.close())
  const { buffer } = await file.read(Buffer.alloc(512), 0, 512, 0)
  t.is(buffer.readUInt16LE(510), 0xaa55, 'the signature of a master boot record')
  t.is(buffer[446], 0x80, 'its first partition is active')
})
