// Who is away from hosts that were emptied, and how they would come home: each weighed as a move is, and ordered so that all of it fits.

import { inExtents } from '../../../claims/rooms.ts'
import type { HostRoom } from '../../../guests/where.ts'
import { memoryNeeded } from '../../../guests/where.ts'
import type { HostView } from '../../../hosts/pool-change.ts'
import { poolsOf } from '../../../placement/picture.ts'
import { isAnswering, sayHost } from '../../../protocol/host.ts'
import type { Uuid } from '../../../protocol/values.ts'
import type { HomesTable } from '../../../store/tables/homes.ts'
import { allHomes } from '../../../store/tables/homes.ts'
import { sayBytes } from '../../../wording.ts'
import { type Managed, type Planned, planned, refused, runningOn } from '../../guests/plans/plan.ts'
import { type InTheWay, poolOf, staysOn, thinOf } from '../../migrate/disks-to.ts'
import { groundOfMoves } from '../../migrate/several.ts'
import { type Weighed, weigh } from '../../migrate/weigh.ts'
import { EVACUATED } from '../../own/request.ts'
import type { MoveHow } from '../args.ts'
import type { EvacuationDeps } from '../plan.ts'
import type { HomeArgs } from './args.ts'
import { type HomingGuest, type Lack, MEMORY } from './floor.ts'
import { orderHome } from './order.ts'

export interface HomeAsked {
  readonly homes: readonly HostView[]
  /** Ids of the hosts that they may be on meanwhile; left out: all. */
  readonly among?: ReadonlySet<string> | undefined
  /** `restart`: guests that run may be stopped, moved and started there, where they cannot go live or are in each other's way. */
  readonly others: 'restart' | 'leave'
  readonly how: MoveHow
}

export interface AwayGuest {
  readonly uuid: Uuid
  readonly name: string
  readonly home: HostView
  readonly on: HostView | undefined
  /** As it was when it left. */
  readonly was: 'running' | 'stopped'
  readonly leftAt: number
}

export interface Return extends AwayGuest {
  readonly diskBytes: number
  readonly memoryBytes: number
  /** In their order, each with the number of its round. */
  readonly steps: readonly { readonly round: number; readonly to: HostView; readonly how: HomeArgs['rounds'][number][number]['how'] }[]
  /** Why it does not come home; none: it does. */
  readonly refusals: readonly InTheWay[]
}

interface One {
  readonly away: AwayGuest
  readonly view: Managed | undefined
  readonly weighed: Weighed | undefined
  readonly way: HomingGuest['way'] | undefined
  readonly refusals: readonly InTheWay[]
}

/** What may be otherwise by the time that it goes. */
const ROOM: readonly string[] = ['memory', 'space', 'vcpus', 'guests', 'apart']

/** Of these homes; left out: of all. */
export async function guestsAway({ store, book, pool }: EvacuationDeps, homes?: readonly HostView[]): Promise<readonly AwayGuest[]> {
  const rows = (await allHomes(store.db)).filter(({ host }) => !homes || homes.some(({ id }) => id === host))
  if (rows.length === 0) return []
  const views = new Map((await book.all()).map((view) => [view.uuid, view]))
  return rows.flatMap((row: HomesTable): readonly AwayGuest[] => {
    const [view, home] = [views.get(row.guest), pool.hosts().find(({ id }) => id === row.host)]
    if (!view?.record || !home) return []
    const was = row.state === 'running' ? 'running' : 'stopped'
    return [{ uuid: row.guest as Uuid, name: view.name, home, on: view.host, was, leftAt: row.left_at }]
  })
}

export async function weighHome(deps: EvacuationDeps, asked: HomeAsked): Promise<readonly Return[]> {
  const ones: One[] = []
  for (const away of await guestsAway(deps, asked.homes)) ones.push(await weighOne(deps, asked, away))
  ones.sort((a, b) => sizeOf(b) - sizeOf(a) || (a.away.name < b.away.name ? -1 : 1))
  const rooms = (await groundOfMoves(deps)).rooms()
  const guests = ones.flatMap((one) => homingOf(deps, one, asked.among))
  const { rounds, stay } = orderHome({
    ...{ guests, others: asked.others === 'restart' ? 'halt' : 'leave', space: asked.how.keepMs === 0 ? 'freed' : 'kept' },
    hosts: rooms.map((room) => ({ id: room.id, free: freeOf(deps, room) })),
  })
  const others = (await guestsAway(deps)).filter(({ home }) => !asked.homes.some(({ id }) => id === home.id))
  return ones.map(({ away, view, weighed, refusals }) => ({
    ...away,
    ...{ diskBytes: weighed?.diskBytes ?? 0, memoryBytes: view?.state === 'running' ? view.record.spec.memory : 0 },
    steps: rounds.flatMap((round, at) =>
      round.flatMap(({ guest, to, how }) => {
        const host = guest === away.uuid ? deps.pool.hosts().find(({ id }) => id === to) : undefined
        return host ? [{ round: at + 1, to: host, how }] : []
      }),
    ),
    refusals: [
      ...refusals,
      ...stay.flatMap(({ guest, lacks }) => (guest === away.uuid ? [sayStays(deps, { away, lacks: lacks ?? [], others })] : [])),
    ],
  }))
}

