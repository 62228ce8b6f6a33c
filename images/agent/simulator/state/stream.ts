// One end of a live migration: the process of our relay, and the xl beside it, as they stand. Pure.
import type { NoteOfSource, NoteOfTarget } from '../../streams/notes.ts'
import type { Source } from '../../streams/source.ts'
import type { SourcePlan, Status, TargetPlan } from '../../streams/status.ts'
import type { Target } from '../../streams/target.ts'
import type { Domain } from './domain.ts'
import { hostOf, type Site, withRam } from './site.ts'

interface Common {
  readonly migration: string
  readonly pin: string
  readonly lives: boolean
  /** The other end's host, once they know each other. */
  readonly peer: string | undefined
  readonly began: number
  readonly suspendedAt: number | undefined
  readonly deadlines: readonly { readonly wait: 'come' | 'hold' | 'hand'; readonly at: number }[]
  /** Notes of the other end that are on their way here, in their order. */
  readonly arriving: readonly { readonly at: number; readonly note: NoteOfSource | NoteOfTarget }[]
  /** When its xl does what its last word has told it: S's gives the guest up, T's lets it go on. */
  readonly does: number | undefined
  /** Its xl was killed: it tidies up nothing. */
  readonly isBereft?: true
}

export interface SourceStream extends Common {
  readonly end: 'source'
  readonly plan: SourcePlan
  readonly machine: Source
  readonly name: string
  /** When the guest is suspended, and when all of it is there. */
  readonly suspends: number | undefined
  readonly whole: number | undefined
}

export interface TargetStream extends Common {
  readonly end: 'target'
  readonly plan: TargetPlan
  readonly machine: Target
  readonly port: number
  readonly expected: { readonly pin: string; readonly address: string } | undefined
}

export type Stream = SourceStream | TargetStream

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
