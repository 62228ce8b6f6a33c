// The generations that an appliance serves: NFS asks for exports (from memory), boot for what is published,
// HTTP and TFTP for boot files. New, removed and altered generations are noticed by `refresh` and `published`;
// nothing is served whose signature does not hold. Not for making generations: publish.ts.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Export } from '../appliance/nfs-server-lite/vfs.ts'
import { exportPath, type Generation, type ImageName, parseGeneration, parseImageName } from '../appliance/wire/generation.ts'
import type { Log } from '../appliance/wire/log.ts'
import { generationPath, imagePath, imagesPath } from './layout.ts'
import { type Component, type Manifest, manifestBytes } from './manifest.ts'
import { codeOf } from './store/files.ts'
import { checkComponents, identityOf, type Loaded, loadGeneration } from './store/loading.ts'
import { readPublished } from './store/published.ts'
import { readSignedManifest } from './store/signed.ts'

export interface Refused {
  readonly kind: 'refused'
  readonly reason: string
}

export type PublishedResult = { readonly kind: 'published'; readonly manifest: Manifest } | Refused

export type ComponentResult =
  | { readonly kind: 'component'; readonly path: string; readonly size: number; readonly sha256: string }
  | Refused

interface Entry {
  readonly loaded: Loaded
  /** Resolves when all components have been hashed: with what is wrong, or undefined. */
  readonly fault: Promise<string | undefined>
}

export class Catalogue {
  readonly #dataDir: string
  readonly #log: Log
  readonly #entries = new Map<string, Entry>()
  /** Path → identity of what was altered: not loaded again until it changes. */
  readonly #altered = new Map<string, { readonly identity: string; readonly reason: string }>()
  readonly #complaints = new Map<string, string>()
  /** Loads one after the other: two at once would open a generation twice. */
  #loading: Promise<unknown> = Promise.resolve()
  #hashing: Promise<unknown> = Promise.resolve()

  /** Empty until the first `refresh`: await that before NFS starts, or mounted hosts see stale handles. */
  constructor(dataDir: string, log: Log) {
    this.#dataDir = dataDir
    this.#log = log
  }

  /** `/dom0/0123456789abcdef`. */
  byPath(path: string): Export | undefined {
    return this.#entries.get(path)?.loaded.source
  }

  /** Two images with one content are one generation: either is right. */
  byGeneration(generation: Generation): Export | undefined {
    return this.#byGeneration(generation)?.loaded.source
  }

