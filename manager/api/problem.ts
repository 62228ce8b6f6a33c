// RFC 9457: how the API says no. What a person reads is `detail`; nothing of the inside is in it.
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { z } from 'zod'
import type { Problem, ProblemCode } from './schema-access.ts'

/** What is said of a refusal: a reason for people, and a code where programs are to tell it from others. */
export type Said = string | { readonly reason: string; readonly code?: ProblemCode }

export function problemOf(status: number, said: Said): Problem {
  const { reason, code } = typeof said === 'string' ? { reason: said } : said
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail: reason, ...(code === undefined ? {} : { code }) }
}

/** What is left of a body is thrown away as it comes, so that the client comes to read the answer. */
const MOST_THROWN_AWAY = 1 << 20

/** A long or endless body that nobody has read ends the connection. */
export function writeProblem(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  said: Said,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) return void response.destroy()
  const isEndless = Number(request.headers['content-length'] ?? MOST_THROWN_AWAY + 1) > MOST_THROWN_AWAY
  const unread = hasBody(request) && !request.complete
  if (unread && !isEndless) request.resume()
  response
    .writeHead(status, { 'content-type': 'application/problem+json', ...(unread && isEndless ? { connection: 'close' } : {}), ...headers })
    .end(JSON.stringify(problemOf(status, said)))
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Errors of express and its body parser; they say what of the request they are about. */
const refusal = z.object({ status: z.number().int().min(400).max(499), type: z.string().default('') })

/** Undefined for a fault of ours. */
export function refusalOf(error: unknown, limit: number): { readonly status: number; readonly reason: string } | undefined {
  const read = refusal.safeParse(error)
  if (!read.success) return undefined
  const { status, type } = read.data
  switch (type) {
    case 'entity.too.large':
      return { status, reason: `the body has more than the ${limit} bytes that are taken here` }
    case 'entity.parse.failed':
      return { status, reason: 'the body is no JSON object' }
    case 'encoding.unsupported':
      return { status, reason: 'the body is compressed: send it as it is' }
    case 'charset.unsupported':
      return { status, reason: 'the body is not in UTF-8' }
    case 'request.size.invalid':
    case 'request.aborted':
      return { status, reason: 'the body ended before its end' }
    case 'too.deep':
      return { status, reason: 'the body is nested too deep' }
    default:
      return { status, reason: 'this is no request that is understood here' }
  }
}
