// One HTTPS request to the manager, as this host. The answer is measured while it comes, or taken as it comes.
import type { IncomingMessage } from 'node:http'
import { type RequestOptions, request } from 'node:https'
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

export function ask(manager: ManagerAddress, identity: Identity, asking: Asking): Promise<Answered> {
  const { body, limit } = asking
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        ...optionsFor(manager, identity, asking),
        method: body === undefined ? 'GET' : 'POST',
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

/** GET, as it comes: no more is read than is taken. Whoever takes no more ends the connection. */
export async function* stream(
  manager: ManagerAddress,
  identity: Identity,
  asking: Omit<Asking, 'body' | 'limit'>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request({ ...optionsFor(manager, identity, asking), method: 'GET' }, resolve)
    asked.on('error', reject)
    asked.on('timeout', () => asked.destroy(new Error('the manager does not answer')))
    asked.end()
  })
  try {
    if (response.statusCode !== 200) throw new Unanswered(response.statusCode ?? 0, asking.path)
    for await (const chunk of response) yield bytesIn(chunk)
  } finally {
    response.destroy()
  }
}

/** Another status than 200. */
export class Unanswered extends Error {
  readonly status: number

  constructor(status: number, path: string) {
    super(`the manager answered ${path} with HTTP ${status}`)
    this.status = status
  }
}

function bytesIn(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  throw new Error('the answer is no bytes')
}

function optionsFor(
  { address, port, authority }: ManagerAddress,
  { certificates, key }: Identity,
  { path, localAddress, signal }: Pick<Asking, 'path' | 'localAddress' | 'signal'>,
): RequestOptions {
  return {
    host: address,
    port,
    path,
    ca: authority,
    cert: certificates,
    key: key.export({ type: 'pkcs8', format: 'pem' }),
    minVersion: 'TLSv1.3',
    ...(localAddress === undefined ? {} : { localAddress }),
    agent: false,
    timeout: PATIENCE,
    signal,
  }
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
