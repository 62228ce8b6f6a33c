// What must hold when everything has come to its end, and all hosts are well: nothing is left of what was undone or is over, and what is
// written down is so.
import { decodeEntries } from '../../../../../../manager/automation/journal.ts'
import { MANAGER } from '../../../../../../manager/automation/ports.ts'
import type { Recipe } from '../../../../../../manager/automation/recipe.ts'
import { isOpen, STATES } from '../../../../../../manager/automation/store/store.ts'
import { deviceOf, lvOf, readDiskTags } from '../../../../../../manager/protocol/guest-disk.ts'
import { uuid } from '../../../../../../manager/protocol/values.ts'
import type { HomesTable } from '../../../../../../manager/store/tables/homes.ts'
import type { MovesTable } from '../../../../../../manager/store/tables/moves.ts'
import type { Fault } from '../faults.ts'
import { SAN } from '../guests.ts'
import { isLeft } from './claims.ts'
import { ON_EVACUATIONS } from './evacuations.ts'
import { diskVolumes, domainsOf, isThere, type Moment, standsStill } from './moment.ts'
import { ON_MOVES, toldOf } from './moves.ts'
import { whatIsRememberedIsTrue } from './remembered.ts'
import { replay } from './replay.ts'

export interface End extends Moment {
  readonly recipes: ReadonlyMap<string, Recipe>
  /** Commits of an automation's journal, in their order. */
  readonly journalOf: (automation: string) => readonly string[]
  /** What hosts were asked for has come about or not, and they have said which; nobody was stopped in the middle. */
  readonly isKnown: boolean
  /** No host was reset, no guest has crashed: what has begun has not gone by itself. */
  readonly isUnbroken: boolean
  /** No manager has ended, or was followed by another, or could not write. */
  readonly hasOneManager: boolean
  /** By host: how many domains have begun on it. */
  readonly begun: ReadonlyMap<string, number>
  readonly faults: readonly Fault[]
  /** Of what was acknowledged to guests that do not run, what is not on their disks. */
  readonly lost: readonly string[]
  /** UUIDs of guests of which somebody has said that their disks are kept. */
  readonly kept: ReadonlySet<string>
  /** Why no guest is to come, by host. */
  readonly cordons: ReadonlyMap<string, string>
  /** Hosts whose guests are said to go. */
  readonly evacuating: ReadonlySet<string>
  readonly homes: readonly HomesTable[]
  readonly moves: readonly MovesTable[]
}

export type AtEnd = (end: End) => readonly string[]

/** I8. */
export const everythingHasEnded: AtEnd = ({ ledger }) =>
  ledger.automations.flatMap(({ id, state, title, reason }) =>
    STATES.some((one) => one === state && isOpen(one)) ? [`I8: ${id} (${title}) is ${state} an hour after all is well: ${reason}`] : [],
  )

/** I3: another manager would come to the same. */
export const journalsTellTheEnd: AtEnd = ({ ledger, recipes, journalOf }) =>
  ledger.automations.flatMap(({ id, seed, recipe: name, args, state }) => {
    if (state === 'queued') return []
    const recipe = recipes.get(name)
    if (!recipe) return [`there is no recipe ${name}`]
    const commits = journalOf(id)
    const replayed = replay({ id, seed, args }, recipe, commits)
    if (replayed.divergence) return [`I8: ${id} cannot be replayed: ${JSON.stringify(replayed.divergence)}`]
    const said = replayed.outcome?.kind
    const isUnbegun = commits.length === 0 && state === 'aborted'
    return isUnbegun || said === state || (said === undefined && state === 'running')
      ? []
      : [`I8: ${id} is ${state}, and its journal says ${said}`]
  })

export const locksAreFree: AtEnd = ({ ledger }) =>
  ledger.locks.map(({ key, automation }) => `I8: ${key} is held by ${automation} after the end`)

