// One reader of the host list over HTTPS: once a second all of it, and right after that with its tag, which is to be answered 304.
import { Agent, request } from 'node:https'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { ManagerAddress } from '../../manager/protocol/appliance.ts'

const PERIOD = 1000

export interface Polled {
  /** Milliseconds to the last byte. */
  readonly full: readonly number[]
  readonly unchanged: readonly number[]
}

export async function pollHosts({ address: host, port, authority }: ManagerAddress, token: string, milliseconds: number): Promise<Polled> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: authority })
  const [full, unchanged]: [number[], number[]] = [[], []]
  const get = (tag: string | undefined) =>
    new Promise<{ readonly status: number | undefined; readonly tag: string | undefined; readonly took: number }>((resolve, reject) => {
      const started = performance.now()
      const headers = { authorization: `Bearer ${token}`, ...(tag === undefined ? {} : { 'if-none-match': tag }) }
      const asked = request({ agent, host, port, path: '/api/v1/hosts', headers }, (response) => {
        response.resume()
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode, tag: response.headers.etag, took: performance.now() - started }))
      })
      asked.on('error', reject)
      asked.end()
    })
  try {
    const end = performance.now() + milliseconds
    while (performance.now() < end) {
      const next = performance.now() + PERIOD
      const all = await get(undefined)
      if (all.status !== 200) throw new Error(`the host list was answered with HTTP ${all.status}`)
      full.push(all.took)
      // A host that reports in between makes it a list anew: that one is left out.
      const again = await get(all.tag)
      if (again.status === 304) unchanged.push(again.took)
      await delay(Math.max(0, next - performance.now()))
    }
    return { full, unchanged }
  } finally {
    agent.destroy()
  }
}
