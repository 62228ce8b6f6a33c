// One request to the manager, over TLS that only its own authority can speak; bounded in time and in bytes. Never rejects.
import { request } from 'node:https'
import type { Answer } from './answer.ts'
import type { ManagerPlace } from './place.ts'

export interface Ask {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Milliseconds until the whole answer is there. */
  readonly patience: number
  /** Bytes of an answer. */
  readonly limit: number
  readonly signal: AbortSignal
}

export function askManager({ address, port }: ManagerPlace, authority: string, ask: Ask): Promise<Answer> {
  const { method, path, headers, body, patience, limit } = ask
  const signal = AbortSignal.any([ask.signal, AbortSignal.timeout(patience)])
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException) => {
      if (error.name === 'AbortError') resolve({ kind: 'failed', code: 'ETIMEDOUT', message: `none within ${patience / 1000} s` })
      else resolve({ kind: 'failed', code: error.code ?? '', message: error.message })
    }
    try {
      const tls = { ca: authority, minVersion: 'TLSv1.3', agent: false } as const
      const asked = request({ host: address, port, method, path, headers, signal, ...tls }, (response) => {
        const chunks: Buffer[] = []
        let length = 0
        response.on('error', fail)
        response.on('data', (chunk: Buffer) => {
          length += chunk.length
          chunks.push(chunk)
          if (length <= limit) return
          resolve({ kind: 'failed', code: 'E2BIG', message: `more than ${limit} bytes came` })
          response.destroy()
        })
        response.on('end', () => {
          const { statusCode: status = 0, headers: told } = response
          resolve({ kind: 'answer', status, text: Buffer.concat(chunks).toString('utf8'), etag: told.etag })
        })
      })
      asked.on('error', fail)
      asked.end(body)
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)))
    }
  })
}
