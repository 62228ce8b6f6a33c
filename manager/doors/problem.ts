// RFC 9457: how the API says no. What a person reads is `detail`; nothing of the inside is in it.
import { type ServerResponse, STATUS_CODES } from 'node:http'
import { z } from 'zod'
import type { Problem } from '../contract/problem.ts'
import type { ProblemCode } from '../outcome.ts'
import { storageFault } from '../store/trouble.ts'

/** What is said of a refusal: a reason for people, and a code where programs are to tell it from others. */
export type Said = string | { readonly reason: string; readonly code?: ProblemCode }

export function problemOf(status: number, said: Said): Problem {
  const { reason, code } = typeof said === 'string' ? { reason: said } : said
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail: reason, ...(code === undefined ? {} : { code }) }
}

export function writeProblem(response: ServerResponse, status: number, said: Said, headers: Readonly<Record<string, string>> = {}): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(status, { 'content-type': 'application/problem+json', ...headers }).end(JSON.stringify(problemOf(status, said)))
}

/** Errors of express: of a path, say, that cannot be decoded. */
const refusal = z.object({ status: z.number().int().min(400).max(499) })

/** Undefined for a fault of ours. */
export function refusalOf(error: unknown): { readonly status: number; readonly reason: string } | undefined {
  const fault = storageFault(error)
  if (fault) return fault
  const read = refusal.safeParse(error)
  return read.success ? { status: read.data.status, reason: 'this is no request that is understood here' } : undefined
}
