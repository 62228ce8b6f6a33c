// DRBD 8.4 between the hosts of a site: who is connected to whom, what a handshake decides, and what a synchronisation carries over. The
// rules are the kernel's (drbd_receiver.c: drbd_uuid_compare, drbd_sync_handshake), as far as two hosts with one volume need them. Pure.
import {
  addRange,
  type Connection,
  type DrbdDevice,
  type DrbdLabel,
  JUST_CREATED,
  NO_GENERATION,
  type Range,
  type Resource,
} from './drbd-resource.ts'
import { startOf } from './place.ts'
import { canReach, hostOf, newGeneration, type Site, withLabel, withRam } from './site.ts'

export interface Found {
  readonly resource: Resource
  readonly device: DrbdDevice
}

export interface Peer extends Found {
  readonly host: string
}

export function deviceOfMinor(site: Site, host: string, kname: string): Found | undefined {
  for (const resource of hostOf(site, host).ram.drbd) {
    const device = resource.devices.find(({ minor }) => `drbd${minor}` === kname)
    if (device) return { resource, device }
  }
  return undefined
}

/** Only what is up to date answers for its content. */
export function mayServe({ disk }: DrbdLabel): boolean {
  return disk === 'UpToDate' || disk === 'Consistent'
}

export function isMirroring({ connection }: Resource): boolean {
  return connection?.state === 'Connected'
}

/** The other end, when it is connected with this one. */
export function peerOf(site: Site, host: string, resource: Resource): Peer | undefined {
  return resource.connection?.state === 'Connected' ? partnerOf(site, host, resource) : undefined
}

export function withResource(site: Site, host: string, resource: Resource): Site {
  const { drbd } = hostOf(site, host).ram
  const known = drbd.some(({ name }) => name === resource.name)
  return withRam(site, host, { drbd: known ? drbd.map((one) => (one.name === resource.name ? resource : one)) : [...drbd, resource] })
}

export function withDevice(site: Site, host: string, resource: Resource, device: DrbdDevice): Site {
  const devices = resource.devices.map((one) => (one.minor === device.minor ? device : one))
  return withResource(site, host, { ...resource, devices })
}

/** In the kernel and in the metadata, as DRBD keeps it. */
export function withAttached(site: Site, host: string, minor: number, label: DrbdLabel): Site {
  const found = deviceOfMinor(site, host, `drbd${minor}`)
  if (!found?.device.attached) return site
  const { resource, device } = found
  const changed = withDevice(site, host, resource, { ...device, attached: { ...found.device.attached, label } })
  return withMetadata(changed, host, found.device.attached.meta, label)
}

/** On the device that holds it, wherever that is on its medium. */
export function withMetadata(site: Site, host: string, kname: string, label: DrbdLabel | undefined): Site {
  const place = startOf(site, host, kname)
  return place ? withLabel(site, place.medium, place.start, label && { kind: 'drbd', ...label }) : site
}

export function metadataOn(site: Site, host: string, kname: string): DrbdLabel | undefined {
  const place = startOf(site, host, kname)
  const label = place && site.media.get(place.medium)?.labels.get(place.start)
  return label?.kind === 'drbd' ? label : undefined
}

/** Brings all connections to what they must be now: run after every change. */
export function settleDrbd(site: Site): Site {
  let changed = site
  for (const name of site.hosts.keys()) {
    for (const { name: resource } of hostOf(changed, name).ram.drbd) {
      const now = hostOf(changed, name).ram.drbd.find((one) => one.name === resource)
      if (now?.connection && now.connection.state !== 'StandAlone') changed = settleOne(changed, name, now, now.connection)
    }
  }
  return changed
}

function settleOne(site: Site, host: string, resource: Resource, connection: Connection): Site {
  if (connection.elsewhere) return site
  const peer = partnerOf(site, host, resource)
  if (connection.state === 'Connected') return peer ? site : lostPeer(site, host, resource, connection)
  return peer ? handshake(site, host, resource, peer) : site
}

/** The other end of the same pair of addresses, reachable and willing. */
function partnerOf(site: Site, host: string, { connection, devices }: Resource): Peer | undefined {
  if (!connection) return undefined
  for (const other of site.hosts.values()) {
    if (other.name === host || !canReach(site, host, other.name)) continue
    for (const resource of other.ram.drbd) {
      const far = resource.connection
      if (far?.local !== connection.peer || far.peer !== connection.local || far.state === 'StandAlone') continue
      const device = resource.devices.find(({ volume }) => volume === (devices[0]?.volume ?? 0))
      if (device) return { host: other.name, resource, device }
    }
  }
  return undefined
}

