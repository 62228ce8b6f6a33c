// Devices of a simulated host as content is written to them: each write is a stamp of its bytes on the media below.
import { createHash } from 'node:crypto'
import type { Devices } from '../content/source.ts'
import { collision } from './state/claims.ts'
import { findDevice } from './state/devices.ts'
import { stampAt } from './state/io.ts'
import { hostOf, SECTOR, type Site } from './state/site.ts'

/** What the sectors of these bytes hold from then on. */
export function stampOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`
}

export function simulatedDevices(state: () => Site, change: (act: (site: Site) => Site) => void, host: string): Devices {
  return {
    async open(path) {
      const device = hostOf(state(), host).power === 'on' ? findDevice(state(), host, path) : undefined
      if (!device) throw new Error(`ENOENT: no such file or directory, open '${path}'`)
      if (collision(state(), host, device.kname, 'mount')) throw new Error(`EBUSY: resource busy or locked, open '${path}'`)
      return {
        async write(at, bytes) {
          if (at % SECTOR !== 0) throw new Error(`the simulator does not know a write at ${at}`)
          const wrote = stampAt(state(), host, device.kname, at / SECTOR, Math.ceil(bytes.length / SECTOR), stampOf(bytes))
          if (wrote.kind === 'failed') throw new Error(wrote.why)
          change(() => wrote.value)
        },
        flush: async () => undefined,
        close: async () => undefined,
      }
    },
  }
}
