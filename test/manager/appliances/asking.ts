// The plan, as an appliance asks for it.
import { request } from 'node:https'
import type { Site } from '../site.ts'

/** As an appliance does. */
export function askPlan(
  { address, secret }: Site,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly etag: string; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: address.address,
        port: address.port,
        ca: address.authority,
        path: `/appliance/plan/${'a'.repeat(16)}`,
        agent: false,
        headers: { authorization: `Bearer ${secret}`, ...headers },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: response.statusCode ?? 0, etag: response.headers.etag ?? '', text })
        })
      },
    )
    asked.on('error', reject)
    asked.end()
  })
}
