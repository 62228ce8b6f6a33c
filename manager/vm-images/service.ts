// Images of guests' disks, and kernels that guests boot by: their names, what each comes to, and who uses it. What is in them is files/'s.
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
import type { ImportedKernel } from './files/kernel.ts'
import { makeSeed } from './files/seed.ts'
import type { ImageNews } from './news.ts'
import { type SeedSpec, seedSpec } from './seed.ts'
import { UnfitImage } from './unfit.ts'
import { type UploadAsk, Uploads } from './uploads.ts'

/** Names of guests: of those whose disks are made of the image with an id, or whose specs name a kernel. */
export type ImageUsers = (of: string) => Promise<readonly string[]>

export interface VmImagesOptions {
  readonly dataDir: string
  readonly store: Store
  readonly users: ImageUsers
  readonly booters: ImageUsers
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
  /** `initrd`: one whose kernel has lost its name. */
  readonly kind: 'disk' | 'kernel' | 'initrd'
  /** That goes with a kernel. */
  readonly initrd?: { readonly id: string; readonly sizeBytes: number }
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
    const known = new Set(named.flatMap(({ image, initrd }) => [image, initrd ?? '']))
    return Promise.all([
      ...named.map((each) => this.#shown(each.image, each, facts)),
      ...there.filter(({ id }) => !known.has(id)).map(({ id }) => this.#shown(id, undefined, facts)),
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
    const { id, name, kind, initrd, users } = found.value
    const others = (await allNamedImages(this.#options.store.db)).filter((each) => each.name !== name)
    const isLast = !others.some(({ image }) => image === id)
    // A kernel is named by specs, and a disk is made of what an image holds.
    if (kind === 'kernel' && users.length > 0) return { ...refused(`kernel ${name ?? id} is what ${listed(users)} boot by`), code: 'held' }
    if (isLast && users.length > 0) {
      return { ...refused(`image ${name ?? id} is what disks of ${listed(users)} are made of`), code: 'held' }
    }
    if (name !== undefined && name === ref) await this.#options.store.write((transaction) => unnameImage(transaction, name))
    else if (name !== undefined) return refused(`image ${id} is called ${name}: remove it by that name`)
    for (const each of [id, ...(initrd ? [initrd.id] : [])])
      if (!others.some((one) => one.image === each || one.initrd === each)) await this.folder.remove(each)
    this.checks.forget(id)
    return { kind: 'done', value: null }
  }

  /** Begins to, or says how far it is; one image after the other. */
  async verify(ref: string, by: string): Promise<Done<ShownImage>> {
    const found = await this.find(ref)
    if (found.kind !== 'done') return found
    const { id, name = id.slice(0, 12), present, initrd } = found.value
    if (!present) return refused(`the content of image ${ref} is not on this manager: add it again`)
    this.checks.begin({ image: id, name, by, ...(initrd ? { also: initrd.id } : {}) })
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

  async #keep(imported: Imported | ImportedKernel, { name, notes }: UploadAsk, by: string): Promise<Done<null>> {
    const { store, now } = this.#options
    const initrd = imported.format === 'kernel' ? imported.initrd?.id : undefined
    const taken = await store.write(async (transaction) => {
      const before = await namedImage(transaction, name)
      if (before) return before.image === imported.id && before.initrd === initrd ? undefined : before
      await nameImage(transaction, { name, image: imported.id, initrd, format: imported.format, notes, added: now(), by })
      return undefined
    })
    if (!taken) return { kind: 'done', value: null }
    const named = await allNamedImages(store.db)
    for (const id of [imported.id, ...(initrd === undefined ? [] : [initrd])])
      if (!named.some((each) => each.image === id || each.initrd === id)) await this.folder.remove(id)
    return refused(`there is another image ${name} already (${taken.image.slice(0, 12)}): take another name, or remove that one first`)
  }

  async #shown(id: string, named: NamedImage | undefined, all: ReadonlyMap<string, ImageFacts>): Promise<ShownImage> {
    const check = this.checks.of(id)
    const facts = all.get(id)
    const kind = kindOf(named?.format ?? facts?.kind)
    const initrd = named?.initrd === undefined ? undefined : { id: named.initrd, facts: all.get(named.initrd) }
    return {
      ...{ id, kind },
      ...(initrd ? { initrd: { id: initrd.id, sizeBytes: initrd.facts?.sizeBytes ?? 0 } } : {}),
      ...(named ? { name: named.name, format: named.format, added: named.added, by: named.by } : {}),
      notes: named?.notes ?? '',
      sizeBytes: facts?.sizeBytes ?? 0,
      keptBytes: (facts?.keptBytes ?? 0) + (initrd?.facts?.keptBytes ?? 0),
      users: await (kind === 'disk' ? this.#options.users(id) : this.#options.booters(named?.name ?? '')),
      present: facts !== undefined && (initrd === undefined || initrd.facts !== undefined),
      ...(check ? { check } : {}),
    }
  }
}

function kindOf(word: string | undefined): ShownImage['kind'] {
  return word === 'kernel' || word === 'initrd' ? word : 'disk'
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} others` : ''}`
}

function refused(reason: string): Refused {
  return { kind: 'refused', reason }
}
