// What goes on by itself while time goes by: guests that end or write, copies, synchronisations, migrations. Pure: the same state and the
// same time give the same state.

import { diceOf } from '../machine/random.ts'
import { cutOut, differences } from './content.ts'
import { type Domain, isAlive, type Workload } from './domain.ts'
import { endDue, withDomain } from './domains.ts'
import { counted, endSync, endVerify, peerOf, settleDrbd, withAttached, withResource } from './drbd.ts'
import { sizeOf, toBits, withoutRange } from './drbd-resource.ts'
import { readAt, stampAt, writeAt } from './io.ts'
import { settleMigrations } from './migration.ts'
import { goOnSeeds, seedsDue } from './seeds.ts'
import { type Copy, hostOf, SECTOR, type Site } from './site.ts'
import { settleStreams, streamsDue } from './streams.ts'

/** Milliseconds between two looks at what goes on all the time. */
const STEP = 100
const SYNC_BYTES = 40 * 2 ** 20
const BLOCK = 8

/** Whether anything will be otherwise by time alone. */
export function hasWork(site: Site): boolean {
  return nextAfter(site) !== undefined
}

export function advance(site: Site, to: number): Site {
  let changed = site
  for (let at = nextAfter(changed); at !== undefined && at <= to; at = nextAfter(changed))
    changed = step({ ...changed, now: at }, at - changed.now)
  if (changed.now >= to) return changed
  return hasWork(changed) ? step({ ...changed, now: to }, to - changed.now) : { ...changed, now: to }
}

/** When something is due; undefined when nothing is. */
function nextAfter(site: Site): number | undefined {
  const due: number[] = []
  const isBusy = site.copies.some((one) => isGoing(one)) || syncing(site).length > 0 || verifying(site).length > 0
  if (isBusy) due.push(site.now + STEP)
  for (const { phase, due: at } of site.migrations) if (phase === 'sending') due.push(Math.max(at, site.now + 1))
  for (const at of seedsDue(site)) due.push(at)
  for (const at of streamsDue(site)) due.push(Math.max(at, site.now + 1))
  for (const { ram, power } of site.hosts.values()) {
    if (power === 'off') continue
    for (const domain of ram.domains.filter(isAlive)) {
      if (domain.ending) due.push(Math.max(domain.ending.at, site.now + 1))
      if (domain.workload) due.push(Math.max(domain.workload.next, site.now + 1))
    }
  }
  return due.length === 0 ? undefined : Math.min(...due)
}

function step(site: Site, milliseconds: number): Site {
  let changed = site
  for (const name of site.hosts.keys()) {
    for (const { domid } of hostOf(changed, name).ram.domains) {
      const now = (): Domain | undefined => hostOf(changed, name).ram.domains.find((one) => one.domid === domid)
      const ending = now()
      if (ending?.ending) changed = endDue(changed, name, ending)
      const writing = now()
      if (writing?.workload && isAlive(writing)) changed = write(changed, name, writing, writing.workload)
    }
  }
  for (const copy of changed.copies) if (isGoing(copy)) changed = goOn(changed, copy, milliseconds)
  changed = goOnSeeds(changed, milliseconds)
  for (const { host, name } of syncing(changed)) changed = carry(changed, host, name, milliseconds)
  for (const { host, name } of verifying(changed)) changed = verify(changed, host, name, milliseconds)
  return settle(changed)
}

/** What has to be so after any change at all. */
export function settle(site: Site): Site {
  return settleStreams(settleMigrations(settleDrbd(site)))
}

/** It reads one of its blocks and compares, and writes another: as the lab's own guest does. */
function write(site: Site, host: string, domain: Domain, workload: Workload): Site {
  if (workload.next > site.now) return site
  const [disk] = domain.disks
  const dice = diceOf(workload.seed, 'block', workload.count)
  if (!disk) return site
  const sectors =
    hostOf(site, host)
      .ram.dm.find(({ minor }) => `dm-${minor}` === disk.device)
      ?.active?.reduce((sum, line) => sum + line.sectors, 0) ?? 0
  const at = dice.between(0, Math.max(0, Math.floor(sectors / BLOCK) - 1)) * BLOCK
  const mismatch = compare(site, host, disk.device, workload, dice.between(0, Math.max(0, workload.written.size - 1)))
  const stamp = `${domain.uuid}#${workload.count}`
  const wrote = stampAt(site, host, disk.device, at, BLOCK, stamp)
  const next: Workload = {
    ...workload,
    next: site.now + workload.everyMilliseconds,
    count: workload.count + 1,
    written: wrote.kind === 'done' ? new Map(workload.written).set(at, stamp) : workload.written,
    mismatches: mismatch === undefined ? workload.mismatches : [...workload.mismatches, mismatch].slice(-16),
    errors: workload.errors + (wrote.kind === 'failed' && wrote.why !== 'suspended' ? 1 : 0),
  }
  return withDomain(wrote.kind === 'done' ? wrote.value : site, host, { ...domain, workload: next })
}

