// Puts generations on disk: whole or not at all. All work happens in an unfinished folder beside the
// generations; one rename makes it visible. Publishing is one rename of a symlink. See layout.ts.
import { chmod, mkdir, readdir, realpath, rename, rm, rmdir, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Generation, ImageName } from '../appliance/wire/generation.ts'
import type { Log } from '../appliance/wire/log.ts'
import { factsOf, type KnownFacts } from './facts.ts'
import { encodeIndex } from './index-codec.ts'
import { generationPath, imagePath, imagesPath, publishedPath } from './layout.ts'
import {
  COMPONENTS,
  type Component,
  type ComponentFacts,
  componentsSchema,
  encodeManifest,
  type Manifest,
  type ManifestContent,
  signManifest,
} from './manifest.ts'
import { type Finding, findSecrets, type Unread } from './secrets.ts'
import { codeOf, hashOf, openRegular, readExactly, sync, tarSource } from './store/files.ts'
import { type ImportFiles, type RootTar, takeInputs } from './store/inputs.ts'
import { signingKey } from './store/keys.ts'
import { readPublished, writePublished } from './store/published.ts'
import { readSignedManifest } from './store/signed.ts'
import { makeSquashfs } from './store/squashfs.ts'
import { sweep, unfinishedPath } from './store/unfinished.ts'
import { unpackedBy } from './store/unpack.ts'
import { TarError } from './tar.ts'
import { buildTree } from './tree-builder.ts'

/** Of files in one line of the log. */
const MOST_TOLD = 20

/** In this order. */
export const IMPORT_STEPS = ['inputs', 'index', 'secrets', 'squashfs', 'manifest', 'sync', 'commit'] as const
export type ImportStep = (typeof IMPORT_STEPS)[number]

export interface ImportRequest {
  readonly dataDir: string
  readonly name: ImageName
  readonly files: ImportFiles
  /** Default `copy`: the user's file stays his, and changing it later changes no generation. */
  readonly rootTar?: RootTar
  /** Goes before what is read out of the image. */
  readonly facts?: KnownFacts
  readonly log: Log
  /** Called when a step begins. */
  readonly onProgress?: (step: ImportStep) => void
}

export type ImportOutcome =
  | { readonly kind: 'imported' | 'existing'; readonly manifest: Manifest }
  | { readonly kind: 'refused'; readonly reason: string; readonly findings: readonly Finding[] }

/** Imports a generation; does not publish it. Throws what disk and tar2sqfs throw, and then leaves nothing behind. */
export async function importGeneration(request: ImportRequest): Promise<ImportOutcome> {
  const { dataDir, name, log } = request
  const folder = imagePath(dataDir, name)
  const made = await mkdir(folder, { recursive: true })
  // Whatever the umask of who builds it: the appliance may be another user.
  if (made !== undefined) for (const each of [imagesPath(dataDir), folder]) if (each.startsWith(made)) await chmod(each, 0o755)
  await sweep(folder, log)
  const staging = await unfinishedPath(folder)
  await mkdir(staging)
  try {
    const outcome = await build(request, staging)
    if (outcome.kind !== 'refused' && request.rootTar === 'move') await unlink(await realpath(request.files['root.tar']))
    return outcome
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function build(request: ImportRequest, staging: string): Promise<ImportOutcome> {
  const { dataDir, name, log } = request
  const begin = (step: ImportStep): void => {
    log.debug({ image: name, step }, 'import')
    request.onProgress?.(step)
  }
  begin('inputs')
  const fault = await takeInputs(request.files, staging, request.rootTar ?? 'copy')
  if (fault !== undefined) return refuseImport(fault)

  const tar = await openRegular(join(staging, 'root.tar'), Number.MAX_SAFE_INTEGER)
  if (tar.kind === 'refused') return refuseImport(tar.reason)
  let content: ManifestContent
  try {
    const source = tarSource(tar.handle, tar.size)
    begin('index')
    const built = await buildTree(source)
    await writeFile(join(staging, 'root.index'), encodeIndex(built.tree))
    begin('secrets')
    const unread: Unread[] = []
    const findings = await findSecrets(source, { unpack: unpackedBy, onUnread: (one) => unread.push(one) })
    if (findings.length > 0) return refuseImport('secrets are in root.tar, and every machine on the network can read an image', findings)
    if (unread.length > 0)
      log.warn({ files: unread.slice(0, MOST_TOLD), count: unread.length }, 'packed files whose content was not looked at for secrets')
    begin('squashfs')
    await makeSquashfs(join(staging, 'root.tar'), built.kept, join(staging, 'root.squashfs'), log)
    begin('manifest')
    const facts = await factsOf(built.tree, source, await kernelHead(staging), request.facts ?? {})
    content = { ...facts, schema: 1, components: await hashComponents(staging) }
  } catch (error) {
    if (error instanceof TarError) return refuseImport(`root.tar: ${request.files['root.tar']}: ${error.message}`)
    throw error
  } finally {
    await tar.handle.close()
  }
  const { manifest, bytes } = encodeManifest(name, content)
  await writeFile(join(staging, 'manifest.json'), bytes)
  await writeFile(join(staging, 'manifest.sig'), signManifest(bytes, await signingKey(dataDir, log)))

  begin('sync')
  for (const file of await readdir(staging)) {
    await chmod(join(staging, file), 0o444)
    await sync(join(staging, file))
  }
  await chmod(staging, 0o755)
  await sync(staging)
  begin('commit')
  return { kind: await commit(dataDir, manifest, staging), manifest }
}

/** A generation is never replaced: the one that stands may be mounted. */
async function commit(dataDir: string, manifest: Manifest, staging: string): Promise<'imported' | 'existing'> {
  try {
    await rename(staging, generationPath(dataDir, manifest.image, manifest.generation))
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) return 'existing'
    throw error
  }
  await sync(imagePath(dataDir, manifest.image))
  await sync(imagesPath(dataDir))
  return 'imported'
}

export type PublishOutcome =
  | { readonly kind: 'published'; readonly previous: Generation | undefined }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly reason: string }

