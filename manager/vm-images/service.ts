// Images of guests' disks: their names, what each comes to, and who uses it. What is in them is files/'s.

import { Emitter } from '../../appliance/wire/emitter.ts'
import type { Log } from '../../appliance/wire/log.ts'
import type { After } from '../../appliance/wire/timers.ts'
import type { Done, Refused } from '../outcome.ts'
import type { Store } from '../store/database.ts'
import { allNamedImages, type NamedImage, namedImage, nameImage, unnameImage } from '../store/tables/vm-images.ts'
import { sayPlace } from '../wording.ts'
import { type Check, Checks } from './checks.ts'
import { type ImageFacts, ImageFolder } from './files/folder.ts'
import type { Imported } from './files/import.ts'
import { makeSeed } from './files/seed.ts'
import type { ImageNews } from './news.ts'
import { type SeedSpec, seedSpec } from './seed.ts'
import { UnfitImage } from './unfit.ts'
import { type UploadAsk, Uploads } from './uploads.ts'

/** Names of the guests whose disks are made of an image. */
export type ImageUsers = (id: string) => Promise<readonly string[]>

export interface VmImagesOptions {
  readonly dataDir: string
  readonly store: Store
  readonly users: ImageUsers
  /** Of one disk. */
  readonly mostBytes: number
  readonly now: () => number
  /** 16 of a-z and 0-9. */
  readonly newId: () => string
  readonly after: After
  readonly log: Log
}

export interface ShownImage {
  readonly id: string
  readonly name?: string
  readonly sizeBytes: number
  readonly keptBytes: number
  readonly format?: string
  readonly notes: string
  readonly added?: number
  readonly by?: string
  readonly users: readonly string[]
  readonly present: boolean
  readonly check?: Check
}

/** Characters of an id that are enough. */
const LEAST_OF_ID = 6

export async function openVmImages(options: VmImagesOptions): Promise<VmImages> {
  const folder = new ImageFolder(options.dataDir, options.log)
  await folder.open()
  return new VmImages(options, folder)
}

export class VmImages {
  readonly folder: ImageFolder
  readonly uploads: Uploads
  readonly checks: Checks
  readonly #news: Emitter<ImageNews>
  readonly #options: VmImagesOptions

