// Devices of a simulated host as content is written to them: each write is a stamp of its bytes on the media below.
import { createHash } from 'node:crypto'
import type { Device, Devices } from '../content/source.ts'
import { collision } from './state/claims.ts'
import { findDevice } from './state/devices.ts'
import { stampAt } from './state/io.ts'
import { hostOf, SECTOR, type Site, withRam } from './state/site.ts'

/** What the sectors of these bytes hold from then on. */
export function stampOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`
}

export function simulatedDevices(state: () => Site, change: (act: (site: Site) => Site) => void, host: string): Devices {
  return {
    async open(path) {
      const file = fileIn(state(), host, path)
      if (file !== undefined) return fileDevice(state, change, host, path)
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

function fileIn(site: Site, host: string, path: string) {
  const { power, ram } = hostOf(site, host)
  return power === 'on' ? ram.files.get(path) : undefined
}

/** A file in RAM: it holds its bytes. */
function fileDevice(state: () => Site, change: (act: (site: Site) => Site) => void, host: string, path: string): Device {
  return {
    async write(at, bytes) {
      const file = fileIn(state(), host, path)
      if (!file) throw new Error(`ENOENT: no such file or directory, write '${path}'`)
      const before = file.text.slice(0, at).padEnd(at, '\0')
      const text = `${before}${Buffer.from(bytes).toString('latin1')}${file.text.slice(at + bytes.length)}`
      change((site) => withRam(site, host, { files: new Map(hostOf(site, host).ram.files).set(path, { ...file, text }) }))
    },
    flush: async () => undefined,
    close: async () => undefined,
  }
}