/** Of one connection: for data, and for what is said about it. */
const SOCKETS = 2

/** A primary that goes on alone begins a new generation, so that what the other lacks can be told. */
function lostPeer(site: Site, host: string, resource: Resource, connection: Connection): Site {
  const { verified: _, stalled: __, ...rest } = connection
  const { leftSockets = 0 } = hostOf(site, host).ram
  // Who can be reached says that it ends: nothing is on its way then.
  const isEnded = [...site.hosts.values()].every(({ name }) => name === host || canReach(site, host, name))
  const left = isEnded ? site : withRam(site, host, { leftSockets: leftSockets + SOCKETS })
  const waiting = withResource(left, host, { ...resource, connection: { ...rest, state: 'Connecting', sync: 'none' } })
  return resource.role === 'Primary' ? newCurrentFor(waiting, host, resource.name) : waiting
}

/** A new current generation where there is no bitmap of an older one yet. */
export function newCurrentFor(site: Site, host: string, name: string): Site {
  const resource = hostOf(site, host).ram.drbd.find((one) => one.name === name)
  let changed = site
  for (const { attached, minor } of resource?.devices ?? []) {
    if (!attached || attached.label.bitmap !== NO_GENERATION || attached.label.disk !== 'UpToDate') continue
    changed = newCurrent(changed, host, minor, attached.label)
  }
  return changed
}

export function newCurrent(site: Site, host: string, minor: number, label: DrbdLabel): Site {
  const [current, named] = newGeneration(site)
  return withAttached(named, host, minor, { ...label, current, bitmap: label.current })
}

type Verdict = 'none' | 'source' | 'target' | 'full-source' | 'full-target' | 'split-brain' | 'unrelated'

/** As seen from the first. */
export function compareGenerations(own: DrbdLabel, far: DrbdLabel): Verdict {
  const isKnown = (generation: string): boolean => generation !== NO_GENERATION
  if (own.current === JUST_CREATED && far.current === JUST_CREATED) return 'none'
  if (own.current === JUST_CREATED) return 'full-target'
  if (far.current === JUST_CREATED) return 'full-source'
  if (own.current === far.current) return 'none'
  if (own.current === far.bitmap) return 'target'
  if (far.history.includes(own.current)) return 'full-target'
  if (far.current === own.bitmap) return 'source'
  if (own.history.includes(far.current)) return 'full-source'
  if (isKnown(own.bitmap) && own.bitmap === far.bitmap) return 'split-brain'
  return own.history.some((one) => isKnown(one) && far.history.includes(one)) ? 'split-brain' : 'unrelated'
}

function handshake(site: Site, host: string, resource: Resource, peer: Peer): Site {
  const [own, far] = [resource.connection, peer.resource.connection]
  if (!own || !far) return site
  const ends: readonly { readonly host: string; readonly resource: Resource }[] = [{ host, resource }, peer]
  const part = (): Site => ends.reduce((all, one) => connected(all, one.host, one.resource, 'StandAlone', 'none'), site)
  if (own.options.get('shared-secret') !== far.options.get('shared-secret')) return part()
  if ((own.options.get('protocol') ?? 'C') !== (far.options.get('protocol') ?? 'C')) return part()
  const bothPrimary = resource.role === 'Primary' && peer.resource.role === 'Primary'
  if (bothPrimary && !(own.options.has('allow-two-primaries') && far.options.has('allow-two-primaries'))) return part()
  const [mine, theirs] = [resource.devices[0]?.attached?.label, peer.device.attached?.label]
  const join = (sync: Connection['sync']): Site => {
    const other = sync === 'source' ? 'target' : sync === 'target' ? 'source' : 'none'
    const one = connected(site, host, resource, 'Connected', sync)
    return connected(one, peer.host, peer.resource, 'Connected', other)
  }
  if (!mine || !theirs) return join('none')
  const verdict = compareGenerations(mine, theirs)
  switch (verdict) {
    case 'split-brain':
    case 'unrelated':
      return part()
    case 'none':
      return join('none')
    case 'source':
    case 'full-source':
      if (peer.resource.role === 'Primary') return part()
      return beginSync(join('source'), host, resource.name, verdict === 'full-source')
    case 'target':
    case 'full-target':
      if (resource.role === 'Primary') return part()
      return beginSync(join('target'), peer.host, peer.resource.name, verdict === 'full-target')
  }
}

