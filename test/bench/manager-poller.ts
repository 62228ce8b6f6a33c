// One reader of the host list over HTTPS: once a second a page of it, one after the other, and right after that with its tag, which is to be
// answered 304.
import { Agent, request } from 'node:https'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { ManagerAddress } from '../../manager/protocol/appliance.ts'

const PERIOD = 1000
const PATH = '/api/v1/hosts'

interface Answer {
  readonly status: number | undefined
  readonly tag: string | undefined
  readonly text: string
  /** Milliseconds to the last byte. */
  readonly took: number
}

export interface Polled {
  /** Milliseconds to the last byte. */
  readonly full: readonly number[]
  readonly unchanged: readonly number[]
}

export async function pollHosts({ address: host, port, authority }: ManagerAddress, token: string, milliseconds: number): Promise<Polled> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: authority })
  const [full, unchanged]: [number[], number[]] = [[], []]
  const get = (path: string, tag: string | undefined) =>
    new Promise<Answer>((resolve, reject) => {
      const started = performance.now()
      const headers = { authorization: `Bearer ${token}`, ...(tag === undefined ? {} : { 'if-none-match': tag }) }
      const asked = request({ agent, host, port, path, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const took = performance.now() - started
          resolve({ status: response.statusCode, tag: response.headers.etag, text: Buffer.concat(chunks).toString(), took })
        })
      })
      asked.on('error', reject)
      asked.end()
    })
  try {
    const end = performance.now() + milliseconds
    let path = PATH
    while (performance.now() < end) {
      const due = performance.now() + PERIOD
      const all = await get(path, undefined)
      if (all.status !== 200) throw new Error(`the host list was answered with HTTP ${all.status}`)
      full.push(all.took)
      // A host that reports in between makes it a list anew: that one is left out.
      const again = await get(path, all.tag)
      if (again.status === 304) unchanged.push(again.took)
      const { next } = JSON.parse(all.text) as { readonly next?: string }
      path = next === undefined ? PATH : `${PATH}?after=${encodeURIComponent(next)}`
      await delay(Math.max(0, due - performance.now()))
    }
    return { full, unchanged }
  } finally {
    agent.destroy()
  }
}