function compare(site: Site, host: string, device: string, { written }: Workload, which: number): string | undefined {
  const [at, stamp] = [...written][which] ?? []
  if (at === undefined || stamp === undefined) return undefined
  const read = readAt(site, host, device, at, BLOCK)
  if (read.kind === 'failed') return undefined
  const [run] = read.value
  return run?.stamp === stamp && run.at === 0 && run.end === BLOCK
    ? undefined
    : `sector ${at}: ${run?.stamp ?? 'zeros'} in the place of ${stamp}`
}

/** All that a guest wrote and that is not where it wrote it. */
export function lostWrites(site: Site, host: string, domain: Domain): readonly string[] {
  const { workload, disks } = domain
  const [disk] = disks
  if (!workload || !disk) return []
  return [...workload.written.keys()].flatMap((_, which) => compare(site, host, disk.device, workload, which) ?? [])
}

function isGoing({ done, sectors, failed }: Copy): boolean {
  return failed === undefined && done < sectors
}

function goOn(site: Site, copy: Copy, milliseconds: number): Site {
  const count = Math.min(copy.sectors - copy.done, Math.max(1, Math.floor((copy.rate * milliseconds) / 1000)))
  const put = (next: Copy, after = site): Site => ({ ...after, copies: after.copies.map((one) => (one.id === copy.id ? next : one)) })
  if (site.hosts.get(copy.host)?.power !== 'on') return put({ ...copy, failed: 'the host is off' })
  const read = copy.from === 'zero' ? undefined : readAt(site, copy.host, copy.from.device, copy.from.at + copy.done, count)
  if (read?.kind === 'failed') return put({ ...copy, failed: read.why })
  const wrote = writeAt(site, copy.host, copy.to.device, copy.to.at + copy.done, count, cutOut(read?.value ?? [], 0, count))
  return wrote.kind === 'failed' ? put({ ...copy, failed: wrote.why }) : put({ ...copy, done: copy.done + count }, wrote.value)
}

function syncing(site: Site): readonly { readonly host: string; readonly name: string }[] {
  return [...site.hosts.values()].flatMap(({ name: host, ram }) =>
    ram.drbd
      .filter(({ connection }) => connection?.state === 'Connected' && connection.sync === 'source' && !connection.stalled)
      .map(({ name }) => ({ host, name })),
  )
}

/** So much of what is out of sync goes over, from its beginning. */
function carry(site: Site, host: string, name: string, milliseconds: number): Site {
  const resource = hostOf(site, host).ram.drbd.find((one) => one.name === name)
  const device = resource?.devices[0]
  const peer = resource && peerOf(site, host, resource)
  if (!resource || !device?.attached || !peer?.device.attached) return site
  const most = Number(/^(\d+)k$/.exec(device.options.get('c-max-rate') ?? '')?.[1] ?? Number.POSITIVE_INFINITY) * 1024
  // Bits of the bitmap, 4 KiB each.
  let left = Math.max(1, Math.floor((Math.min(SYNC_BYTES, most) / SECTOR / BLOCK) * (milliseconds / 1000))) * BLOCK
  let changed = site
  let ranges = device.attached.label.outOfSync
  while (left > 0 && ranges[0]) {
    const range = { at: ranges[0].at, end: Math.min(ranges[0].end, ranges[0].at + left) }
    const sectors = range.end - range.at
    const read = readAt(changed, host, device.attached.backing, range.at, sectors)
    const wrote = read.kind === 'done' && writeAt(changed, peer.host, peer.device.attached.backing, range.at, sectors, read.value)
    if (!wrote || wrote.kind === 'failed') return changed
    changed = wrote.value
    ranges = withoutRange(ranges, range)
    left -= sectors
  }
  const own = counted(withAttached(changed, host, device.minor, { ...device.attached.label, outOfSync: ranges }), host, name, {
    sectors: sizeOf(device.attached.label.outOfSync) - sizeOf(ranges),
  })
  const far = withAttached(own, peer.host, peer.device.minor, { ...peer.device.attached.label, outOfSync: ranges })
  return ranges.length === 0 ? endSync(far, host, name) : far
}

function verifying(site: Site): readonly { readonly host: string; readonly name: string }[] {
  return [...site.hosts.values()].flatMap(({ name: host, ram }) =>
    ram.drbd.filter(({ connection }) => connection?.verified !== undefined && !connection.stalled).map(({ name }) => ({ host, name })),
  )
}

/** What is there on both sides at its end is compared: whatever was written meanwhile has gone to both. */
function verify(site: Site, host: string, name: string, milliseconds: number): Site {
  const resource = hostOf(site, host).ram.drbd.find((one) => one.name === name)
  const device = resource?.devices[0]
  const peer = resource && peerOf(site, host, resource)
  if (!resource?.connection || !device?.attached || !peer?.device.attached) return site
  const verified = (resource.connection.verified ?? 0) + Math.floor((SYNC_BYTES / SECTOR) * (milliseconds / 1000))
  const { sectors } = device.attached
  if (verified < sectors) return withResource(site, host, { ...resource, connection: { ...resource.connection, verified } })
  const own = readAt(site, host, device.attached.backing, 0, sectors)
  const far = readAt(site, peer.host, peer.device.attached.backing, 0, sectors)
  const different = own.kind === 'done' && far.kind === 'done' ? differences(own.value, far.value).map(toBits) : [{ at: 0, end: sectors }]
  return endVerify(site, host, resource, different)
}
