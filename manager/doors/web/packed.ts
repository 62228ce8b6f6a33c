// Answers by gzip, for browsers that take it: a page of a thousand hosts is a tenth of itself. Only what a GET is answered with: what is
// told once, in answer to a form, has secrets in it, and is sent as it is. The one secret of a page is masked (csrf-mask.ts).
import type { Writable } from 'node:stream'
import { promisify } from 'node:util'
import { createGzip, gzip } from 'node:zlib'
import type { Response } from 'express'

const pack = promisify(gzip)
/** Bytes below which it is not worth the while. */
const SMALL = 2048

function isPacked(response: Response): boolean {
  const { req: request } = response
  response.vary('Accept-Encoding')
  return request.method === 'GET' && request.acceptsEncodings('gzip') === 'gzip'
}

export async function sendPacked(response: Response, text: string): Promise<void> {
  if (text.length < SMALL || !isPacked(response)) return void response.send(text)
  const bytes = await pack(text)
  response.set('Content-Encoding', 'gzip').send(bytes)
}

/** To write a long answer to, piece by piece; `flush`: what was written so far leaves. */
export function packing(response: Response): { readonly out: Writable; readonly flush: () => void } {
  if (!isPacked(response)) return { out: response, flush: () => {} }
  response.set('Content-Encoding', 'gzip')
  const out = createGzip()
  out.on('error', () => response.destroy())
  response.on('close', () => out.destroy())
  out.pipe(response)
  return { out, flush: () => out.flush() }
}

const packed = new WeakMap<Buffer, Promise<Buffer>>()

/** Of what never changes: packed once. */
export async function sendKept(response: Response, content: Buffer): Promise<void> {
  if (content.length < SMALL || !isPacked(response)) return void response.send(content)
  const known = packed.get(content) ?? pack(content)
  packed.set(content, known)
  response.set('Content-Encoding', 'gzip').send(await known)
}
