// Images of guests' disks, told to hosts: a list or a part of the content, as fast as the host takes it. Where they lie is not its business.
import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { imageId, MOST_BLOCKS } from '../protocol/disk-image.ts'
import { problem } from './body.ts'

export type ImagePart = { readonly kind: 'list' } | { readonly kind: 'content'; readonly from: number }

export type OpenedPart =
  | { readonly kind: 'opened'; readonly bytes: number; readonly pieces: AsyncIterable<Buffer>; readonly close: () => Promise<void> }
  | { readonly kind: 'refused'; readonly status: 404 | 416 | 500; readonly reason: string }

export interface DiskImages {
  open(id: string, part: ImagePart): Promise<OpenedPart>
}

/** A host makes one disk after the other, and a few seeds. */
const MOST_OF_A_HOST = 4
const MOST = 128
/** Milliseconds without a byte taken. */
const SILENCE = 60_000
const RETRY_AFTER = 5

export interface AskedPart {
  readonly id: string
  readonly part: ImagePart
}

/** Undefined: the path is none of these, or is not written exactly so. */
export function imagePathOf(url: string): AskedPart | undefined {
  const [, id, what, from] = /^\/agent\/disk-images\/([^/?]{1,64})\/(blocks|content\?from=(\d{1,7}))$/.exec(url) ?? []
  if (!imageId.safeParse(id).success || id === undefined) return undefined
  if (what === 'blocks') return { id, part: { kind: 'list' } }
  const first = Number(from)
  return first <= MOST_BLOCKS ? { id, part: { kind: 'content', from: first } } : undefined
}

export class ImageStreams {
  readonly #images: DiskImages
  readonly #open = new Map<string, number>()
  #all = 0

  constructor(images: DiskImages) {
    this.#images = images
  }

  /** Resolves when the host has all of it, or has gone; rejects when it cannot be given all, and the connection is to be cut. */
  async send(host: string, { id, part }: AskedPart, response: ServerResponse): Promise<void> {
    const open = this.#open.get(host) ?? 0
    if (open >= MOST_OF_A_HOST || this.#all >= MOST) {
      response.setHeader('retry-after', RETRY_AFTER)
      return problem(response, 429, open >= MOST_OF_A_HOST ? 'this host reads enough images already' : 'too many hosts read images now')
    }
    this.#count(host, 1)
    try {
      const opened = await this.#images.open(id, part)
      if (opened.kind === 'refused') return problem(response, opened.status, opened.reason)
      try {
        response.writeHead(200, {
          'content-type': part.kind === 'list' ? 'application/json' : 'application/octet-stream',
          'content-length': opened.bytes,
        })
        response.setTimeout(SILENCE, () => response.destroy())
        await pipeline(opened.pieces, response)
      } catch (error) {
        // The host has gone, or takes nothing more: it asks again from where it is.
        if (!isPremature(error)) throw error
      } finally {
        await opened.close()
      }
    } finally {
      this.#count(host, -1)
    }
  }

  #count(host: string, by: 1 | -1): void {
    const left = (this.#open.get(host) ?? 0) + by
    if (left === 0) this.#open.delete(host)
    else this.#open.set(host, left)
    this.#all += by
  }
}

function isPremature(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
}
