// Live migrations: memory goes over, the guest is suspended here and built there, paused; what the transport does with the word that it is
// there decides where it goes on. Until that word everything can be undone. Pure.
import { type Domain, isAlive } from './domain.ts'
import { begin, freeKib, needOf, plug, withDomain, withoutDomain } from './domains.ts'
import type { Migration } from './migrating.ts'
import { canReach, hostOf, type Site, withRam } from './site.ts'

const INCOMING = '--incoming'

export function settleMigrations(site: Site): Site {
  return site.migrations.reduce((all, { id }) => settleOne(all, id), site)
}

function settleOne(site: Site, id: number): Site {
  const migration = site.migrations.find((one) => one.id === id)
  if (!migration || (migration.phase !== 'sending' && migration.phase !== 'received')) return site
  if (!canReach(site, migration.from, migration.to)) return release(site, id, 'abort', 'the stream has ended')
  const guest = hostOf(site, migration.from).ram.domains.find(({ uuid }) => uuid === migration.uuid)
  if (!guest) return withPhase(site, migration, 'aborted', 'the guest has ended')
  if (migration.phase === 'received' || migration.due > site.now) return site
  const built = build(site, migration)
  return typeof built === 'string' ? withPhase(site, migration, 'aborted', built) : built
}

/** The state that the guest ends in here, the domain that it becomes there. */
function build(site: Site, migration: Migration): Site | string {
  const { from, to, uuid, brings, holds } = migration
  const guest = hostOf(site, from).ram.domains.find((one) => one.uuid === uuid)
  const far = hostOf(site, to).ram
  if (!guest || !isAlive(guest)) return 'the guest does not run'
  if (!brings && far.receivers === 0) return 'nobody receives it'
  const suspended = withDomain(site, from, { ...guest, state: 'suspended' })
  const received = brings ? suspended : withRam(suspended, to, { receivers: far.receivers - 1 })
  const built = buildIncoming(received, from, to, guest)
  if (typeof built === 'string') return built
  const held = withPhase(built, migration, 'received')
  return holds ? held : release(held, migration.id, 'go')
}

/** What xl migrate-receive makes of the guest that comes; or why it cannot. */
export function buildIncoming(site: Site, from: string, to: string, guest: Domain): Site | string {
  const { uuid } = guest
  const far = hostOf(site, to).ram
  const name = `${guest.name}${INCOMING}`
  const others = far.domains.filter((one) => !(from === to && one.uuid === uuid))
  if (others.some((one) => one.name === name || one.name === guest.name)) return `a domain ${guest.name} is there already`
  if (from !== to && others.some((one) => one.uuid === uuid)) return 'a domain with its UUID is there already'
  if (needOf(guest) > freeKib(site, to)) return 'there is not enough memory'
  const disks = []
  for (const { device: _, ...disk } of guest.disks) {
    const plugged = plug(site, to, disk, uuid)
    if (plugged.kind === 'refused') return plugged.why
    disks.push(plugged.disk)
  }
  const { domid: _, since: _since, workload: _workload, loggedAs: _logged, ...draft } = guest
  return begin(site, to, { ...draft, name, disks, state: 'paused' })[0]
}

/** What is left of a guest that comes where xl dies between making its domain and giving it its name and its memory. */
export function buildUnborn(site: Site, to: string, { uuid, type }: Pick<Domain, 'uuid' | 'type'>): Site {
  const nothing = { vcpus: 0, maxVcpus: 0, memoryKib: 0, maxKib: 0, disks: [], nics: [], load: 0, traffic: 0 }
  return begin(site, to, { ...nothing, uuid, type, name: UNBORN, state: 'paused', onReboot: 'restart', onCrash: 'destroy' })[0]
}

/** As xl calls what has no name. */
export const UNBORN = '(null)'

/** `go`: it runs there and has ended here. `abort`: it goes on here; what was built there stays, paused, for somebody to destroy. */
export function release(site: Site, id: number, word: 'go' | 'abort', why?: string): Site {
  const migration = site.migrations.find((one) => one.id === id)
  if (!migration || (migration.phase !== 'sending' && migration.phase !== 'received')) return site
  const { from, to, uuid, staysPaused } = migration
  const here = hostOf(site, from).ram.domains.find((one) => one.uuid === uuid && !one.name.endsWith(INCOMING))
  if (word === 'abort') {
    const resumed = here?.state === 'suspended' ? withDomain(site, from, { ...here, state: 'running' }) : site
    return withPhase(resumed, migration, 'aborted', why ?? 'the transport has ended')
  }
  const there = hostOf(site, to).ram.domains.find((one) => one.uuid === uuid && one.name.endsWith(INCOMING))
  if (!here || !there) return withPhase(site, migration, 'aborted', 'one of the two is gone')
  const ended = withoutDomain(site, from, here.domid)
  const going = withDomain(ended, to, { ...there, ...workloadOf(here), name: here.name, state: staysPaused ? 'paused' : 'running' })
  return withPhase(going, migration, 'done')
}

/** What the guest knows goes with its memory. */
export function workloadOf({ workload }: { readonly workload?: Parameters<typeof withDomain>[2]['workload'] }) {
  return workload ? { workload } : {}
}

function withPhase(site: Site, migration: Migration, phase: Migration['phase'], why?: string): Site {
  const next = { ...migration, phase, ...(why === undefined ? {} : { why }) }
  return { ...site, migrations: site.migrations.map((one) => (one.id === migration.id ? next : one)) }
}
