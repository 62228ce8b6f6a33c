// RFC 9457: how the API says no. What a person reads is `detail`; nothing of the inside is in it.
import { type ServerResponse, STATUS_CODES } from 'node:http'
import { z } from 'zod'
import { storageFault } from '../store/trouble.ts'
import type { Problem } from './schema-access.ts'

export function problemOf(status: number, detail: string): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail }
}

export function writeProblem(
  response: ServerResponse,
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(status, { 'content-type': 'application/problem+json', ...headers }).end(JSON.stringify(problemOf(status, detail)))
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
