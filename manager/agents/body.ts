// Bodies of requests that are no API's, and the one form of refusal: a body is measured before it is read.
import type { IncomingMessage, ServerResponse } from 'node:http'
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
