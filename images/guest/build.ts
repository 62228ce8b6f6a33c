// `hostless vm-image build`: Debian packages to a disk that boots its own kernel. Needs root, as the files on the disk have owners.
import { chmod, lutimes, mkdir, mkdtemp, open, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { execa } from 'execa'
import { INTERRUPTED, runMmdebstrap } from '../bootstrap.ts'
import { type CpioEntry, encodeCpio } from '../dom0/cpio.ts'
import { isPackageName } from '../dom0/recipe.ts'
import { readTar, type TarEntry, type TarSource } from '../tar.ts'
import { type DiskPlan, debugfsArguments, grubConfig, masterBootRecord, mkfsArguments, timesScript } from './disk.ts'
import { fullArguments, fullDisk, GUEST_EPOCH, type GuestRecipe, smallArguments } from './recipe.ts'
import { needsOf, SMALL_DISK, SMALL_MODULES, SMALL_OPTIONS, type SmallParts, smallInitramfs, smallRoot } from './small.ts'

export interface GuestBuildOptions extends GuestRecipe {
  /** Folder of ours with the recipe's files: images/guest of the package. */
  readonly recipeFolder: string
  /** Folder for what is being built: some gigabytes for a full disk. */
  readonly staging: string
  readonly kind: 'full' | 'small'
  /** Of the full one. */
  readonly sizeBytes: number
  /** Ends the build, and what it has started. */
  readonly signal: AbortSignal
  readonly onProgress: (text: string) => void
}

export interface BuiltDisk {
  /** Raw, and sparse. */
  readonly file: string
  readonly discard: () => Promise<void>
}

/** Throws an Error that says what to install or to change; nothing is left in `staging` then. */
export async function buildGuestDisk(options: GuestBuildOptions): Promise<BuiltDisk> {
  const unfit = options.add.find((name) => !isPackageName(name))
  if (unfit !== undefined) throw new Error(`--add ${JSON.stringify(unfit)}: not a Debian package name`)
  await mkdir(options.staging, { recursive: true })
  const folder = await mkdtemp(join(options.staging, '.guest-'))
  const discard = () => rm(folder, { recursive: true, force: true })
  try {
    const file = join(folder, 'disk.raw')
    const tree = join(folder, 'tree')
    await (options.kind === 'small' ? makeSmallTree(options, folder, tree) : makeFullTree(options, folder, tree))
    if (options.signal.aborted) throw new Error(INTERRUPTED)
    options.onProgress('making the disk')
    await makeDisk(options.kind === 'small' ? SMALL_DISK : fullDisk(options.name, options.sizeBytes), tree, file, folder)
    if (options.signal.aborted) throw new Error(INTERRUPTED)
    return { file, discard }
  } catch (error) {
    await discard()
    throw error
  }
}

async function makeSmallTree(options: GuestBuildOptions, folder: string, tree: string): Promise<void> {
  const tar = join(folder, 'packages.tar')
  await runMmdebstrap(smallArguments(options, tar), { ...options, epoch: GUEST_EPOCH })
  options.onProgress('making the initramfs')
  const parts = await smallParts(tar, join(options.recipeFolder, 'small'))
  const initrd = await packed(encodeCpio(smallInitramfs(parts)))
  const grub = grubConfig({ label: SMALL_DISK.label, kernel: '/boot/vmlinuz', initrd: '/boot/initrd.img', options: SMALL_OPTIONS })
  await writeTree(smallRoot(parts, initrd, grub), tree)
  await rm(tar)
}

async function makeFullTree(options: GuestBuildOptions, folder: string, tree: string): Promise<void> {
  const overlay = join(folder, 'overlay')
  await execa('cp', ['-rT', '--no-preserve=mode', join(options.recipeFolder, 'full/root'), overlay])
  const files = { overlay, customize: join(options.recipeFolder, 'full/customize.sh'), tree }
  await runMmdebstrap(fullArguments(options, files), { ...options, epoch: GUEST_EPOCH })
}

async function smallParts(tar: string, recipe: string): Promise<SmallParts> {
  const file = await open(tar, 'r')
  try {
    const { size } = await file.stat()
    const source: TarSource = {
      size,
      read: async (position, length) => (await file.read(Buffer.alloc(length), 0, length, position)).buffer,
    }
    const entries = new Map<string, TarEntry>()
    for await (const entry of readTar(source)) entries.set(entry.path.toString('latin1').replace(/^\.\//, ''), entry)
    const only = async (pattern: RegExp): Promise<Buffer> => {
      const found = [...entries].filter(([path]) => pattern.test(path))
      const [[, entry] = []] = found
      if (!entry || found.length !== 1) throw new Error(`Debian's packages have ${found.length} files like ${pattern.source}, not one`)
      return source.read(entry.dataOffset, entry.size)
    }
    const modules = new Map<string, Buffer>()
    for (const name of SMALL_MODULES) {
      const module = await only(new RegExp(`^(usr/)?lib/modules/.*/${name}\\.ko\\.xz$`))
      modules.set(name, Buffer.from((await execa('xz', ['-dc'], { input: module, encoding: 'buffer' })).stdout))
    }
    const missing = [...modules.values()].flatMap(needsOf).find((name) => !modules.has(name))
    if (missing !== undefined)
      throw new Error(`a module of Debian's kernel asks for ${missing}, which the recipe of the small guest has not`)
    return {
      busybox: await only(/^(usr\/)?bin\/busybox$/),
      kernel: await only(/^boot\/vmlinuz-/),
      modules,
      init: await readFile(join(recipe, 'init')),
      files: await filesBelow(join(recipe, 'root')),
    }
  } finally {
    await file.close()
  }
}

async function filesBelow(folder: string): Promise<Map<string, Buffer>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = found.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  return new Map(await Promise.all(paths.sort().map(async (path) => [path, await readFile(join(folder, path))] as const)))
}

async function packed(archive: Buffer): Promise<Uint8Array> {
  return (await execa('zstd', ['-19', '-q', '-c'], { input: archive, encoding: 'buffer' })).stdout
}

async function writeTree(entries: readonly CpioEntry[], tree: string): Promise<void> {
  await mkdir(tree, { mode: 0o755 })
  for (const entry of entries) {
    const path = join(tree, entry.path)
    switch (entry.kind) {
      case 'directory':
        await mkdir(path, { mode: 0o755, recursive: true })
        break
      case 'symlink':
        await symlink(entry.target, path)
        break
      case 'file':
        await mkdir(dirname(path), { recursive: true })
        await writeFile(path, entry.data)
        await chmod(path, entry.mode)
        break
      case 'character':
        throw new Error(`${entry.path}: the kernel makes devices by itself`)
    }
  }
}

/** Nothing of the builder is left: times are those of the recipe, and what mkfs takes of this machine's is set right. */
async function makeDisk(plan: DiskPlan, tree: string, file: string, folder: string): Promise<void> {
  const paths = (await readdir(tree, { recursive: true })).sort()
  for (const path of ['', ...paths]) await lutimes(join(tree, path), GUEST_EPOCH, GUEST_EPOCH)
  await writeFile(file, masterBootRecord(plan))
  await truncate(file, plan.sizeBytes)
  const env = { SOURCE_DATE_EPOCH: String(GUEST_EPOCH), E2FSPROGS_FAKE_TIME: String(GUEST_EPOCH) }
  await tool('mkfs.ext4', mkfsArguments(plan, tree, file), env)
  const script = join(folder, 'times')
  await writeFile(script, timesScript(['/', '/lost+found', ...paths.map((path) => `/${path}`)], GUEST_EPOCH))
  await tool('debugfs', debugfsArguments(file, script), env)
}

async function tool(name: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const { code, failed, exitCode, signal, stderr } = await execa(name, args, {
    env: { ...env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
    stdin: 'ignore',
    stdout: 'ignore',
    reject: false,
  })
  if (code === 'ENOENT') throw new Error(`${name} is not installed: apt-get install e2fsprogs`)
  if (failed) throw new Error(`${name} failed (exit ${exitCode ?? signal}): ${stderr.slice(0, 600)}`)
}
