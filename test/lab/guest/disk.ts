// The disk that the lab's guests begin with: Debian's kernel under busybox, built once and kept under .lab.

import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { LAB, PROJECT } from '../folders.ts'
import { filesIn, fingerprint, GUEST_RECIPE } from '../image.ts'

const FOLDER = join(LAB, 'guest')
const DISK = join(FOLDER, 'small.raw')
const PRINT = join(FOLDER, 'built')

/** Raw, sparse, 64 MiB. Builds it where it is missing or its recipe has changed (a minute); its progress goes to the terminal. */
export async function readySmallDisk(signal: AbortSignal = new AbortController().signal): Promise<string> {
  const print = fingerprint(await filesIn([GUEST_RECIPE], () => true))
  if (existsSync(DISK) && (await readFile(PRINT, 'utf8').catch(() => '')) === print) return DISK
  await mkdir(FOLDER, { recursive: true })
  await rm(DISK, { force: true })
  const build = ['vm-image', 'build', 'debian13', '--small', '--file', DISK]
  const program = [process.execPath, '--import', 'tsx', 'manager/cli/main.ts', ...build]
  // --pdeathsig: mmdebstrap ends with the lab even if that is killed.
  await execa('setpriv', ['--pdeathsig', 'TERM', ...program], { cwd: PROJECT, stdio: 'inherit', cancelSignal: signal })
  await writeFile(PRINT, print)
  return DISK
}

export interface BootFiles {
  readonly kernel: string
  readonly initrd: string
}

/** What that disk's own GRUB boots, as files: read out of its file system, which is not mounted for it. */
export async function bootFilesOf(disk: string): Promise<BootFiles> {
  const files = { kernel: join(FOLDER, 'vmlinuz'), initrd: join(FOLDER, 'initrd.img') }
  for (const [from, to] of [['/boot/vmlinuz', files.kernel] as const, ['/boot/initrd.img', files.initrd] as const]) {
    await rm(to, { force: true })
    await execa('debugfs', ['-R', `dump ${from} ${to}`, `${disk}?offset=${PARTITION}`])
    if (!existsSync(to)) throw new Error(`${disk} has no ${from} in the file system at byte ${PARTITION}`)
  }
  return files
}

/** Where the first partition begins: images/guest/disk.ts. */
const PARTITION = 1 << 20
