// Real sticks of small files, made by GRUB's, mtools' and xorriso's own programs and looked at by others.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { parseGeneration } from '../../../appliance/wire/generation.ts'
import { buildStick, type StickRequest } from '../../../images/stick/build.ts'
import { isoArguments, readsAutoexec, stickId } from '../../../images/stick/contents.ts'
import { cannotBootFromStick } from '../../../images/stick/initramfs.ts'
import { temporaryFolder } from '../fake-image.ts'
import { efiPartition, fileOnIso, Kept, stickInitramfs } from './sticks.ts'

const GENERATION = parseGeneration('0123456789abcdef')

async function aloneRequest(folder: string): Promise<StickRequest & { readonly kind: 'alone' }> {
  for (const name of ['xen', 'vmlinuz', 'initrd.img', 'root.squashfs']) await writeFile(join(folder, name), `the ${name}\n`.repeat(1000))
  if (!GENERATION) throw new Error('no generation')
  return { kind: 'alone', config: 'echo alone\n', generation: GENERATION, folder, output: new Kept() }
}

async function built(t: ExecutionContext, request: StickRequest) {
  const output = new Kept()
  const { bytes, notes } = await buildStick({ ...request, output })
  const folder = await temporaryFolder(t)
  const iso = join(folder, 'stick.img')
  await writeFile(iso, output.bytes)
  t.is(bytes, output.bytes.length)
  return { iso, folder, bytes: output.bytes, notes }
}

test.serial('a stick is a sound GPT with an EFI system partition that holds GRUB, and GRUB for BIOS in its MBR', async (t) => {
  const { iso, folder, bytes } = await built(t, await aloneRequest(await temporaryFolder(t)))
  const { stdout } = await execa('sgdisk', ['-v', iso])
  t.regex(stdout, /^No problems found/m)
  const { type, image } = await efiPartition(iso, bytes, folder)
  t.is(type, 'EFI system partition')
  const loader = await execa('mtype', ['-i', image, '::/EFI/BOOT/BOOTX64.EFI'], { encoding: 'buffer', stripFinalNewline: false })
  t.is(Buffer.from(loader.stdout).toString('latin1', 0, 2), 'MZ')
  t.is(bytes.readUInt16LE(510), 0xaa55)
  const mbr = await readFile('/usr/lib/grub/i386-pc/boot_hybrid.img')
  t.deepEqual(bytes.subarray(0, 0x5c), mbr.subarray(0, 0x5c), "GRUB's code; behind it stands where its core is")
  t.is(bytes[450], 0xee, 'protective')
  const core = Number(bytes.readBigUInt64LE(0x1b0)) * 512
  const eltorito = await fileOnIso(iso, '/boot/grub/eltorito.img', folder)
  t.true(core > 0 && eltorito.includes(bytes.subarray(core, core + 64)), 'the sector that the MBR names is of the core')
})

test.serial('it is a CD too, for BIOS and UEFI, with the files of the generation as they are', async (t) => {
  const request = await aloneRequest(await temporaryFolder(t))
  const { iso, folder } = await built(t, request)
  const { stdout } = await execa('xorriso', ['-indev', `stdio:${iso}`, '-report_el_torito', 'plain'])
  t.regex(stdout, /El Torito boot img : +1 +BIOS +y +none/)
  t.regex(stdout, /El Torito boot img : +2 +UEFI +y +none/)
  for (const name of ['xen', 'vmlinuz', 'initrd.img', 'root.squashfs'])
    t.deepEqual(await fileOnIso(iso, `/hostless/${GENERATION}/${name}`, folder), await readFile(join(request.folder, name)), name)
  t.is((await fileOnIso(iso, '/boot/grub/grub.cfg', folder)).toString(), 'echo alone\n')
})

test.serial('the same input gives the same bytes, another configuration others, and GRUB finds its own stick by it', async (t) => {
  const request = await aloneRequest(await temporaryFolder(t))
  const first = await built(t, request)
  await new Promise((resolve) => setTimeout(resolve, 2100 - (Date.now() % 2000)))
  const second = await built(t, request)
  t.true(first.bytes.equals(second.bytes), 'at another time, FAT counts two seconds')
  const other = await built(t, { ...request, config: 'echo other\n' })
  t.false(first.bytes.equals(other.bytes))
  const id = stickId(['echo alone\n', request.generation])
  t.is((await fileOnIso(first.iso, `/hostless/stick-${id}`, first.folder)).toString(), `${id}\n`)
  t.not(id, stickId(['echo other\n', request.generation]))
})

test.serial('a stick that looks for the appliance holds iPXE for BIOS and UEFI, and its script', async (t) => {
  const request: StickRequest = { kind: 'appliance', config: 'echo iPXE\n', script: '#!ipxe\n', output: new Kept() }
  const { iso, folder, bytes, notes } = await built(t, request)
  t.is((await fileOnIso(iso, '/hostless/stick.ipxe', folder)).toString(), '#!ipxe\n')
  t.deepEqual(await fileOnIso(iso, '/hostless/ipxe.lkrn', folder), await readFile('/usr/lib/ipxe/ipxe.lkrn'))
  const ipxe = await readFile('/usr/lib/ipxe/ipxe.efi')
  const { image } = await efiPartition(iso, bytes, folder)
  const listing = await execa('mdir', ['-b', '-i', image, '::/', '::/EFI/BOOT'])
  if (readsAutoexec(ipxe)) {
    t.regex(listing.stdout, /autoexec\.ipxe/)
    t.deepEqual(notes, [])
  } else {
    t.deepEqual(await fileOnIso(iso, '/hostless/ipxe.efi', folder), ipxe)
    t.regex(notes.join(), /reads no script on UEFI/)
  }
  t.true(bytes.length < 12 << 20)
})

test.serial('when the reader goes, or a file is missing, it says so and leaves nothing running', async (t) => {
  const request = await aloneRequest(await temporaryFolder(t))
  const broken = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('no space'), { code: 'ENOSPC' })) })
  await t.throwsAsync(buildStick({ ...request, output: broken }), { message: /could not be written: ENOSPC/ })
  await t.throwsAsync(buildStick({ ...request, folder: '/nonexistent' }), { message: /xorriso failed: [\s\S]*nonexistent/ })
  await t.throwsAsync(buildStick({ ...request, signal: AbortSignal.abort() }), { message: 'interrupted' })
})

test('an initramfs can boot from a stick if it is ours and new enough', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'initrd.img')
  const said = async (bytes: Buffer) => {
    await writeFile(path, bytes)
    return cannotBootFromStick(path)
  }
  t.is(await said(await stickInitramfs('zstd')), undefined)
  t.is(await said(await stickInitramfs('plain')), undefined)
  t.regex(
    (await said(await stickInitramfs('zstd', ['init', 'bin/lease']))) ?? '',
    /does not know how to boot from a stick: build the image anew/,
  )
  t.regex((await said(Buffer.from('1f8b0800', 'hex'))) ?? '', /does not know/)
  const cut = (await stickInitramfs('zstd', ['init'])).subarray(0, 40)
  t.regex((await said(cut)) ?? '', /cannot be read: it is damaged/)
})

test('names with a meaning to xorriso are escaped', (t) => {
  const args = isoArguments({ id: 'ab'.repeat(8), eltorito: '/t/e', efi: '/t/f', files: [{ path: '/a=b', source: '/t/x=y\\z' }] })
  t.is(args.at(-1), '/a\\=b=/t/x\\=y\\\\z')
})
