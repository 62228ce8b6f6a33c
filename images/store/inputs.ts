// Takes the files of an import into the staging folder, and refuses what cannot be what it is said to be.
// From there on only the staged files are looked at: the user's may change meanwhile.
import { constants } from 'node:fs'
import { chmod, copyFile, link, realpath, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { faultOfInitramfs, faultOfKernel, faultOfXen, faultOfXenEfi, isGzip } from '../boot-files.ts'
import { compressionOf } from '../tar.ts'
import { codeOf, openRegular, readExactly } from './files.ts'

export interface ImportFiles {
  /** Plain tar, numeric owners. */
  readonly 'root.tar': string
  /** Gzipped or not. */
  readonly xen: string
  readonly vmlinuz: string
  readonly 'initrd.img': string
  readonly 'xen.efi'?: string
}
export type InputName = keyof ImportFiles

/** What happens to the root.tar that was given: with `move` it is gone after a successful import, and is not copied within one file system. */
export type RootTar = 'copy' | 'move'

const MIB = 1 << 20
const MAXIMUM: Readonly<Record<InputName, number>> = {
  'root.tar': 16384 * MIB,
  xen: 64 * MIB,
  'xen.efi': 64 * MIB,
  vmlinuz: 256 * MIB,
  'initrd.img': 1024 * MIB,
}
const HEAD = 64 << 10

/** Undefined when all are in the staging folder; else why not. */
export async function takeInputs(files: ImportFiles, staging: string, rootTar: RootTar): Promise<string | undefined> {
  for (const name of ['xen', 'xen.efi', 'vmlinuz', 'initrd.img', 'root.tar'] as const) {
    const path = files[name]
    if (path === undefined) continue
    const fault = await take(name, path, join(staging, name), rootTar)
    if (fault !== undefined) return fault
  }
  return undefined
}

async function take(name: InputName, path: string, target: string, rootTar: RootTar): Promise<string | undefined> {
  const opened = await openRegular(path, MAXIMUM[name])
  if (opened.kind === 'refused') return `${name}: ${opened.reason}`
  const { handle, size } = opened
  try {
    const fault = faultOf(name, await readExactly(handle, 0, Math.min(size, name === 'xen' ? size : HEAD)))
    if (fault !== undefined) return `${name}: ${path}: ${fault}`
    const linked = name === 'root.tar' && rootTar === 'move' && (await linkedTo(path, target))
    // By descriptor: the path may meanwhile lead elsewhere. FICLONE shares the blocks where the file system can.
    if (!linked) {
      await copyFile(`/proc/self/fd/${handle.fd}`, target, constants.COPYFILE_FICLONE)
      await chmod(target, 0o644)
    }
  } finally {
    await handle.close()
  }
  const staged = await stat(target)
  if (staged.size > MAXIMUM[name]) return `${name}: ${path}: it grew to ${staged.size} bytes while it was read`
  return name === 'xen' ? plainXen(path, target) : undefined
}

function faultOf(name: InputName, head: Buffer): string | undefined {
  switch (name) {
    case 'xen':
      return isGzip(head) ? undefined : faultOfXen(head)
    case 'xen.efi':
      return faultOfXenEfi(head)
    case 'vmlinuz':
      return faultOfKernel(head)
    case 'initrd.img':
      return faultOfInitramfs(head)
    case 'root.tar': {
      const compression = compressionOf(head)
      return compression === undefined ? undefined : `it is compressed with ${compression}: give the plain tar`
    }
  }
}

/** Gunzips a staged Xen in place. */
async function plainXen(path: string, staged: string): Promise<string | undefined> {
  const opened = await openRegular(staged, MAXIMUM.xen)
  if (opened.kind === 'refused') return opened.reason
  let bytes: Buffer
  try {
    bytes = await readExactly(opened.handle, 0, opened.size)
  } finally {
    await opened.handle.close()
  }
  if (!isGzip(bytes)) return undefined
  try {
    bytes = await promisify(gunzip)(bytes, { maxOutputLength: MAXIMUM.xen })
  } catch (error) {
    return `xen: ${path}: it cannot be gunzipped (${codeOf(error)})`
  }
  const fault = faultOfXen(bytes)
  if (fault !== undefined) return `xen: ${path}: gunzipped, ${fault}`
  await writeFile(staged, bytes)
  return undefined
}

async function linkedTo(path: string, target: string): Promise<boolean> {
  try {
    await link(await realpath(path), target)
    return true
  } catch (error) {
    if (['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes(codeOf(error))) return false
    throw error
  }
}