export async function planHome(deps: EvacuationDeps, asked: HomeAsked): Promise<Planned<HomeArgs>> {
  for (const home of asked.homes) {
    const { name, cordon } = home
    if (!isAnswering(home)) return refused(`${name} is ${sayHost(home)}, and no guest comes to it`)
    if (home.service === 'maintenance') return refused(`${name} is in maintenance, and no guest comes to it: hostless host resume ${name}`)
    if (cordon && !isOfEvacuation(cordon.reason))
      return refused(`${name} is cordoned: ${cordon.reason}: where that is over, hostless host uncordon ${name}`)
  }
  const cordons = asked.homes.flatMap(({ id, name, cordon }) => (cordon ? [{ host: { id, name }, why: cordon.reason }] : []))
  const all = await weighHome(deps, asked)
  const names = asked.homes.map(({ name }) => name).join(', ')
  if (all.length === 0 && cordons.length === 0) return refused(`no guest that has left ${names} by an evacuation is away`)
  const rounds: HomeArgs['rounds'][number][number][][] = []
  for (const { uuid, name, steps, on } of all) {
    let from = on?.id ?? ''
    for (const { round, to, how } of steps) {
      rounds[round - 1] ??= []
      rounds[round - 1]?.push({ uuid, name, from, to: { id: to.id, name: to.name }, how })
      from = to.id
    }
  }
  return planned('bring-home', {
    homes: asked.homes.map(({ id, name }) => ({ id, name })),
    ...{ cordons, rounds, how: asked.how },
    ...(asked.others === 'restart' ? { restarts: 'when its disks are there' } : {}),
    stay: all.flatMap(({ name, refusals }) =>
      refusals.length > 0 ? [{ name, reason: refusals.map(({ reason }) => reason).join('; ') }] : [],
    ),
  })
}

export function isOfEvacuation(reason: string): boolean {
  return reason.startsWith(EVACUATED)
}

/** As a move to its home; stopped, where that is allowed and it cannot go live. */
async function weighOne(deps: EvacuationDeps, asked: HomeAsked, away: AwayGuest): Promise<One> {
  const view = await deps.book.find(away.uuid)
  const wish = { ref: away.uuid, to: away.home, ...asked.how, others: 'told' as const }
  const live = await weigh(deps, wish)
  if (live.kind !== 'done' || !view) return { away, view, weighed: undefined, way: undefined, refusals: [reasonOf(live, away)] }
  const against = fixedIn(live.value, away)
  if (against.length === 0)
    return { away, view, weighed: live.value, way: live.value.way === 'restarted' ? 'restart' : live.value.way, refusals: [] }
  const stopped = asked.others === 'restart' && view.state === 'running' ? await weigh(deps, { ...wish, as: 'stopped' }) : undefined
  if (stopped?.kind === 'done' && fixedIn(stopped.value, away).length === 0)
    return { away, view, weighed: stopped.value, way: 'restart', refusals: [] }
  return { away, view, weighed: live.value, way: undefined, refusals: against }
}

function reasonOf(answer: { readonly kind: string; readonly reason?: string }, { name }: AwayGuest): InTheWay {
  return { code: 'guest-state', reason: answer.reason ?? `there is no guest ${name}` }
}

function fixedIn({ refusals }: Weighed, { home }: AwayGuest): readonly InTheWay[] {
  const isOver = (code: string): boolean => code === 'cordoned' && home.cordon !== undefined && isOfEvacuation(home.cordon.reason)
  return refusals.filter(({ code }) => !ROOM.includes(code) && !isOver(code))
}

function sizeOf({ view }: One): number {
  return view?.record.spec.memory ?? 0
}

