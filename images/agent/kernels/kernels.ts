// The files that guests of this host boot by: they come from the manager as disks' content does, block by block, each checked, and stay as
// long as a guest that is kept here boots by them, so that it is started again while the manager is away. The world is handed in.
import { filesOf, type KernelFile, type KernelFiles, MOST_KERNEL_BYTES_ON_HOST } from '../../../manager/protocol/guest-kernel.ts'
import type { GuestConfig } from '../../../manager/protocol/requests/guest-config.ts'
import type { Uuid } from '../../../manager/protocol/values.ts'
import type { Backend } from '../backend.ts'
import type { Images } from '../content/images.ts'
import { failureOf, type World } from '../requests/world.ts'
import type { Brought, Kernels, Watched } from './brought.ts'
import { bootPath, draftPath, filePath, isSameFiles, KERNELS_FOLDER, meantBy, notePath, readNote } from './places.ts'

type Means = Pick<World, 'backend' | 'files'>

/** Bytes of dom0's memory that nothing of this may take. */
const RESERVE = 64 << 20

/** What a guest boots by; undefined: by its own GRUB. */
export function kernelOf({ boot }: Pick<GuestConfig, 'boot'>): KernelFiles | undefined {
  if (boot.kind === 'grub') return undefined
  const { kernel, initrd } = boot
  return { kernel, ...(initrd ? { initrd } : {}) }
}

/** Why a guest cannot be made here by what lies here now. */
export async function lackOfKernel(backend: Pick<Backend, 'list' | 'readFile'>, guest: GuestConfig): Promise<string | undefined> {
  const files = kernelOf(guest)
  if (!files || (await isThere(backend, guest.uuid, files))) return undefined
  return `the kernel that ${guest.name} boots by is not on this host: it is brought before the guest comes`
}

export function openKernels(means: Means, images: Images): Kernels {
  return new KernelsOfHost(means, images)
}

