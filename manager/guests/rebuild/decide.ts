// Guests, their disks and networks from what the hosts tell, for a database that has lost them. Nothing is guessed: what hosts say against
// each other is told with what was believed, and what nothing tells is listed. What the database knows stays as it is. Pure.
import { guestSpec } from '../../protocol/guest-spec.ts'
import { type Guest as Domain, isMovingName } from '../../protocol/guests.ts'
import { type Uuid, uuid as uuidSchema } from '../../protocol/values.ts'
import { type Copy, copiesOn, sayCopy } from './copies.ts'
import { disksOf } from './disks.ts'
import { specOfDomain, UNTOLD } from './from-domain.ts'
import { networksOf, type ToldNetwork } from './networks.ts'
import type { HostTold, Picture, Rebuilt, RebuiltGuest } from './picture.ts'

type Told = HostTold['records'][number] & { readonly host: HostTold }
interface Seen {
  readonly host: HostTold
  readonly domain: Domain
}

export function rebuild(picture: Picture): Rebuilt {
  const { hosts, known } = picture
  const { copies, odd } = copiesOn(hosts)
  const records = hosts.flatMap((host) => host.records.map((one): Told => ({ ...one, host })))
  const all = hosts.flatMap((host) => host.sections.guests.map((domain): Seen => ({ host, domain })))
  const domains = all.filter(({ domain }) => !isMovingName(domain.name))
  const disagree: string[] = []
  const unknown: string[] = [...hosts.flatMap(({ name, damaged }) => damaged.map((one) => `a record on ${name}: ${one}`)), ...odd]
  for (const { host, domain } of all)
    if (isMovingName(domain.name) && !known.has(domain.uuid))
      disagree.push(
        `domain ${domain.name} of ${host.name} is of a move that nobody goes on with, and no guest: it goes by itself, or by hand`,
      )
  const guests: RebuiltGuest[] = []
  const networks: ToldNetwork[] = []
  const ofDomains: Rebuilt['networks'][number][] = []
  for (const uuid of idsIn(records, copies, domains).filter((one) => !known.has(one))) {
    const own = { uuid, record: newest(records, uuid), copies: copies.filter(({ guest }) => guest === uuid) }
    const made = guestOf(
      { ...own, seen: domains.filter(({ domain }) => domain.uuid === uuid) },
      { ...picture, networks: [...picture.networks, ...ofDomains.map((one) => ({ ...one, created: 0, createdBy: '' }))] },
      { disagree, unknown },
    )
    if (!made) continue
    guests.push(made.guest)
    ofDomains.push(...made.networks)
    if (made.guest.by !== 'record') continue
    const there = records.filter(({ record, host }) => record.guest === uuid && host.id === made.guest.host)
    for (const one of new Set([...(own.record ? [own.record] : []), ...there]))
      for (const told of one.record.networks) networks.push({ host: writerOf(one, hosts).id, told, written: one.record.written })
  }
  const told = networksOf(networks, picture.networks)
  const fresh = ofDomains.filter(({ name }) => !told.networks.some((one) => one.name === name))
  return {
    guests: withOwnNames(guests, known, disagree).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    networks: [...told.networks, ...fresh],
    disagree: [...disagree, ...told.disagree],
    unknown,
  }
}

/** What is remembered on a LUN of several hosts is told by each of them: bridges are those of the one that had the guest. */
function writerOf({ vg, record, host }: Told, hosts: readonly HostTold[]): HostTold {
  return hosts.find(({ name, records }) => name === record.host && records.some((one) => one.vg === vg)) ?? host
}

interface Traces {
  readonly uuid: Uuid
  readonly record: Told | undefined
  readonly copies: readonly Copy[]
  readonly seen: readonly Seen[]
}

interface Says {
  readonly disagree: string[]
  readonly unknown: string[]
}

