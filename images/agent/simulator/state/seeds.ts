// Seeds: two programs that find each other by address, port and pins, and of which one copies what the other has not. Pure.
import { differences, sectorsIn } from './content.ts'
import { findDevice } from './devices.ts'
import { readAt, writeAt } from './io.ts'
import type { Seed } from './seed.ts'
import { canReach, hostOf, SECTOR, type Site, withRam } from './site.ts'

/** Milliseconds between two looks, and for the other end to come. */
const STEP = 100
const COMING = 1_800_000
/** Sectors a millisecond that are compared. */
const RATE = 400

export function seedsDue(site: Site): readonly number[] {
  return [...site.hosts.values()].flatMap(({ ram }) =>
    ram.seeds.flatMap(({ end, peer, began }) => (end ? [] : [peer === undefined && !hasPartner(site) ? began + COMING : site.now + STEP])),
  )
}

/** Some two that have not met may do so now. */
function hasPartner(site: Site): boolean {
  const waiting = [...site.hosts.values()].flatMap(({ ram }) => ram.seeds.filter(({ end, peer }) => !end && peer === undefined))
  return waiting.some(({ plan }) => plan.end === 'source') && waiting.some(({ plan }) => plan.end === 'target')
}

export function putSeed(site: Site, host: string, seed: Seed): Site {
  const { seeds } = hostOf(site, host).ram
  return withRam(site, host, { seeds: [...seeds.filter(({ plan }) => plan.seed !== seed.plan.seed), seed] })
}

export function seedOf(site: Site, host: string, id: string): Seed | undefined {
  return hostOf(site, host).ram.seeds.find(({ plan }) => plan.seed === id)
}

export function goOnSeeds(site: Site, milliseconds: number): Site {
  let changed = site
  for (const { name, ram } of site.hosts.values())
    for (const { plan } of ram.seeds) {
      const now = seedOf(changed, name, plan.seed)
      if (now && !now.end) changed = goOn(changed, name, now, milliseconds)
    }
  return changed
}

function goOn(site: Site, host: string, seed: Seed, milliseconds: number): Site {
  const fails = (why: string): Site => putSeed(site, host, { ...seed, end: { why } })
  if (!hostOf(site, host).ram.files.has(seed.file)) return fails('its plan is gone')
  if (seed.peer === undefined) return site.now >= seed.began + COMING ? fails('the other end has not come') : meet(site, host, seed)
  const far = canReach(site, host, seed.peer) ? seedOf(site, seed.peer, seed.plan.seed) : undefined
  if (!far || (far.end && far.end !== 'whole')) return fails('the other end has closed the link')
  return seed.plan.end === 'source' && !far.end ? copy(site, host, seed, seed.peer, far, milliseconds) : site
}

function meet(site: Site, host: string, seed: Seed): Site {
  const { plan, pin } = seed
  if (plan.end !== 'source') return site
  for (const { name, ram } of site.hosts.values()) {
    const far = ram.seeds.find(({ plan: other, end }) => !end && other.end === 'target' && other.seed === plan.seed)
    if (far?.plan.end !== 'target' || far.peer !== undefined || !canReach(site, host, name)) continue
    const isRight = far.plan.address === plan.to.address && far.plan.port === plan.to.port && far.plan.from === plan.to.from
    if (!isRight || far.plan.pin !== pin || far.pin !== plan.to.pin) continue
    return putSeed(putSeed(site, host, { ...seed, peer: name }), name, { ...far, peer: host })
  }
  return site
}

function copy(site: Site, host: string, seed: Seed, peer: string, far: Seed, milliseconds: number): Site {
  const [own, other] = [findDevice(site, host, seed.plan.device), findDevice(site, peer, far.plan.device)]
  const sectors = seed.plan.sizeBytes / SECTOR
  const count = Math.min(sectors - seed.done, Math.max(8, Math.floor((rateOf(site, host, seed) * milliseconds) / 8) * 8))
  const read = own && readAt(site, host, own.kname, seed.done, count)
  const there = other && readAt(site, peer, other.kname, seed.done, count)
  if (!own || read?.kind !== 'done') return putSeed(site, host, { ...seed, end: { why: 'its disk cannot be read' } })
  const wrote = other && there?.kind === 'done' ? writeAt(site, peer, other.kname, seed.done, count, read.value) : undefined
  if (there?.kind !== 'done' || wrote?.kind !== 'done')
    return putSeed(site, peer, { ...far, end: { why: 'its disk cannot be written to' } })
  const different = differences(read.value, there.value)
  const full = different.filter(({ at }) => read.value.some((run) => run.at <= at && at < run.end))
  const next = { ...seed, done: seed.done + count, sent: seed.sent + sectorsIn(full.map((one) => ({ ...one, stamp: '' }))) }
  if (next.done < sectors) return putSeed(wrote.value, host, next)
  return putSeed(putSeed(wrote.value, host, { ...next, end: 'whole' }), peer, { ...far, done: sectors, end: 'whole' })
}

/** Sectors a millisecond. */
function rateOf(site: Site, host: string, { plan, file }: Seed): number {
  const asked = hostOf(site, host).ram.files.get(file.replace(/json$/, 'pace'))?.text
  const rateKBps = asked === undefined ? (plan.end === 'source' ? plan.rateKBps : undefined) : asked === '' ? undefined : Number(asked)
  return rateKBps === undefined ? RATE : Math.min(RATE, rateKBps / SECTOR)
}