/** The two agree on a generation for the bitmap, so that a synchronisation that is broken off goes on where it was. */
function beginSync(site: Site, source: string, name: string, isFull: boolean): Site {
  const resource = hostOf(site, source).ram.drbd.find((one) => one.name === name)
  const device = resource?.devices[0]
  const peer = resource && peerOf(site, source, resource)
  if (!device?.attached || !peer?.device.attached) return site
  const [bitmap, named] = newGeneration(site)
  const [own, far] = [device.attached.label, peer.device.attached.label]
  const sectors = Math.min(own.sectors, far.sectors)
  const outOfSync = isFull ? [{ at: 0, end: sectors }] : own.outOfSync
  const sending = withAttached(named, source, device.minor, { ...own, bitmap, outOfSync })
  const receiving = { ...far, disk: 'Inconsistent' as const, current: bitmap, bitmap: NO_GENERATION, outOfSync }
  return withAttached(sending, peer.host, peer.device.minor, receiving)
}

function connected(site: Site, host: string, { name }: Resource, state: Connection['state'], sync: Connection['sync']): Site {
  const resource = hostOf(site, host).ram.drbd.find((one) => one.name === name)
  if (!resource?.connection) return site
  const { connection } = resource
  const sent = state === connection.state ? connection.sent : undefined
  const { sent: _, ...rest } = connection
  return withResource(site, host, { ...resource, connection: { ...rest, state, sync, ...(sent === undefined ? {} : { sent }) } })
}

/** So much has gone over since they met. */
export function counted(site: Site, host: string, name: string, { sectors }: { readonly sectors: number }): Site {
  const resource = hostOf(site, host).ram.drbd.find((one) => one.name === name)
  if (!resource?.connection) return site
  const { connection } = resource
  return withResource(site, host, { ...resource, connection: { ...connection, sent: (connection.sent ?? 0) + sectors } })
}

/** The target has all: one generation for both. */
export function endSync(site: Site, source: string, name: string): Site {
  const resource = hostOf(site, source).ram.drbd.find((one) => one.name === name)
  const device = resource?.devices[0]
  const peer = resource && peerOf(site, source, resource)
  if (!resource || !device?.attached || !peer?.device.attached) return site
  const [own, far] = [device.attached.label, peer.device.attached.label]
  const whole: DrbdLabel = { ...own, bitmap: NO_GENERATION, history: [own.bitmap, own.history[0]], outOfSync: [] }
  const same: DrbdLabel = { ...far, current: own.current, bitmap: NO_GENERATION, history: whole.history, outOfSync: [], disk: 'UpToDate' }
  const one = withAttached(site, source, device.minor, whole)
  const both = withAttached(one, peer.host, peer.device.minor, same)
  return connected(connected(both, source, resource, 'Connected', 'none'), peer.host, peer.resource, 'Connected', 'none')
}

/** It stands still from now on: what 8.4 does now and then, with nothing or little left to send. */
export function stall(site: Site, host: string, name: string): Site {
  const resource = hostOf(site, host).ram.drbd.find((one) => one.name === name)
  return resource?.connection ? withResource(site, host, { ...resource, connection: { ...resource.connection, stalled: true } }) : site
}

/** What differs is out of sync for both from then on. */
export function endVerify(site: Site, host: string, resource: Resource, different: readonly Range[]): Site {
  const { connection } = resource
  const peer = peerOf(site, host, resource)
  const [device] = resource.devices
  if (!connection || !device?.attached || !peer?.device.attached) return site
  const { verified: _, ...rest } = connection
  const ended = withResource(site, host, { ...resource, connection: rest })
  const marked = (label: DrbdLabel): DrbdLabel => ({ ...label, outOfSync: different.reduce(addRange, label.outOfSync) })
  const one = withAttached(ended, host, device.minor, marked(device.attached.label))
  return withAttached(one, peer.host, peer.device.minor, marked(peer.device.attached.label))
}