class KernelsOfHost implements Kernels {
  readonly #means: Means
  readonly #images: Images
  /** By id: what is on its way. */
  readonly #coming = new Map<string, Promise<string | undefined>>()
  /** Notes, links and removals: one after the other. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(means: Means, images: Images) {
    this.#means = means
    this.#images = images
  }

  async bring(guest: Uuid, files: KernelFiles, watched: Watched): Promise<Brought> {
    if (await isThere(this.#means.backend, guest, files)) return { kind: 'brought', was: 'there' }
    const reason = (await this.#inTurn(() => this.#note(guest, files))) ?? (await this.#fetchAll(guest, files, watched))
    if (reason === undefined) return { kind: 'brought', was: 'not there' }
    await this.leave(guest)
    return { kind: 'failed', reason }
  }

  leave(guest: Uuid): Promise<'there' | 'not there'> {
    return this.#inTurn(async () => {
      const { backend, files } = this.#means
      const names = await backend.list(KERNELS_FOLDER)
      if (names.length === 0) return 'not there'
      for (const as of ['kernel', 'initrd'] as const) await files.remove(bootPath(guest, as))
      await files.remove(notePath(guest))
      await this.#sweep()
      return names.some((name) => name.startsWith(`${guest}.`)) ? 'there' : 'not there'
    })
  }

  #inTurn<Value>(act: () => Promise<Value>): Promise<Value> {
    const done = this.#turn.then(act)
    this.#turn = done.catch(() => undefined)
    return done
  }

  /** From now on they are in use. Why they cannot be; then nothing is written. */
  async #note(guest: Uuid, wanted: KernelFiles): Promise<string | undefined> {
    const { backend, files } = this.#means
    const noted = [...(await notes(backend))].flatMap(([of, one]) => (of === guest ? [] : filesOf(one)))
    const all = new Map([...noted, ...filesOf(wanted)].map(({ id, sizeBytes }) => [id, sizeBytes]))
    const sum = [...all.values()].reduce((before, bytes) => before + bytes, 0)
    if (sum > MOST_KERNEL_BYTES_ON_HOST)
      return `kernels of guests would take ${mib(sum)} of dom0's memory on this host, and may take ${mib(MOST_KERNEL_BYTES_ON_HOST)}`
    const there = await backend.list(KERNELS_FOLDER)
    const missing = filesOf(wanted).filter(({ id }) => !there.includes(id))
    const need = missing.reduce((before, { sizeBytes }) => before + sizeBytes, 0) + RESERVE
    const available = availableIn(await backend.read('/proc/meminfo'))
    if (missing.length > 0 && available !== undefined && available < need)
      return `its kernel needs ${mib(need)} of dom0's memory with what stays free, and ${mib(available)} are available`
    // What it booted by before is no more what it boots by, also for an agent after this one.
    for (const as of ['kernel', 'initrd'] as const) await files.remove(bootPath(guest, as))
    await files.write(notePath(guest), JSON.stringify(wanted), 0o600)
    return undefined
  }

  async #fetchAll(guest: Uuid, files: KernelFiles, watched: Watched): Promise<string | undefined> {
    for (const file of filesOf(files)) {
      const failure = await this.#once(file, watched)
      if (failure !== undefined) return `its ${file.as} does not come: ${failure}`
    }
    return this.#inTurn(() => this.#link(guest, files))
  }

  /** Whoever wants the same meanwhile waits for it, and fetches it himself where who came first was stopped. */
  async #once(file: KernelFile, watched: Watched): Promise<string | undefined> {
    for (let under = this.#coming.get(file.id); under; under = this.#coming.get(file.id)) await under
    if ((await this.#means.backend.list(KERNELS_FOLDER)).includes(file.id)) return undefined
    const under = this.#fetch(file, watched)
    this.#coming.set(file.id, under)
    return under.finally(() => this.#coming.delete(file.id))
  }

  async #fetch({ id, sizeBytes }: KernelFile, watched: Watched): Promise<string | undefined> {
    const { backend, files } = this.#means
    const image = await this.#images.open(id, watched.signal)
    if (image.kind === 'refused') return image.reason
    const draft = draftPath(id)
    try {
      if (image.sizeBytes !== sizeBytes) return `it has ${image.sizeBytes} bytes, and not the ${sizeBytes} that were told`
      // Of none of its bytes it is said that they are zero: with its last block it has its size.
      if (image.contentBytes !== sizeBytes) return 'it is no file of a kernel: blocks of it are left out'
      await files.write(draft, '', 0o600)
      const failure = await image.pour(draft, watched)
      return failure ?? (await failureOf(backend, ['ln', '-f', draft, filePath(id)]))
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      image.close()
      await files.remove(draft)
    }
  }

  async #link(guest: Uuid, wanted: KernelFiles): Promise<string | undefined> {
    const { backend } = this.#means
    for (const { id, as } of filesOf(wanted)) {
      const failure = await failureOf(backend, ['ln', '-f', filePath(id), bootPath(guest, as)])
      if (failure !== undefined) return failure
    }
    await this.#sweep()
    return undefined
  }

  /** What no note names goes; what stands in a note that cannot be read is not known, and nothing goes then. */
  async #sweep(): Promise<void> {
    const { backend, files } = this.#means
    const noted = await notes(backend)
    if (noted === UNREAD) return
    const used = new Set([...noted.values()].flatMap((one) => filesOf(one).map(({ id }) => id)))
    for (const name of await backend.list(KERNELS_FOLDER)) {
      const meant = meantBy(name)
      if (meant?.kind === 'file' && !used.has(meant.id)) await files.remove(`${KERNELS_FOLDER}/${name}`)
    }
  }
}

/** A note that could not be read: what is in use is not known. */
const UNREAD: ReadonlyMap<Uuid, KernelFiles> = new Map()

async function notes(backend: Pick<Backend, 'list' | 'readFile'>): Promise<ReadonlyMap<Uuid, KernelFiles>> {
  const found = new Map<Uuid, KernelFiles>()
  for (const name of await backend.list(KERNELS_FOLDER)) {
    const meant = meantBy(name)
    if (meant?.kind !== 'note') continue
    const note = await noteOf(backend, meant.guest)
    if (note === 'unread') return UNREAD
    if (note) found.set(meant.guest, note)
  }
  return found
}

async function noteOf(backend: Pick<Backend, 'readFile'>, guest: Uuid): Promise<KernelFiles | 'unread' | undefined> {
  const file = await backend.readFile(notePath(guest))
  if (file.kind === 'missing') return undefined
  return (file.kind === 'whole' ? readNote(file.text) : undefined) ?? 'unread'
}

async function isThere(backend: Pick<Backend, 'list' | 'readFile'>, guest: Uuid, files: KernelFiles): Promise<boolean> {
  const note = await noteOf(backend, guest)
  if (note === undefined || note === 'unread' || !isSameFiles(note, files)) return false
  const names = await backend.list(KERNELS_FOLDER)
  return filesOf(files).every(({ as }) => names.includes(`${guest}.${as}`))
}

function availableIn(meminfo: string | undefined): number | undefined {
  const [, kib] = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo ?? '') ?? []
  return kib === undefined ? undefined : Number(kib) * 1024
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`
}