  list(): readonly Export[] {
    return [...this.#entries.values()].map(({ loaded }) => loaded.source)
  }

  /** Looks at the disk: opens generations that are new, closes those that went or were altered. Some stats for each, else cheap. */
  async refresh(): Promise<void> {
    const present = new Set<string>()
    for (const { name, generation } of await generationsOnDisk(this.#dataDir)) {
      present.add(exportPath(name, generation))
      await this.#current(name, generation)
    }
    for (const path of [...this.#entries.keys()].filter((each) => !present.has(each))) await this.#drop(path, 'it was removed')
  }

  /** What a boot of this image gets now. Answers when every file of it has been hashed once. */
  async published(name: ImageName): Promise<PublishedResult> {
    const generation = await readPublished(this.#dataDir, name)
    if (!generation) return { kind: 'refused', reason: `no generation of ${name} is published: hostless image publish ${name}` }
    const entry = await this.#sound(name, generation)
    return 'kind' in entry ? entry : { kind: 'published', manifest: entry.loaded.manifest }
  }

  /** A file to send to a machine that boots this generation. Answers when it has been hashed once. */
  async component(generation: Generation, file: Component): Promise<ComponentResult> {
    const known = this.#byGeneration(generation)
    if (!known) return { kind: 'refused', reason: `there is no generation ${generation}` }
    const entry = await this.#sound(known.loaded.manifest.image, generation)
    if ('kind' in entry) return entry
    const facts = entry.loaded.manifest.components[file]
    if (!facts) return { kind: 'refused', reason: `generation ${generation} has no ${file}` }
    return { kind: 'component', path: join(entry.loaded.folder, file), ...facts }
  }

  async close(): Promise<void> {
    for (const path of [...this.#entries.keys()]) await this.#drop(path, 'the catalogue is closed')
  }

  #byGeneration(generation: Generation): Entry | undefined {
    for (const entry of this.#entries.values()) if (entry.loaded.source.generation === generation) return entry
    return undefined
  }

  async #sound(name: ImageName, generation: Generation): Promise<Entry | Refused> {
    const entry = await this.#current(name, generation)
    if ('kind' in entry) return entry
    const reason = await entry.fault
    return reason === undefined ? entry : { kind: 'refused', reason }
  }

  /** The entry as the disk has it now. */
  #current(name: ImageName, generation: Generation): Promise<Entry | Refused> {
    const turn = this.#loading.then(() => this.#load(name, generation))
    this.#loading = turn.catch(() => undefined)
    return turn
  }

  async #load(name: ImageName, generation: Generation): Promise<Entry | Refused> {
    const path = exportPath(name, generation)
    const identity = await identityOf(generationPath(this.#dataDir, name, generation))
    const known = this.#entries.get(path)
    if (known?.loaded.identity === identity) return known
    const altered = this.#altered.get(path)
    if (altered?.identity === identity) return { kind: 'refused', reason: altered.reason }
    const loaded = await loadGeneration(this.#dataDir, name, generation)
    if (loaded.kind === 'refused') {
      if (this.#complaints.get(path) !== loaded.reason) this.#log.error({ path, reason: loaded.reason }, 'image generation refused')
      this.#complaints.set(path, loaded.reason)
      await this.#drop(path, loaded.reason)
      return loaded
    }
    this.#complaints.delete(path)
    const fault = this.#hashing.then(() => this.#check(path, loaded))
    this.#hashing = fault
    const entry = { loaded, fault }
    this.#entries.set(path, entry) // before the old one is closed: mounted hosts never see a gap
    if (known) await this.#close(known)
    this.#log.info({ path, files: loaded.source.tree.files }, 'image generation opened')
    return entry
  }

  async #check(path: string, loaded: Loaded): Promise<string | undefined> {
    const reason = await checkComponents(loaded)
    if (reason === undefined || this.#entries.get(path)?.loaded !== loaded) return reason
    this.#altered.set(path, { identity: loaded.identity, reason })
    this.#log.error({ path, reason }, 'image generation refused')
    await this.#drop(path, 'it was altered')
    return reason
  }

  async #drop(path: string, reason: string): Promise<void> {
    const entry = this.#entries.get(path)
    if (!entry) return
    this.#entries.delete(path)
    this.#log.info({ path, reason }, 'image generation closed')
    await this.#close(entry)
  }

  async #close({ loaded }: Entry): Promise<void> {
    await loaded
      .close()
      .catch((error: unknown) => this.#log.warn({ folder: loaded.folder, reason: codeOf(error) }, 'root.tar did not close'))
  }
}

/** One generation as `hostless image list` shows it. */
export interface ListedGeneration {
  readonly name: ImageName
  readonly generation: Generation
  readonly published: boolean
  readonly importedAt: Date
  /** Of all components, in bytes. */
  readonly bytes: number
  /** Signed manifest, or why the generation is not believed. */
  readonly state: { readonly kind: 'manifest'; readonly manifest: Manifest } | Refused
}

/** All generations on disk: by name, the newest first. Hashes nothing. */
export async function listGenerations(dataDir: string): Promise<readonly ListedGeneration[]> {
  const listed: ListedGeneration[] = []
  for (const { name, generation } of await generationsOnDisk(dataDir)) {
    const state = await readSignedManifest(dataDir, name, generation)
    const importedAt = await importTime(generationPath(dataDir, name, generation))
    if (!importedAt) continue
    listed.push({
      name,
      generation,
      published: (await readPublished(dataDir, name)) === generation,
      importedAt,
      bytes: state.kind === 'manifest' ? manifestBytes(state.manifest) : 0,
      state,
    })
  }
  return listed.sort((a, b) => (a.name === b.name ? b.importedAt.getTime() - a.importedAt.getTime() : a.name < b.name ? -1 : 1))
}

/** Undefined when it was removed meanwhile. */
async function importTime(folder: string): Promise<Date | undefined> {
  return stat(folder).then(
    ({ mtime }) => mtime,
    () => undefined,
  )
}

async function generationsOnDisk(dataDir: string): Promise<readonly { readonly name: ImageName; readonly generation: Generation }[]> {
  const names = (await namesIn(imagesPath(dataDir))).flatMap((text) => parseImageName(text) ?? [])
  const found: { name: ImageName; generation: Generation }[] = []
  for (const name of names) {
    for (const text of await namesIn(imagePath(dataDir, name))) {
      const generation = parseGeneration(text)
      if (generation) found.push({ name, generation })
    }
  }
  return found
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return []
    throw error
  }
}