function homingOf(deps: EvacuationDeps, one: One, among?: ReadonlySet<string>): readonly HomingGuest[] {
  const { away, view, weighed, way } = one
  const on = view && runningOn(view)
  if (!view || !weighed || !on || way === undefined) return []
  const others = weighed.others
  const may = [
    ...(others?.fits ?? []).map(({ host }) => host),
    ...(others?.refused ?? []).flatMap(({ host, codes }) => (codes.every((code) => ROOM.includes(code)) ? [host] : [])),
  ]
  const takes = [...new Set([on.id, away.home.id, ...may.filter((host) => among?.has(host) !== false)])].map((host) => {
    // Where it is now its leaving frees what it takes: nothing of what will not be copied.
    const stays = staysBetween(deps, view, on, host === on.id ? away.home.id : host)
    return [host, takesOf(deps, view, { host, on: on.id, stays })] as const
  })
  return [{ uuid: away.uuid, on: on.id, home: away.home.id, way, takes: new Map(takes) }]
}

/** Ids of disks that lie on LUNs of both hosts. */
function staysBetween({ pool }: EvacuationDeps, { record }: Managed, on: HostView, other: string): ReadonlySet<string> {
  const [near, far] = [pool.knownInventory(on.id), pool.knownInventory(other)]
  if (!near || !far) return new Set()
  const [here, there] = [
    { ...on, inventory: near },
    { id: other, name: other, inventory: far },
  ]
  return new Set(record.disks.flatMap((disk) => (staysOn(disk, here, [there]).size > 0 ? [disk.id] : [])))
}

interface Taking {
  readonly host: string
  readonly on: string
  /** Ids of disks that take no space there. */
  readonly stays: ReadonlySet<string>
}

/** Of VGs by their UUIDs: one may be called by several names. */
function takesOf({ pool }: EvacuationDeps, { record }: Managed, { host, on, stays }: Taking): ReadonlyMap<string, number> {
  const inventory = pool.knownInventory(host)
  const pools = inventory && poolsOf(inventory)
  const takes = new Map([
    [MEMORY, memoryNeeded(record.spec)],
    ['vcpus', record.spec.vcpus],
    ['guests', 1],
  ])
  for (const disk of record.disks) {
    if (thinOf(record, disk) !== undefined || disk.state === 'leaving' || stays.has(disk.id)) continue
    const vg = host === on ? inventory?.vgs.find(({ uuid }) => uuid === disk.vg.uuid) : pools?.get(poolOf(record, disk))
    const key = `vg ${vg?.uuid ?? disk.vg.uuid}`
    takes.set(key, (takes.get(key) ?? 0) + (vg ? inExtents(disk.sizeBytes, vg) : disk.sizeBytes))
  }
  return takes
}

function freeOf({ pool }: EvacuationDeps, { id, memoryBytes, vcpus, guests, vgs }: HostRoom): ReadonlyMap<string, number> {
  const free = new Map([
    [MEMORY, memoryBytes],
    ['vcpus', vcpus],
    ['guests', guests],
  ])
  const inventory = pool.knownInventory(id)
  for (const [name, { uuid }] of inventory ? poolsOf(inventory) : []) {
    const key = `vg ${uuid}`
    // By each of its names as much may have been put on it.
    free.set(key, Math.min(free.get(key) ?? Number.POSITIVE_INFINITY, vgs.get(name) ?? 0))
  }
  return free
}

interface Staying {
  readonly away: AwayGuest
  readonly lacks: readonly Lack[]
  /** That are away from hosts to which nobody is brought now. */
  readonly others: readonly AwayGuest[]
}

function sayStays({ pool }: EvacuationDeps, { away: { home }, lacks, others }: Staying): InTheWay {
  const vgs = pool.knownInventory(home.id)?.vgs ?? []
  const said = lacks.map(({ what, free, needed }) => {
    const [kind = '', name = ''] = what.split(' ')
    const say = (amount: number): string => (kind === MEMORY || kind === 'vg' ? sayBytes(Math.max(0, amount)) : String(Math.max(0, amount)))
    const called = kind === 'vg' ? `VG ${vgs.find(({ uuid }) => uuid === name)?.name ?? name}` : kind
    return `${home.name} has ${say(free)} of ${called} free, ${say(needed)} are needed`
  })
  const there = others.filter(({ on }) => on?.id === home.id)
  const hint =
    there.length === 0
      ? ''
      : `; ${there.map((one) => `${one.name}, at home on ${one.home.name},`).join(' ')} is there: hostless host bring-home ${[home.name, ...new Set(there.map((one) => one.home.name))].join(' ')} orders all of them`
  return {
    code: lacks[0]?.what.startsWith('vg ') ? 'space' : (lacks[0]?.what.split(' ')[0] ?? 'unfit'),
    reason: `${said.join('; ')}${hint}`,
  }
}