/** From now on new boots get this generation. Refuses one that is not there, or whose signature does not hold. */
export async function publish(dataDir: string, name: ImageName, generation: Generation, log: Log): Promise<PublishOutcome> {
  const signed = await readSignedManifest(dataDir, name, generation)
  if (signed.kind === 'refused') return signed
  await sweep(imagePath(dataDir, name), log)
  const previous = await readPublished(dataDir, name)
  if (previous === generation) return { kind: 'unchanged' }
  await writePublished(dataDir, name, generation)
  log.info({ image: name, generation, previous }, 'published')
  return { kind: 'published', previous }
}

export interface RemoveOptions {
  /** Names of the hosts that run the generation. */
  readonly inUse: readonly string[]
  /** Removes it though it is published or in use: hosts that run it lose their root. */
  readonly force: boolean
}

export type RemoveOutcome = { readonly kind: 'removed' } | { readonly kind: 'refused'; readonly reason: string }

/** Gone by one rename, then deleted; what a crash leaves of the deletion is swept later. */
export async function remove(
  dataDir: string,
  name: ImageName,
  generation: Generation,
  { inUse, force }: RemoveOptions,
  log: Log,
): Promise<RemoveOutcome> {
  const refuse = (reason: string): RemoveOutcome => ({ kind: 'refused', reason: `${name}@${generation} ${reason}` })
  const folder = imagePath(dataDir, name)
  const published = (await readPublished(dataDir, name)) === generation
  if (published && !force) return refuse('is published, hosts boot it: publish another generation first, or use --force')
  if (inUse.length > 0 && !force) {
    return refuse(
      `is the root of ${inUse.join(', ')}: reboot ${inUse.length === 1 ? 'it' : 'them'} into another generation first, or use --force`,
    )
  }
  await sweep(folder, log)
  const doomed = await unfinishedPath(folder)
  if (published) await unlink(publishedPath(dataDir, name))
  try {
    await rename(generationPath(dataDir, name, generation), doomed)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    await removeIfEmpty(folder)
    return refuse('is not there')
  }
  await sync(folder)
  await rm(doomed, { recursive: true, force: true })
  await removeIfEmpty(folder)
  log.info({ image: name, generation, published, inUse }, 'removed')
  return { kind: 'removed' }
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) throw error
  }
}

async function kernelHead(staging: string): Promise<Buffer> {
  const kernel = await openRegular(join(staging, 'vmlinuz'), Number.MAX_SAFE_INTEGER)
  if (kernel.kind === 'refused') throw new Error(kernel.reason)
  try {
    return await readExactly(kernel.handle, 0, Math.min(kernel.size, 64 << 10))
  } finally {
    await kernel.handle.close()
  }
}

async function hashComponents(staging: string): Promise<ManifestContent['components']> {
  const present = await readdir(staging)
  const facts = new Map<Component, ComponentFacts>()
  for (const component of COMPONENTS.filter((each) => present.includes(each))) {
    facts.set(component, await hashOf(join(staging, component)))
  }
  return componentsSchema.parse(Object.fromEntries(facts))
}

function refuseImport(reason: string, findings: readonly Finding[] = []): ImportOutcome {
  return { kind: 'refused', reason, findings }
}