  constructor(options: VmImagesOptions, folder: ImageFolder) {
    this.#options = options
    this.folder = folder
    this.#news = new Emitter(options.log, 'news of images')
    const tell = (news: ImageNews) => this.#news.tell(news)
    this.uploads = new Uploads({ ...options, folder, tell, keep: (imported, ask, by) => this.#keep(imported, ask, by) })
    this.checks = new Checks({ ...options, folder, tell })
  }

  /** Of what is done with them, until the function that it returns is called. */
  subscribe(listener: (news: ImageNews) => void): () => void {
    return this.#news.subscribe(listener)
  }

  /** By name; those without one last. */
  async list(): Promise<readonly ShownImage[]> {
    const [named, there] = await Promise.all([allNamedImages(this.#options.store.db), this.folder.all()])
    const facts = new Map(there.map((each) => [each.id, each]))
    const known = new Set(named.map(({ image }) => image))
    return Promise.all([
      ...named.map((each) => this.#shown(each.image, each, facts.get(each.image))),
      ...there.filter(({ id }) => !known.has(id)).map((each) => this.#shown(each.id, undefined, each)),
    ])
  }

  /** By its name, its id or the beginning of that. */
  async find(ref: string): Promise<Done<ShownImage>> {
    const all = await this.list()
    const [first, ...others] = all.some(({ name }) => name === ref)
      ? all.filter(({ name }) => name === ref)
      : all.filter(({ id }) => ref.length >= LEAST_OF_ID && id.startsWith(ref))
    if (!first) {
      const names = all.flatMap(({ name }) => name ?? []).slice(0, 8)
      return {
        kind: 'missing',
        reason: `there is no image ${JSON.stringify(ref)}${names.length === 0 ? '' : `: there are ${names.join(', ')}`}`,
      }
    }
    const ambiguous = others.find(({ id }) => id !== first.id)
    return ambiguous ? refused(`two images begin with ${ref}: ${first.id} and ${ambiguous.id}`) : { kind: 'done', value: first }
  }

  /** What a guest's disk is made of. */
  async resolve(ref: string): Promise<Done<ImageFacts>> {
    const found = await this.find(ref)
    if (found.kind !== 'done') return found
    const facts = await this.folder.facts(found.value.id)
    return facts ? { kind: 'done', value: facts } : refused(`the content of image ${ref} is not on this manager: add it again`)
  }

  async remove(ref: string): Promise<Done<null>> {
    const found = await this.find(ref)
    if (found.kind !== 'done') return found
    const { id, name, users } = found.value
    const others = (await allNamedImages(this.#options.store.db)).filter((each) => each.image === id && each.name !== name)
    const isLast = others.length === 0
    if (isLast && users.length > 0) {
      return { ...refused(`image ${name ?? id} is what disks of ${listed(users)} are made of`), code: 'held' }
    }
    if (name !== undefined && name === ref) await this.#options.store.write((transaction) => unnameImage(transaction, name))
    else if (name !== undefined) return refused(`image ${id} is called ${name}: remove it by that name`)
    if (isLast) await this.folder.remove(id)
    this.checks.forget(id)
    return { kind: 'done', value: null }
  }

  /** Begins to, or says how far it is; one image after the other. */
  async verify(ref: string, by: string): Promise<Done<ShownImage>> {
    const found = await this.find(ref)
    if (found.kind !== 'done') return found
    const { id, name = id.slice(0, 12), present } = found.value
    if (!present) return refused(`the content of image ${ref} is not on this manager: add it again`)
    this.checks.begin({ image: id, name, by })
    return this.find(ref)
  }

  /** A disk with it, for hosts to fetch by its id; whoever has it made has it removed. The same again is the same. */
  async makeSeed(spec: SeedSpec): Promise<Done<Pick<ImageFacts, 'id' | 'sizeBytes'>>> {
    const read = seedSpec.safeParse(spec)
    if (!read.success) {
      const [issue] = read.error.issues
      return { ...refused(`seed: ${sayPlace(issue?.path ?? [])}: ${issue?.message}`), status: 400 }
    }
    try {
      return { kind: 'done', value: await makeSeed(this.folder, read.data) }
    } catch (error) {
      if (error instanceof UnfitImage) return refused(error.message)
      throw error
    }
  }

  /** Of one that is gone, nothing; never an image. */
  async removeSeed(id: string): Promise<void> {
    if ((await this.folder.facts(id))?.kind === 'seed') await this.folder.remove(id)
  }

  /** Those that are older, and that nobody needs any more: the host has its disk. */
  async forgetSeeds(before: number, isNeeded: (id: string) => boolean): Promise<void> {
    for (const { id, made } of await this.folder.seeds()) if (made < before && !isNeeded(id)) await this.removeSeed(id)
  }

  async close(): Promise<void> {
    await this.uploads.close()
  }

  async #keep(imported: Imported, { name, notes }: UploadAsk, by: string): Promise<Done<null>> {
    const { store, now } = this.#options
    const taken = await store.write(async (transaction) => {
      const before = await namedImage(transaction, name)
      if (before) return before.image === imported.id ? undefined : before
      await nameImage(transaction, { name, image: imported.id, format: imported.format, notes, added: now(), by })
      return undefined
    })
    if (!taken) return { kind: 'done', value: null }
    const isNamed = (await allNamedImages(store.db)).some(({ image }) => image === imported.id)
    if (!isNamed) await this.folder.remove(imported.id)
    return refused(`there is another image ${name} already (${taken.image.slice(0, 12)}): take another name, or remove that one first`)
  }

  async #shown(id: string, named: NamedImage | undefined, facts: ImageFacts | undefined): Promise<ShownImage> {
    const check = this.checks.of(id)
    return {
      id,
      ...(named ? { name: named.name, format: named.format, added: named.added, by: named.by } : {}),
      notes: named?.notes ?? '',
      sizeBytes: facts?.sizeBytes ?? 0,
      keptBytes: facts?.keptBytes ?? 0,
      users: await this.#options.users(id),
      present: facts !== undefined,
      ...(check ? { check } : {}),
    }
  }
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} others` : ''}`
}

function refused(reason: string): Refused {
  return { kind: 'refused', reason }
}
