// One HTTPS request to the manager, as this host. The answer is measured while it comes.
import { request } from 'node:https'
import { z } from 'zod'
import type { ManagerAddress } from '../../../manager/protocol/appliance.ts'
import type { Identity } from './identity.ts'

/** Milliseconds without a byte. */
const PATIENCE = 15_000

export interface Asking {
  readonly path: string
  /** JSON to POST; left out: GET. */
  readonly body?: string
  /** Bytes of the answer. */
  readonly limit: number
  readonly localAddress?: string | undefined
  readonly signal: AbortSignal
}

export interface Answered {
  readonly status: number
  readonly bytes: Buffer
}

export function ask({ address, port, authority }: ManagerAddress, { certificates, key }: Identity, asking: Asking): Promise<Answered> {
  const { path, body, limit, localAddress, signal } = asking
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: address,
        port,
        path,
        method: body === undefined ? 'GET' : 'POST',
        ca: authority,
        cert: certificates,
        key: key.export({ type: 'pkcs8', format: 'pem' }),
        minVersion: 'TLSv1.3',
        ...(localAddress === undefined ? {} : { localAddress }),
        agent: false,
        timeout: PATIENCE,
        signal,
        headers: body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        const chunks: Buffer[] = []
        let length = 0
        response.on('data', (chunk: Buffer) => {
          length += chunk.length
          if (length > limit) asked.destroy(new Error('the answer is too long'))
          chunks.push(chunk)
        })
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(chunks) }))
      },
    )
    asked.on('error', reject)
    asked.on('timeout', () => asked.destroy(new Error('the manager does not answer')))
    asked.end(body)
  })
}

const problem = z.object({ detail: z.string().max(512) })

/** Why, of an answer that is a refusal (RFC 9457); empty where it does not say. */
export function reasonIn({ bytes }: Answered): string {
  try {
    return problem.parse(JSON.parse(bytes.toString('utf8'))).detail
  } catch {
    return ''
  }
}
