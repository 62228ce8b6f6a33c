// Files that become images: sent in pieces, then read by one import after the other. What is bounded: how many at once, their size, how
// long one may rest, and how many that have ended are remembered.

import type { Log } from '../../appliance/wire/log.ts'
import type { After } from '../../appliance/wire/timers.ts'
import type { Done, Refused } from '../outcome.ts'
import { MOST_KERNEL_BYTES } from '../protocol/guest-kernel.ts'
import type { ImageFolder } from './files/folder.ts'
import { type Imported, importFile, type SourceFormat } from './files/import.ts'
import { type ImportedKernel, importKernel } from './files/kernel.ts'
import { StagedFile } from './files/staged.ts'
import { tooLarge } from './formats.ts'
import type { UploadNews } from './news.ts'
import { UnfitImage } from './unfit.ts'

const MOST_OPEN = 4
const MOST_ENDED = 32
const MOST_PIECES = 1 << 18
/** Without a piece, ms. */
const PATIENCE = 10 * 60_000

export interface UploadAsk {
  readonly name: string
  readonly sizeBytes: number
  readonly format?: SourceFormat | 'kernel' | undefined
  /** Of a kernel: so many of its bytes are it, those behind them its initrd. */
  readonly kernelBytes?: number | undefined
  readonly notes: string
}

export interface UploadShown {
  readonly id: string
  readonly name: string
  readonly sizeBytes: number
  readonly state: 'receiving' | 'importing' | 'done' | 'failed'
  readonly receivedBytes: number
  readonly doneBytes: number
  readonly image?: string
  readonly reason?: string
}

export interface UploadsOptions {
  readonly folder: ImageFolder
  readonly mostBytes: number
  /** 16 of a-z and 0-9. */
  readonly newId: () => string
  readonly after: After
  readonly log: Log
  readonly tell: (news: UploadNews) => void
  /** Names it, in one commit; a refusal takes its content away again. */
  readonly keep: (imported: Imported | ImportedKernel, ask: UploadAsk, by: string) => Promise<Done<null>>
}

type Stage =
  | { readonly kind: 'receiving'; readonly file: StagedFile; rest: () => void }
  | { readonly kind: 'importing'; readonly file: StagedFile; readonly stop: AbortController; read: Reading | undefined }
  | { readonly kind: 'done'; readonly image: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly how?: 'cancelled' }

/** Undefined: another file is read first. Bytes. */
interface Reading {
  readonly done: number
  /** Left out: not known yet. */
  readonly of?: number
}

interface Upload {
  readonly id: string
  readonly ask: UploadAsk
  readonly by: string
  receivedBytes: number
  stage: Stage
  /** Why it ends before it is an image. */
  calledOff?: string
}

export class Uploads {
  readonly #options: UploadsOptions
  readonly #uploads = new Map<string, Upload>()
  readonly #stop = new AbortController()
  #opening = 0
  #imports: Promise<void> = Promise.resolve()

  constructor(options: UploadsOptions) {
    this.#options = options
  }

