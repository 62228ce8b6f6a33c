// The body of a request: measured before it is read, its depth before it is parsed. What it may say is the route's to check.
import type { Request, Response } from 'express'
import { hasBody, readBytes } from '../../../appliance/wire/http-body.ts'
import { isDeeperThan } from '../../protocol/codec.ts'

const MOST_DEPTH = 16

export type Body =
  | { readonly kind: 'body'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly status: 400 | 413 | 415; readonly reason: string }

/** `limit`: bytes. A request without a body is taken for an empty object. */
export async function readBody(request: Request, response: Response, limit: number): Promise<Body> {
  if (!hasBody(request)) return { kind: 'body', value: {} }
  const foreign = foreignIn(request)
  if (foreign !== undefined) return refused(415, foreign)
  const read = await readBytes(request, response, limit)
  switch (read.kind) {
    case 'too-long':
      return refused(413, `the body has more than the ${limit} bytes that are taken here`)
    case 'broken-off':
      return refused(400, 'the body ended before its end')
    case 'bytes':
      return parse(read.bytes)
  }
}

/** `limit`: bytes, all of which are held in memory. */
export async function readOctets(request: Request, response: Response, limit: number): Promise<Body> {
  if (hasBody(request) && !request.is('application/octet-stream')) return refused(415, 'the body is to be application/octet-stream')
  const read = await readBytes(request, response, limit)
  switch (read.kind) {
    case 'too-long':
      return refused(413, `the body has more than the ${limit} bytes that are taken here`)
    case 'broken-off':
      return refused(400, 'the body ended before its end')
    case 'bytes':
      return { kind: 'body', value: read.bytes }
  }
}

function foreignIn(request: Request): string | undefined {
  if (!request.is('application/json')) return 'the body is to be application/json'
  if ((request.headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') return 'the body is compressed: send it as it is'
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(request.headers['content-type'] ?? '') ?? []
  return /^utf-?8$/i.test(charset) ? undefined : 'the body is not in UTF-8'
}

function parse(bytes: Buffer): Body {
  if (bytes.length === 0) return { kind: 'body', value: {} }
  if (isDeeperThan(bytes, MOST_DEPTH)) return refused(400, 'the body is nested too deep')
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8').replace(/^\ufeff/, ''))
    if (typeof value === 'object' && value !== null) return { kind: 'body', value }
  } catch {
    // As below: the parser's words repeat what came.
  }
  return refused(400, 'the body is no JSON object')
}

function refused(status: 400 | 413 | 415, reason: string): Body {
  return { kind: 'refused', status, reason }
}
