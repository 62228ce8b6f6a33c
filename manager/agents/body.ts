// Bodies of requests that are no API's, and the one form of refusal: a body is measured before it is read.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { z } from 'zod'
import { readBytes } from '../../appliance/wire/http-body.ts'

type Body<Value> =
  | { readonly kind: 'body'; readonly value: Value }
  | { readonly kind: 'refused'; readonly status: 400 | 413; readonly reason: string }

export async function readBody<Value>(
  request: IncomingMessage,
  response: ServerResponse,
  limit: number,
  schema: z.ZodType<Value>,
): Promise<Body<Value>> {
  const read = await readBytes(request, response, limit)
  if (read.kind === 'too-long') return { kind: 'refused', status: 413, reason: `at most ${limit} bytes` }
  if (read.kind === 'broken-off') return { kind: 'refused', status: 400, reason: 'the body ended before its end' }
  let json: unknown
  try {
    json = JSON.parse(read.bytes.toString('utf8'))
  } catch {
    return { kind: 'refused', status: 400, reason: 'it is no JSON' }
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return { kind: 'body', value: parsed.data }
  const [issue] = parsed.error.issues
  return { kind: 'refused', status: 400, reason: `${issue?.path.join('.')}: ${issue?.message}`.slice(0, 300) }
}

/** RFC 9457. */
export function problem(response: ServerResponse, status: number, detail: string): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(status, { 'content-type': 'application/problem+json', connection: 'close' }).end(JSON.stringify({ status, detail }))
}

/** For a refusal to leave, ms. */
const LEAVING = 1000

/** Of an upgrade. Reasons of ours are ASCII without line ends, but for names: those are left out by the parsers of paths. */
export function refuse(socket: Duplex, status: number, reason: string): void {
  const body = JSON.stringify({ status, detail: reason })
  // A peer that does not take the answer, or does not close its side, holds nothing here.
  const leaving = setTimeout(() => socket.destroy(), LEAVING)
  socket.once('close', () => clearTimeout(leaving))
  socket.end(
    `HTTP/1.1 ${status} ${status === 401 || status === 403 ? 'Refused' : reason}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}