  async begin(ask: UploadAsk, by: string): Promise<Done<UploadShown>> {
    const { folder, mostBytes, newId } = this.#options
    const fault = faultOf(ask, mostBytes)
    if (fault) return fault
    const open = [...this.#uploads.values()].filter(({ stage }) => stage.kind === 'receiving' || stage.kind === 'importing')
    if (open.length + this.#opening >= MOST_OPEN) {
      return {
        ...refused(`${MOST_OPEN} files are on their way already: ${open.map(({ ask: { name } }) => name).join(', ')}`, 429),
        retryAfter: 30,
      }
    }
    this.#opening += 1
    try {
      const file = await StagedFile.create(folder, ask.sizeBytes)
      const id = newId()
      const upload: Upload = { id, ask, by, receivedBytes: 0, stage: { kind: 'receiving', file, rest: () => {} } }
      this.#uploads.set(id, upload)
      this.#wait(upload)
      this.#tell(upload)
      return { kind: 'done', value: shown(upload) }
    } finally {
      this.#opening -= 1
    }
  }

  async piece(id: string, at: number, bytes: Uint8Array): Promise<Done<UploadShown>> {
    const upload = this.#uploads.get(id)
    if (!upload) return missing(id)
    const { stage, ask } = upload
    if (stage.kind !== 'receiving') return refused(`upload ${id} takes nothing more: ${stateOf(stage)}`)
    if (at + bytes.length > ask.sizeBytes)
      return refused(`byte ${at + bytes.length} lies behind the end of a file of ${ask.sizeBytes}`, 400)
    if (stage.file.pieces >= MOST_PIECES) return refused(`upload ${id} comes in more than ${MOST_PIECES} pieces: send larger ones`, 400)
    this.#wait(upload)
    try {
      await stage.file.write(at, bytes)
    } catch (error) {
      if (error instanceof UnfitImage) return refused(error.message)
      throw error
    }
    upload.receivedBytes = stage.file.received
    if (upload.stage.kind === 'receiving') this.#tell(upload)
    return { kind: 'done', value: shown(upload) }
  }

  /** The same again, once it is importing, changes nothing. */
  async finish(id: string, sentBytes: number): Promise<Done<UploadShown>> {
    const upload = this.#uploads.get(id)
    if (!upload) return missing(id)
    const { stage } = upload
    if (stage.kind !== 'receiving') return { kind: 'done', value: shown(upload) }
    if (upload.receivedBytes !== sentBytes) return refused(`${upload.receivedBytes} of ${sentBytes} bytes have come: send the others again`)
    stage.rest()
    upload.stage = { kind: 'importing', file: stage.file, stop: new AbortController(), read: undefined }
    this.#tell(upload)
    this.#imports = this.#imports.then(() => this.#import(upload))
    return { kind: 'done', value: shown(upload) }
  }

  show(id: string): Done<UploadShown> {
    const upload = this.#uploads.get(id)
    return upload ? { kind: 'done', value: shown(upload) } : missing(id)
  }

  async abandon(id: string): Promise<Done<null>> {
    const upload = this.#uploads.get(id)
    if (!upload) return missing(id)
    if (upload.stage.kind === 'importing') return refused(`upload ${id} becomes an image already: remove that, once it is one`)
    await this.#end(upload, { kind: 'failed', reason: 'it was given up' })
    this.#uploads.delete(id)
    return { kind: 'done', value: null }
  }

  /** Also while it is being made an image. What was sent goes; it is over when nothing reads that any more. */
  cancel(id: string, who: string): Done<null> {
    const upload = this.#uploads.get(id)
    if (!upload) return missing(id)
    const { stage } = upload
    if (stage.kind !== 'receiving' && stage.kind !== 'importing') return refused(`upload ${id} has ended: ${stateOf(stage)}`)
    upload.calledOff = `${who} has cancelled it`
    if (stage.kind === 'importing' && stage.read) stage.stop.abort()
    else void this.#end(upload, { kind: 'failed', how: 'cancelled', reason: upload.calledOff })
    return { kind: 'done', value: null }
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#imports
    for (const upload of this.#uploads.values()) await this.#end(upload, { kind: 'failed', reason: 'the manager has stopped' })
  }

  async #import(upload: Upload): Promise<void> {
    const { folder, mostBytes, keep, log } = this.#options
    const { stage, ask, by } = upload
    if (stage.kind !== 'importing') return
    stage.read = { done: 0 }
    try {
      await stage.file.close()
      const signal = AbortSignal.any([this.#stop.signal, stage.stop.signal])
      const onProgress = (done: number, of: number) => {
        stage.read = { done, of }
        this.#tell(upload)
      }
      const options = { folder, mostBytes, workFolder: stage.file.workFolder, signal, onProgress }
      const { format, kernelBytes = ask.sizeBytes } = ask
      const imported =
        format === 'kernel'
          ? await importKernel(stage.file.path, kernelBytes, options)
          : await importFile(stage.file.path, { ...options, format })
      const kept = await keep(imported, ask, by)
      await this.#end(upload, kept.kind === 'done' ? { kind: 'done', image: imported.id } : { kind: 'failed', reason: kept.reason })
    } catch (error) {
      if (upload.calledOff !== undefined) return this.#end(upload, { kind: 'failed', how: 'cancelled', reason: upload.calledOff })
      if (!(error instanceof UnfitImage) && !this.#stop.signal.aborted)
        log.error({ name: ask.name, error }, 'a file could not be made an image')
      const reason = error instanceof UnfitImage ? error.message : 'the manager could not read or keep it: its log says why'
      await this.#end(upload, { kind: 'failed', reason })
    }
  }

  #tell(upload: Upload): void {
    this.#options.tell(newsOf(upload))
  }

  #wait(upload: Upload): void {
    const { stage } = upload
    if (stage.kind !== 'receiving') return
    stage.rest()
    stage.rest = this.#options.after(PATIENCE, () => {
      void this.#end(upload, { kind: 'failed', reason: `nothing more of it has come for ${PATIENCE / 60_000} minutes` })
    })
  }