function guestOf(
  traces: Traces,
  picture: Picture,
  says: Says,
): { readonly guest: RebuiltGuest; readonly networks: Rebuilt['networks'] } | undefined {
  const { uuid, record, copies, seen } = traces
  const live = seen.filter(({ domain: { state } }) => state !== 'shutdown' && state !== 'crashed')
  const [running] = live.length > 0 ? live : seen
  const called = record?.record.name ?? running?.domain.name ?? uuid
  const told = record && specOf(record, says)
  const inferred = told
    ? undefined
    : running && copies.length > 0
      ? specOfDomain(running.host, running.domain, copies, picture.networks)
      : undefined
  const spec = told ?? (inferred?.kind === 'spec' ? inferred.spec : undefined)
  if (!spec) {
    if (inferred?.kind === 'none')
      says.unknown.push(`guest ${called} (${uuid}) runs on ${running?.host.name}, and is not made: ${inferred.why}`)
    else if (copies.length === 0 && running)
      says.unknown.push(`domain ${called} (${uuid}) of ${running.host.name} was not made by hostless: it stays unmanaged`)
    else says.unknown.push(`guest ${uuid}: nothing tells its name or its size; its disks stay: ${copies.map(sayCopy).join(', ')}`)
    return undefined
  }
  if (!told) says.unknown.push(`guest ${called}: no VG remembers it, so ${UNTOLD} are not known`)
  const disks = disksOf(
    { uuid, called, record: told ? record?.record : undefined, copies, domain: running?.domain, runsOn: running?.host.id },
    says,
  )
  if (!disks) return undefined
  const host = running?.host ?? picture.hosts.find(({ id }) => id === disks[0]?.host)
  if (!host) {
    says.unknown.push(`guest ${called} (${uuid}): none of its disks is on a host that was read, and it is not made`)
    return undefined
  }
  for (const one of disks)
    if (one.host !== host.id)
      says.disagree.push(`disk ${one.vdev} of ${called} lies on ${nameOf(picture, one.host)}, and ${called} on ${host.name}`)
  if (live.length > 1)
    says.disagree.push(
      `${called} runs on ${live.map((one) => one.host.name).join(' and ')}: it is conflicted; destroy it by hand on all but one`,
    )
  if (running && running.domain.name !== spec.name)
    says.disagree.push(`${spec.name} runs as ${running.domain.name} on ${running.host.name}`)
  const { created, createdBy } = record?.record ?? { created: picture.now, createdBy: 'hostless manager rebuild' }
  return {
    guest: {
      ...{ uuid, name: spec.name, spec: { ...spec, uuid }, host: host.id, hostName: host.name, power: powerOf(running?.domain) },
      ...{ created, createdBy, disks, by: told ? 'record' : 'domain', cpu: told ? record?.record.cpu : undefined },
    },
    networks: inferred?.kind === 'spec' ? inferred.networks : [],
  }
}

function specOf({ record, host }: Told, { unknown }: Says) {
  let json: unknown
  try {
    json = JSON.parse(record.spec)
  } catch {
    json = undefined
  }
  const read = guestSpec.safeParse(json)
  if (read.success) return { ...read.data, name: record.name }
  const [issue] = read.error.issues
  unknown.push(
    `what is remembered of ${record.name} on ${host.name} is not understood: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
  )
  return undefined
}

/** What has crashed was brought to run: what becomes of it is its owner's to say. */
function powerOf(domain: Domain | undefined): RebuiltGuest['power'] {
  if (!domain || domain.state === 'shutdown') return 'off'
  return domain.state === 'paused' ? 'paused' : 'on'
}

/** Of several the greatest epoch's, of these the latest; before those of where it was only on its way to. */
function newest(records: readonly Told[], uuid: Uuid): Told | undefined {
  const own = records.filter(({ record }) => record.guest === uuid)
  const here = own.filter(({ record }) => record.arriving === undefined)
  return (here.length > 0 ? here : own).sort((a, b) => b.record.epoch - a.record.epoch || b.record.written - a.record.written)[0]
}

function idsIn(records: readonly Told[], copies: readonly Copy[], domains: readonly Seen[]): readonly Uuid[] {
  const all = [
    ...records.map(({ record }) => record.guest),
    ...copies.map(({ guest }) => guest),
    ...domains.map(({ domain }) => domain.uuid),
  ]
  return [...new Set(all)].sort().map((one) => uuidSchema.parse(one))
}

/** Two of one name cannot be: the second is called after its UUID, too. */
function withOwnNames(guests: readonly RebuiltGuest[], known: Picture['known'], disagree: string[]): readonly RebuiltGuest[] {
  const taken = new Set(known.values())
  return guests.map((guest) => {
    const name = taken.has(guest.name) ? `${guest.name.slice(0, 50)}-${guest.uuid.slice(0, 8)}` : guest.name
    taken.add(name)
    if (name === guest.name) return guest
    disagree.push(`two guests are called ${guest.name}: ${guest.uuid} is called ${name} from now on`)
    return { ...guest, name, spec: { ...guest.spec, name } }
  })
}

function nameOf({ hosts }: Picture, id: string): string {
  return hosts.find((one) => one.id === id)?.name ?? id
}
