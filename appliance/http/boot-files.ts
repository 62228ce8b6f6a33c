// `GET|HEAD /g/<generation>/<file>`: the immutable files of an image generation, whole or a range (RFC 9110), and
// `/<loader>`: what UEFI HTTP boot starts with. Each answered GET is observed once, when its last byte has left or
// the client is gone.

import { pipeline, type Readable } from 'node:stream'
import type { Request, RequestHandler, Response } from 'express'
import { type Generation, parseGeneration } from '../wire/generation.ts'
import type { Log } from '../wire/log.ts'
import { peerOf, sendProblem } from './problem.ts'
import { selectRange } from './range.ts'

/** Nothing else in a generation's folder is for machines that boot. */
export const BOOT_FILES = ['xen', 'xen.efi', 'vmlinuz', 'initrd.img', 'root.squashfs'] as const
export type BootFile = (typeof BOOT_FILES)[number]

/** Served at the top: UEFI HTTP boot has no TFTP before it. So is what hosts boot once. */
export const HTTP_LOADERS = ['snponly.efi', 'ipxe.efi', 'memtest.bin', 'memtest.efi'] as const
export type HttpLoader = (typeof HTTP_LOADERS)[number]

/** served: the whole file · partial: the range that was asked for · not-found: no such generation, or it lacks this file */
export type FileOutcome = 'served' | 'partial' | 'not-found' | 'aborted' | 'failed'

export interface FileObservation {
  readonly peer: string
  /** Undefined for a boot loader. */
  readonly generation: Generation | undefined
  readonly file: BootFile | HttpLoader
  /** Handed to the connection; of an aborted download somewhat more than the client got. */
  readonly bytes: number
  readonly outcome: FileOutcome
  readonly milliseconds: number
}

export interface LocatedFile {
  readonly path: string
  /** In bytes. */
  readonly size: number
}

/** A regular file, open. `stream` closes it at its end, `close` without one. */
export interface OpenedFile {
  readonly size: number
  stream(first: number, last: number): Readable & { readonly bytesRead: number }
  close(): Promise<void>
}

export interface BootFilesOptions {
  readonly file: (generation: Generation, name: BootFile) => LocatedFile | undefined | Promise<LocatedFile | undefined>
  readonly loader: (name: HttpLoader) => LocatedFile | undefined | Promise<LocatedFile | undefined>
  readonly openFile: (path: string) => Promise<OpenedFile>
  readonly onFile: (observation: FileObservation) => void
  /** In milliseconds, of a clock that only rises. */
  readonly now: () => number
  readonly log: Log
}

type Wanted =
  | { readonly kind: 'component'; readonly generation: Generation; readonly name: BootFile }
  | { readonly kind: 'loader'; readonly generation?: undefined; readonly name: HttpLoader }
type FileParameters = { readonly generation?: string; readonly file: string }

/** The handler of both routes: with `:generation` the files of a generation, without it the loaders. */
export function bootFiles(options: BootFilesOptions): RequestHandler<FileParameters> {
  const { openFile, onFile, now, log } = options
  return async (request, response) => {
    const startedAt = now()
    const wanted = wantedBy(request.params)
    if (!wanted) return sendProblem(response, 404, 'nothing is served under this name')
    const { name, generation } = wanted

    const observe = (outcome: FileOutcome, bytes: number): void => {
      try {
        onFile({ peer: peerOf(request), generation, file: name, bytes, outcome, milliseconds: Math.round(now() - startedAt) })
      } catch (error) {
        log.error({ error }, 'HTTP: a download could not be recorded')
      }
    }
    const located = await (wanted.kind === 'loader' ? options.loader(wanted.name) : options.file(wanted.generation, wanted.name))
    if (!located) {
      observe('not-found', 0)
      return sendProblem(response, 404, generation ? `generation ${generation} is not here, or has no ${name}` : `${name} is not installed`)
    }
    try {
      const opened = await openFile(located.path)
      if (opened.size !== located.size) {
        await opened.close()
        throw new Error(`${located.path} has ${opened.size} bytes instead of ${located.size}`)
      }
      // A loader changes with its package, under the same name.
      const [etag, caching] = generation
        ? [`"${generation}-${name}"`, 'public, max-age=31536000, immutable']
        : [`"${located.size}-${name}"`, 'no-cache']
      response.set('Cache-Control', caching)
      await answer(request, response, opened, etag, observe)
    } catch (error) {
      observe('failed', 0)
      throw error
    }
  }

  async function answer(
    request: Request<FileParameters>,
    response: Response,
    opened: OpenedFile,
    etag: string,
    observe: (outcome: FileOutcome, bytes: number) => void,
  ): Promise<void> {
    const selection = selectRange(request.get('range'), request.get('if-range'), opened.size, etag)
    if (selection.kind === 'unsatisfiable') {
      await opened.close()
      response.set('Content-Range', `bytes */${opened.size}`)
      return sendProblem(response, 416, `the file has ${opened.size} bytes`)
    }
    const [first, last] = selection.kind === 'part' ? [selection.first, selection.last] : [0, opened.size - 1]
    const length = last - first + 1
    response.set({
      'Accept-Ranges': 'bytes',
      'Content-Length': String(length),
      'Content-Type': 'application/octet-stream',
      ETag: etag,
    })
    if (selection.kind === 'part') response.status(206).set('Content-Range', `bytes ${first}-${last}/${opened.size}`)
    if (request.method === 'HEAD' || length === 0) {
      await opened.close()
      response.end()
      if (request.method !== 'HEAD') observe('served', 0)
      return
    }
    const stream = opened.stream(first, last)
    pipeline(stream, response, (error) => {
      if (!error && stream.bytesRead === length) return observe(selection.kind === 'part' ? 'partial' : 'served', length)
      const pending = response.writableLength
      request.socket.destroy() // the client must not wait for bytes that Content-Length promised
      const ownFault = !error || isReadFault(error)
      if (ownFault) log.error({ error, etag, bytes: stream.bytesRead }, 'HTTP: a boot file could not be read to its end')
      observe(ownFault ? 'failed' : 'aborted', Math.max(0, stream.bytesRead - pending))
    })
  }
}

function wantedBy({ generation: text, file }: FileParameters): Wanted | undefined {
  if (text === undefined) {
    const name = HTTP_LOADERS.find((known) => known === file)
    return name && { kind: 'loader', name }
  }
  const generation = parseGeneration(text)
  const name = BOOT_FILES.find((known) => known === file)
  return generation && name && { kind: 'component', generation, name }
}

/** A connection that is reset ends the pipeline with ERR_STREAM_PREMATURE_CLOSE instead. */
function isReadFault(error: NodeJS.ErrnoException): boolean {
  return error.syscall === 'read'
}