  async #end(upload: Upload, stage: Extract<Stage, { kind: 'done' | 'failed' }>): Promise<void> {
    const before = upload.stage
    if (before.kind === 'done' || before.kind === 'failed') return
    if (before.kind === 'receiving') before.rest()
    upload.stage = stage
    this.#tell(upload)
    await before.file.discard().catch((error: unknown) => this.#options.log.error({ error }, 'what was sent could not be removed'))
    const ended = [...this.#uploads.values()].filter(({ stage: { kind } }) => kind === 'done' || kind === 'failed')
    for (const { id } of ended.slice(0, -MOST_ENDED)) this.#uploads.delete(id)
  }
}

/** Why it is not even begun with. */
function faultOf({ sizeBytes, format, kernelBytes }: UploadAsk, mostBytes: number): Refused | undefined {
  if (format !== 'kernel') {
    if (kernelBytes !== undefined) return refused('kernelBytes is said of a kernel: format: kernel', 400)
    return sizeBytes > mostBytes ? refused(tooLarge(sizeBytes, mostBytes), 413) : undefined
  }
  const kernel = kernelBytes ?? sizeBytes
  if (kernel > sizeBytes) return refused(`a kernel of ${kernel} bytes does not lie in a file of ${sizeBytes}`, 400)
  for (const [what, bytes] of [['kernel', kernel] as const, ['initrd', sizeBytes - kernel] as const])
    if (bytes > MOST_KERNEL_BYTES)
      return refused(
        `the ${what} has ${bytes} bytes, and at most ${MOST_KERNEL_BYTES} are taken: it lies in the RAM of each host that runs a guest with it`,
        413,
      )
  return undefined
}

function newsOf({ id, ask: { name, sizeBytes }, by, receivedBytes, stage }: Upload): UploadNews {
  const of = { kind: 'upload', id, name, by } as const
  switch (stage.kind) {
    case 'receiving':
      return { ...of, stage: { kind: 'under way', phase: 'receive', done: receivedBytes, total: sizeBytes } }
    case 'importing':
      return { ...of, stage: { kind: 'under way', phase: 'import', done: stage.read?.done ?? 0, total: stage.read?.of ?? sizeBytes } }
    case 'done':
      return { ...of, stage: { kind: 'done' } }
    case 'failed':
      return { ...of, stage: { kind: stage.how ?? 'failed', reason: stage.reason } }
  }
}

function shown({ id, ask: { name, sizeBytes }, receivedBytes, stage }: Upload): UploadShown {
  const doneBytes = stage.kind === 'importing' ? (stage.read?.done ?? 0) : stage.kind === 'done' ? sizeBytes : 0
  return {
    ...{ id, name, sizeBytes, state: stage.kind, receivedBytes, doneBytes },
    ...(stage.kind === 'done' ? { image: stage.image } : {}),
    ...(stage.kind === 'failed' ? { reason: stage.reason } : {}),
  }
}

function stateOf(stage: Stage): string {
  return stage.kind === 'failed' ? stage.reason : stage.kind === 'importing' ? 'it is being made an image' : 'it is an image'
}

function refused(reason: string, status?: Refused['status']): Refused {
  return { kind: 'refused', reason, ...(status === undefined ? {} : { status }) }
}

function missing(id: string): { readonly kind: 'missing'; readonly reason: string } {
  return { kind: 'missing', reason: `there is no upload ${id}: the manager has been restarted, or it has ended long ago` }
}
