// What the issuer is asked by, over HTTPS: no longer than ten seconds, no more than a megabyte, and no plain HTTP but to this machine.
import { isIP } from 'node:net'

/** Of one request with its answer, ms. */
export const PATIENCE = 10_000
export const MOST_BYTES = 1 << 20

/** No answer, or none that may be read. */
export class IssuerFault extends Error {
  override readonly name = 'IssuerFault'
  readonly kind: 'unreachable' | 'slow' | 'too-long' | 'plain' | 'other'

  constructor(kind: IssuerFault['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** Whether nobody on the way can read or change what goes there. Pure. */
export function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

function isLoopback(hostname: string): boolean {
  return hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'))
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: RequestInit['body'] | undefined
  /** Redirects are not followed. */
  readonly redirect?: 'manual'
  readonly signal?: AbortSignal | undefined
}

/** Rejects with IssuerFault. The answer's body is read. */
export async function fetchBounded(address: string, { signal, body, ...asked }: Asked = {}, patience = PATIENCE): Promise<Response> {
  const url = new URL(address)
  if (!isSafe(url)) throw new IssuerFault('plain', `${url.origin} is no https: address`)
  const late = AbortSignal.timeout(patience)
  try {
    const until = signal ? AbortSignal.any([signal, late]) : late
    const response = await fetch(url, { ...asked, redirect: 'manual', signal: until, ...(body === undefined ? {} : { body }) })
    const bytes = await readAll(response)
    const headers = new Headers(response.headers)
    headers.delete('content-encoding')
    return new Response(bytes.length === 0 ? null : bytes, { status: response.status, headers })
  } catch (error) {
    if (error instanceof IssuerFault) throw error
    if (late.aborted || (error instanceof DOMException && error.name === 'TimeoutError'))
      throw new IssuerFault('slow', `${url.origin} has not answered within ${patience / 1000} s`, { cause: error })
    throw new IssuerFault('unreachable', `${url.origin} cannot be reached: ${reasonOf(error)}`, { cause: error })
  }
}

async function readAll({ body }: Response): Promise<Buffer> {
  if (!body) return Buffer.alloc(0)
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving the loop ends the connection.
  for await (const chunk of body) {
    size += chunk.length
    if (size > MOST_BYTES) throw new IssuerFault('too-long', `its answer has more than ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** `ECONNREFUSED`, or what is said instead. */
function reasonOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : {}
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return cause instanceof Error ? cause.message : String(error)
}
