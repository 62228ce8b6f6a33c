// The body of a request: measured before it is read, its depth before it is parsed. What it may say is the route's to check.
import express, { type Request, type Response } from 'express'
import { isDeeperThan } from '../protocol/codec.ts'
import { hasBody } from './problem.ts'

const MOST_DEPTH = 16

export type Body =
  | { readonly kind: 'body'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly status: 415; readonly reason: string }

/** Rejects with the parser's own error; refusalOf knows them. A request without a body is taken for an empty object. */
export async function readBody(request: Request, response: Response, limit: number): Promise<Body> {
  if (!hasBody(request)) return { kind: 'body', value: {} }
  if (!request.is('application/json')) return { kind: 'refused', status: 415, reason: 'the body is to be application/json' }
  const read = express.json({ limit, inflate: false, strict: true, verify: checkDepth })
  await new Promise<void>((resolve, reject) => {
    read(request, response, (error?: unknown) => (error ? reject(error) : resolve()))
  })
  return { kind: 'body', value: request.body }
}

function checkDepth(_request: unknown, _response: unknown, bytes: Buffer): void {
  if (isDeeperThan(bytes, MOST_DEPTH)) throw Object.assign(new Error('too deep'), { status: 400, type: 'too.deep' })
}
