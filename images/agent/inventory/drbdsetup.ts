// `drbdsetup events2 --now --statistics`: the state as `exists KIND key:value …` lines. The one form that both DRBD 8.4 and 9 speak:
// 8.4's drbdsetup knows no `status --json` (ran; drbd-utils 9.22 with the kernel's own 8.4.11).
import type { z } from 'zod'
import { type DrbdResource, drbdResource } from '../../../manager/protocol/guests.ts'
import { acceptAll, type Candidate, tidy, whole } from './accept.ts'
import { commandSource, type Parsed } from './reading.ts'

type Resource = Candidate<z.input<typeof drbdResource>>
type Volume = Resource['volumes'][number]
type Connection = Resource['connections'][number]
type PeerVolume = Connection['volumes'][number]

interface Draft {
  readonly resource: Omit<Resource, 'volumes' | 'connections'>
  readonly volumes: Volume[]
  readonly connections: Map<string, Omit<Connection, 'volumes'> & { readonly volumes: PeerVolume[] }>
}

export function parseDrbdEvents(stdout: string): Parsed<readonly DrbdResource[]> {
  const drafts = new Map<string, Draft>()
  const reasons: string[] = []
  // `exists -` ends what there is.
  if (!/^exists -\s*$/m.test(stdout)) reasons.push('it was cut short: its last line is missing')
  for (const line of stdout.split('\n')) {
    const [what, kind = '', ...pairs] = line.trim().split(/\s+/)
    if (what !== 'exists' || kind === '-') continue
    const fields = new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf(':')), pair.slice(pair.indexOf(':') + 1)]))
    if (!readLine(drafts, kind, fields)) reasons.push(`line of unknown form: ${tidy(line, 100)}`)
  }
  const candidates = [...drafts.values()].map(({ resource, volumes, connections }) => ({
    ...resource,
    volumes,
    connections: [...connections.values()],
  }))
  const accepted = acceptAll(drbdResource, candidates, ({ name }) => `resource ${name}`)
  return { value: accepted.value, reasons: [...reasons.slice(0, 4), ...accepted.reasons] }
}

/** Without the kernel module nothing is mirrored. */
export const drbdEvents = commandSource({
  command: ['drbdsetup', 'events2', '--now', '--statistics'],
  parse: parseDrbdEvents,
  needs: '/proc/drbd',
  optional: true,
})

type Fields = ReadonlyMap<string, string>

/** False for a line that belongs to nothing known. */
function readLine(drafts: Map<string, Draft>, kind: string, fields: Fields): boolean {
  const name = fields.get('name') ?? ''
  const draft = drafts.get(name)
  switch (kind) {
    case 'resource':
      drafts.set(name, {
        resource: { name, role: word(fields, 'role'), suspended: (fields.get('suspended') ?? 'no') !== 'no' },
        volumes: [],
        connections: new Map(),
      })
      return true
    case 'device':
      draft?.volumes.push({
        volume: number(fields, 'volume'),
        minor: number(fields, 'minor'),
        disk: word(fields, 'disk'),
        sizeBytes: kibibytes(fields, 'size'),
        backing: fields.get('backing_dev')?.startsWith('/') ? fields.get('backing_dev') : undefined,
        client: flag(fields, 'client'),
        quorum: flag(fields, 'quorum'),
      })
      return draft !== undefined
    case 'connection':
      draft?.connections.set(peerOf(fields), {
        peer: fields.get('conn-name') ?? '',
        state: word(fields, 'connection'),
        role: word(fields, 'role'),
        volumes: [],
      })
      return draft !== undefined
    case 'peer-device': {
      const connection = draft?.connections.get(peerOf(fields))
      connection?.volumes.push({
        volume: number(fields, 'volume'),
        replication: word(fields, 'replication'),
        peerDisk: word(fields, 'peer-disk'),
        outOfSyncBytes: kibibytes(fields, 'out-of-sync') ?? 0,
        percentInSync: percent(fields.get('done')),
      })
      return connection !== undefined
    }
    case 'path':
    case 'helper':
      return true
    default:
      return false
  }
}

/** DRBD 9 numbers its peers; 8.4 has one for each pair of addresses. */
function peerOf(fields: Fields): string {
  return fields.get('peer-node-id') ?? `${fields.get('local')} ${fields.get('peer')}`
}

function word(fields: Fields, key: string): string {
  return fields.get(key) ?? 'Unknown'
}

/** Undefined where it is neither: 8.4 has no such fields. */
function flag(fields: Fields, key: string): boolean | undefined {
  const value = fields.get(key)
  return value === 'yes' ? true : value === 'no' ? false : undefined
}

/** What the record refuses where there is no number. */
function number(fields: Fields, key: string): number {
  return whole(fields.get(key)) ?? -1
}

function kibibytes(fields: Fields, key: string): number | undefined {
  const count = whole(fields.get(key))
  return count === undefined ? undefined : count * 1024
}

function percent(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,3}(\.\d+)?$/.test(text) ? Number(text) : undefined
}
