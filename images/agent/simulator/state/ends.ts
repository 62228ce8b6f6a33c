// The ends of live migrations as their hosts have them: found, put back, killed, and what their relays have said last. Pure.
import type { Status } from '../../streams/status.ts'
import type { Domain } from './domain.ts'
import { hostOf, type Site, withRam } from './site.ts'
import type { Stream } from './stream.ts'

export function streamOf(site: Site, host: string, migration: string): Stream | undefined {
  return hostOf(site, host).ram.streams.find((one) => one.migration === migration)
}

export function put(site: Site, host: string, stream: Stream): Site {
  const { streams } = hostOf(site, host).ram
  return withRam(site, host, { streams: streams.map((one) => (one.migration === stream.migration ? stream : one)) })
}

/** Its process is no more. */
export function kill(site: Site, host: string, stream: Stream): Site {
  const now = streamOf(site, host, stream.migration) ?? stream
  return put(site, host, { ...now, lives: false, deadlines: [], arriving: [], does: undefined })
}

/** What it says, written down. */
export function save(site: Site, host: string, stream: Stream): Site {
  const files = new Map(hostOf(site, host).ram.files)
  const text = `${JSON.stringify(statusOf(site, host, stream))}\n`
  return withRam(site, host, { files: files.set(`/run/hostless/streams/${stream.migration}/status.json`, { text, mode: 0o600 }) })
}

export function statusOf(site: Site, host: string, stream: Stream): Status {
  const { machine, pin, suspendedAt, began } = stream
  const isSent = stream.end === 'source' && stream.suspends !== undefined
  const memory = isSent ? (domainHere(site, host, stream.plan.guest)?.memoryKib ?? 0) * 1024 : 0
  return {
    ...{ end: stream.end, guest: stream.plan.guest, ...machine, pin, bytes: memory, bytesPerSecond: 0 },
    ...{ milliseconds: Math.round(site.now - began), pausedMs: suspendedAt === undefined ? 0 : Math.round(site.now - suspendedAt) },
    ...(stream.end === 'target' ? { port: stream.port } : {}),
  }
}

/** That the stream takes away; on the target none. */
export function domainHere(site: Site, host: string, guest: string): Domain | undefined {
  return hostOf(site, host).ram.domains.find((one) => one.uuid === guest && !one.name.endsWith('--incoming'))
}