/** Claims are those that guests justify by what is written down of them. */
export const claimsAreJustified: AtEnd = ({ ledger }) => {
  const parts = new Map<string, Set<string>>()
  for (const { holder, part } of ledger.claims) parts.set(holder.id, (parts.get(holder.id) ?? new Set()).add(part))
  const strangers = ledger.claims
    .filter(({ holder }) => holder.kind !== 'guest' || !ledger.guests.some((one) => one.uuid === holder.id))
    .map(({ holder, space }) => `I8: ${space} is claimed for ${holder.kind} ${holder.name}, which is no more`)
  const guests = ledger.guests.flatMap(({ uuid: id, name, power }) => {
    const own = parts.get(id) ?? new Set()
    const needed = ['name', ...ledger.disks.flatMap((disk) => (disk.guest === id ? [`disk ${disk.id}`] : []))]
    const running = ['memory', 'run']
    return [
      ...needed.filter((part) => !own.has(part)).map((part) => `${name} has not claimed ${part}`),
      ...running
        .filter((part) => (power !== 'off') !== own.has(part))
        .map((part) => `${name} is ${power}, and ${own.has(part) ? 'has' : 'has not'} claimed ${part}`),
      ...[...own]
        .filter((part) => part.startsWith('disk ') && !needed.includes(part))
        .map((part) => `${name} has claimed ${part}, which is no more`),
    ]
  })
  return [...strangers, ...guests]
}

/** No LV, device, domain or file of a guest that is not there, or of a disk that is not written down; but for what a guest has left on a host. */
export const nothingIsLeft: AtEnd = (end) => {
  const { site, ledger, kept } = end
  // What a move could not clear away it has told, and it is in RAM.
  const told = toldOf(end)
  const rows = new Set(ledger.disks.map(({ id, vg_uuid }) => `${vg_uuid}/${id}`))
  const volumes = diskVolumes(site).flatMap(({ group, volume, tags }) =>
    tags && (rows.has(`${group.uuid}/${tags.disk}`) || kept.has(tags.guest) || isLeft(tags, ledger.disks))
      ? []
      : [`I8: the LV ${group.name}/${volume.name} is left`],
  )
  const there = domainsOf(site)
  const domains = there.flatMap(({ host, domain }) =>
    ledger.guests.some(({ uuid: id, host: on, power }) => id === domain.uuid && on === host && (power !== 'off' || !isThere(domain)))
      ? []
      : [`I8: domain ${domain.domid} of ${domain.name} is left on ${host} (${domain.state})`],
  )
  const hosts = [...site.hosts.values()].flatMap(({ name, ram }) => {
    const own = there.filter(({ host }) => host === name).map(({ domain }) => domain)
    const opened = new Set(own.flatMap(({ disks }) => disks.map(({ target }) => target)))
    // The mirror of what nobody could be told to leave: the manager's own task sees to it.
    const older = diskVolumes(site).flatMap(({ tags }) => (tags && tags.state === 'ready' && isLeft(tags, ledger.disks) ? [tags.disk] : []))
    // Of a disk on a LUN its host was not heard to let go: that is the task's, too.
    const staying = told.has(name) ? diskVolumes(site).flatMap(({ group, tags }) => (tags && group.name === SAN ? [tags.disk] : [])) : []
    const maps = ram.dm.filter(
      (one) =>
        !staying.some((disk) => one.name.endsWith(disk)) &&
        one.name.startsWith('hostless-') &&
        !opened.has(`/dev/mapper/${one.name}`) &&
        !older.some((disk) => one.name.endsWith(disk)),
    )
    const files = [...ram.files.keys()].filter(
      (path) =>
        (path.startsWith('/run/hostless/guests/') && !told.has(name) && !own.some(({ uuid: id }) => path.includes(id))) ||
        (OF_MOVES.test(path) && !told.has(name)),
    )
    const capped = own.filter(({ cap = 0 }) => cap > 0)
    return [
      ...capped.map((one) => `I8: ${one.name} on ${name} is capped at ${one.cap} %`),
      ...own.filter(standsStill).map((one) => `I8: ${one.name} stands still on ${name} (${one.state})`),
      ...ram.drbd.flatMap((one) =>
        older.some((disk) => one.name.endsWith(disk)) ? [] : [`I8: the mirror ${one.name} is left on ${name}`],
      ),
      ...maps.map((one) => `I8: ${one.name} is left open on ${name}`),
      ...files.map((path) => `I8: ${path} is left on ${name}`),
    ]
  })
  const metas = [...site.groups.values()].flatMap((group) =>
    group.volumes.flatMap(({ name }) =>
      name.startsWith('mirror-') && !group.volumes.some((one) => one.name === `disk-${name.slice(7)}` && isOlder(one.tags, ledger.disks))
        ? [`I8: the LV ${group.name}/${name} is left`]
        : [],
    ),
  )
  return [...volumes, ...domains, ...hosts, ...metas]
}

/** Of streams, and of mirrors. */
const OF_MOVES = /^\/run\/hostless\/(streams|mirrors|fences)\//

/** Left behind, and nobody could tell its host so. */
function isOlder(volumeTags: readonly string[], disks: Moment['ledger']['disks']): boolean {
  const tags = readDiskTags(volumeTags)
  return tags !== undefined && tags.state === 'ready' && isLeft(tags, disks)
}

/** Every disk of which is written down that it is ready is there, with all of its content; all are, but of who is half destroyed. */
export const disksAreThere: AtEnd = ({ site, ledger }) => {
  const volumes = diskVolumes(site)
  const destroyed = ledger.automations.flatMap(({ recipe, args }) => (recipe === 'destroy-guest' ? [JSON.parse(args).guest.uuid] : []))
  return ledger.disks.flatMap(({ id, guest, state, vg_uuid }) => {
    const lv = lvOf(uuid.parse(id))
    const found = volumes.find(({ group, volume }) => group.uuid === vg_uuid && volume.name === lv)
    if (state !== 'ready') return destroyed.includes(guest) ? [] : [`I8: ${deviceOf(uuid.parse(id))} of ${guest} is still ${state}`]
    if (!found) return [`I3: the disk ${id} of ${guest} is written down as ready, and is not there`]
    return found.tags?.state === 'ready' && found.tags.guest === guest
      ? []
      : [`the disk ${id} of ${guest} is not ready: ${found.volume.tags.join()}`]
  })
}

/** A guest that is written down as running does, where nothing has happened to its host. */
export const whatIsOnRuns: AtEnd = ({ site, ledger, isKnown }) =>
  isKnown
    ? ledger.guests.flatMap(({ uuid: id, name, power, host }) => {
        const found = domainsOf(site).find((one) => one.domain.uuid === id && one.host === host && isThere(one.domain))
        if (power === 'off') return []
        if (!found) return [`${name} is written down as ${power}, and does not run`]
        return (power === 'paused') === (found.domain.state === 'paused')
          ? []
          : [`${name} is written down as ${power}, and is ${found.domain.state}`]
      })
    : []

/** Of a live move, that a guest is slowed for. */
const TRIES = 3

/** Whatever was lost, doubled or late: what makes a domain begin has made one begin. */
export const eachBeginsOnce: AtEnd = ({ ledger, begun, isUnbroken }) => {
  if (!isUnbroken) return []
  return [...begun].flatMap(([host, domains]) => {
    const asked = ledger.automations
      .map(({ recipe, args }) => {
        const { host: on, from, to, way } = JSON.parse(args)
        // Where it does not come to a move with a stop, it begins again where it was.
        if (recipe === 'migrate-guest') return to.id === host || (way === 'restarted' && from.id === host) ? TRIES : 0
        return /^(create|start|reboot)-guest$/.test(recipe) && on.id === host ? 1 : 0
      })
      .reduce<number>((sum, one) => sum + one, 0)
    return domains > asked ? [`${domains} domains have begun on ${host}, for ${asked} automations`] : []
  })
}

/** Milliseconds: what a host has to let go, with the way there and back. */
const LETS_GO = 5500

/** What is under way when somebody aborts it, and may be cancelled, is over within 5 s, whatever its host does; a part of it takes back first. */
export const anAbortIsQuick: AtEnd = ({ ledger, journalOf, hasOneManager }) =>
  hasOneManager
    ? ledger.automations.flatMap(({ id }) => {
        const entries = journalOf(id).flatMap(decodeEntries)
        const abort = entries.findIndex(({ kind }) => kind === 'abort')
        const at = entries[abort]?.at
        if (at === undefined) return []
        const answers = new Map(entries.flatMap((entry) => (entry.kind === 'answered' ? [[entry.step, entry.at] as const] : [])))
        return entries.slice(0, abort).flatMap((entry) => {
          if (entry.kind !== 'started') return []
          const { step, effect } = entry
          const mayBeCut = effect.kind === 'hook' || (effect.kind === 'request' && effect.onAbort === 'cancel' && effect.host !== MANAGER)
          const over = answers.get(step) ?? Number.POSITIVE_INFINITY
          return mayBeCut && over > at + LETS_GO ? [`${id} was aborted, and its step ${step} took ${over - at} ms more`] : []
        })
      })
    : []

export const AT_END: readonly AtEnd[] = [
  ...ON_EVACUATIONS,
  everythingHasEnded,
  journalsTellTheEnd,
  locksAreFree,
  claimsAreJustified,
  nothingIsLeft,
  ...ON_MOVES,
  disksAreThere,
  whatIsOnRuns,
  eachBeginsOnce,
  anAbortIsQuick,
  whatIsRememberedIsTrue,
]
