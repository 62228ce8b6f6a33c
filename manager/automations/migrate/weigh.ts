// Whether and how a guest can go to another host: the plan that is shown, and the plan that is run. All that is in the way is named, each
// with a code that stays. It looks at the world as it is now; claims and hosts have the last word.

import { type CommonNetwork, commonNetworks } from '../../connectivity/common-networks.ts'
import { configOf } from '../../guests/config.ts'
import { eitherCpu } from '../../guests/cpu.ts'
import type { DiskRecord, GuestRecord } from '../../guests/guest.ts'
import { remembered } from '../../guests/remembered.ts'
import { memoryNeeded, type Places } from '../../guests/where.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import type { Done } from '../../outcome.ts'
import { isAnswering, sayHost } from '../../protocol/host.ts'
import type { Inventory } from '../../protocol/inventory.ts'
import type { GuestConfig } from '../../protocol/requests/guest-config.ts'
import { withheldFrom } from '../../protocol/requests.ts'
import { sayUnread, uncountedOf } from '../../protocol/unread.ts'
import type { SeeingHost } from '../../storage/shared-vgs.ts'
import { cpuArg } from '../guests/parts.ts'
import { bootOf, NO_KERNEL } from '../guests/plans/boot.ts'
import {
  type Asked,
  heldBy,
  hostArgOf,
  type Managed,
  noGuest,
  type PlanDeps,
  type Planned,
  planned,
  runningOn,
  sharedVgsOf,
} from '../guests/plans/plan.ts'
import { generationOf, type MigrateArgs, type MovedDisk } from './args.ts'
import { disksTo, type InTheWay, poolOf, staysOn, thinOf } from './disks-to.ts'
import { GIVES, TAKES } from './shared.ts'

export interface MoveAsked extends Asked {
  /** Left out: the host that placement finds best. */
  readonly to?: HostView | undefined
  /** Of one that runs: as if it were stopped before. */
  readonly as?: 'stopped' | undefined
  readonly maxPauseMs: number
  readonly rateBytes?: number | undefined
  /** `10.77.0.0/24`. */
  readonly network?: string | undefined
  readonly keepMs: number
  /** `left`: of disks that are copied they stay with the LV that is left behind; left out: they are in the way. */
  readonly snapshots?: 'refused' | 'left' | undefined
  /** `told`: of every other host whether it could take the guest, and not only of `to`. */
  readonly others?: 'left out' | 'told' | undefined
}

export interface Weighed {
  readonly guest: string
  readonly way: MigrateArgs['way'] | undefined
  readonly from: HostView | undefined
  readonly to: Pick<HostView, 'id' | 'name'> | undefined
  readonly over: CommonNetwork | undefined
  readonly diskBytes: number
  readonly memoryBytes: number
  /** All of them; none where there are `args`. */
  readonly refusals: readonly InTheWay[]
  readonly args: MigrateArgs | undefined
  /** Where that was asked for and the guest lies somewhere. */
  readonly others: Places | undefined
}

export function planOf(weighed: Done<Weighed>): Planned<MigrateArgs> {
  if (weighed.kind !== 'done') return weighed
  const { args, refusals } = weighed.value
  if (args) return planned('migrate-guest', args)
  const code = refusals.some((one) => one.code === 'locked') ? 'locked' : refusals.some((one) => one.code === 'unread') ? 'unread' : 'unfit'
  return { kind: 'refused', code, reason: refusals.map(({ reason }) => reason).join('; ') }
}

export async function weigh(deps: PlanDeps, asked: MoveAsked): Promise<Done<Weighed>> {
  const view = await deps.book.find(asked.ref)
  if (!view) return noGuest(asked.ref)
  const { record, name } = view
  const from = runningOn(view)
  const way = asked.as === 'stopped' && view.state === 'running' ? 'stopped' : WAYS[view.state]
  const refusals = [...ofGuest(view, asked, from, way)]
  const boot = await bootOf(deps.images, record.spec)
  if (boot.kind !== 'done') refusals.push({ code: NO_KERNEL, reason: boot.reason })
  const disks = record.disks.filter(({ state }) => state !== 'leaving')
  const places = from && (await placesOf(deps, { record, disks, from, way, asked }))
  const isThere = from !== undefined && asked.to?.id === from.id
  if (places && !isThere && !places.fits.some(({ host }) => asked.to === undefined || host === asked.to.id))
    refusals.push(...sayRefused(places, asked.to))
  const to = asked.to ?? (from && places && bestOf(deps, { from, places, network: asked.network }))
  const ends =
    from && to && !isThere
      ? { from, to, inventories: [deps.pool.knownInventory(from.id), deps.pool.knownInventory(to.id)] as const }
      : undefined
  const over = ends && networkBetween(ends, asked.network)
  if (over && 'code' in over) refusals.push(over)
  const network = over && 'network' in over ? over : undefined
  const lies = ends && endsSeen(ends)
  const found = lies && disksTo({ ...{ record, disks, snapshots: asked.snapshots ?? 'refused' }, from: lies[0], to: lies[1] })
  refusals.push(...(found?.refusals ?? []))
  if (ends && found?.moved.some(({ stays: on }) => on))
    refusals.push(...tooOld(deps, ends.from.id, GIVES), ...tooOld(deps, ends.to.id, TAKES))
  const isWhole = refusals.length === 0 && way !== undefined && ends && network && found && boot.kind === 'done'
  const args = isWhole ? await argsOf(deps, { asked, record, boot: boot.value, way, ends, network, disks: found.moved }) : undefined
  const stays = new Set((found?.moved ?? []).flatMap(({ disk, stays: on }) => (on ? [disk] : [])))
  return {
    kind: 'done',
    value: {
      ...{ guest: name, way, from, to, over: network, refusals, args },
      diskBytes: disks.reduce((sum, { id, sizeBytes }) => sum + (stays.has(id) ? 0 : sizeBytes), 0),
      memoryBytes: way === 'live' ? record.spec.memory : 0,
      others: asked.others === 'told' && places ? withoutHost(places, from) : undefined,
    },
  }
}

function withoutHost({ fits, refused }: Places, { id }: HostView): Places {
  return { fits, refused: refused.filter(({ host }) => host !== id) }
}

const WAYS: Readonly<Partial<Record<Managed['state'], MigrateArgs['way']>>> = { running: 'live', stopped: 'stopped' }

function ofGuest(
  view: Managed,
  { within, to }: MoveAsked,
  from: HostView | undefined,
  way: MigrateArgs['way'] | undefined,
): readonly InTheWay[] {
  const { name, state, why, holding, record } = view
  const all: InTheWay[] = []
  if (holding && holding.automation !== within) all.push({ code: 'locked', reason: heldBy(name, holding).reason })
  else if (state === 'paused') all.push({ code: 'guest-state', reason: `${name} is paused: hostless vm unpause ${name}, or stop it` })
  else if (way === undefined) all.push({ code: 'guest-state', reason: `${name} is ${state}${why === undefined ? '' : `: ${why}`}` })
  if (!from) all.push({ code: 'guest-state', reason: `${name} lies on no host that is known` })
  else if (!isAnswering(from)) all.push({ code: 'source-state', reason: `${from.name}, where ${name} is, is ${sayHost(from)}` })
  if (from && to?.id === from.id) all.push({ code: 'runs-there', reason: `${name} is on ${from.name} already` })
  if (record.disks.some((disk) => disk.state === 'making'))
    all.push({ code: 'disk-not-ready', reason: `not all disks of ${name} are made` })
  if (way === 'live' && record.spec.xl.nomigrate === '1')
    all.push({ code: 'nomigrate', reason: `${name} is not to be migrated while it runs: its spec has nomigrate=1` })
  return all
}

interface Asking {
  readonly record: GuestRecord
  readonly disks: readonly DiskRecord[]
  readonly from: HostView
  readonly way: MigrateArgs['way'] | undefined
  readonly asked: Pick<MoveAsked, 'to' | 'others'>
}

function placesOf({ where, pool }: PlanDeps, { record, disks, from, way, asked: { to, others: told } }: Asking): Promise<Places> {
  const others = pool.hosts().flatMap(({ id, trust }) => (id === from.id || trust === 'rejected' ? [] : [id]))
  const seen = (id: string, name: string): readonly SeeingHost[] => seeing({ id, name }, pool.knownInventory(id))
  const [here] = seen(from.id, from.name)
  const there = pool.hosts().flatMap(({ id, name }) => (others.includes(id) ? seen(id, name) : []))
  const space = disks.flatMap((disk) => {
    const stays = here ? staysOn(disk, here, there) : new Set<string>()
    const thick = { vg: poolOf(record, disk), bytes: disk.sizeBytes }
    return thinOf(record, disk) === undefined ? [{ ...thick, ...(stays.size > 0 ? { there: stays } : {}) }] : []
  })
  return where.places({
    spec: record.spec,
    moving: { from: from.id, disks: space, cpu: way === 'live' ? { kind: 'live', features: record.cpu } : { kind: 'anew' } },
    among: new Set([...(to ? [to.id] : []), ...(to && told !== 'told' ? [] : others)]),
  })
}

function sayRefused({ refused }: Places, to: HostView | undefined): readonly InTheWay[] {
  const asked = refused.filter(({ host, codes }) => (to ? host === to.id : !codes.includes('not-asked')))
  if (asked.length === 0) return [{ code: 'no-host', reason: 'there is no other host' }]
  return asked.slice(0, MOST_HOSTS).flatMap(({ reasons, codes }) => reasons.map((reason, at) => ({ code: codes[at] ?? 'unfit', reason })))
}

const MOST_HOSTS = 8

/** The best that can be reached from there. */
function bestOf(
  { pool }: PlanDeps,
  { from, places, network }: { readonly from: HostView; readonly places: Places; readonly network: string | undefined },
): Ends['to'] | undefined {
  const fits = places.fits.map(({ host: id, name }) => ({ id, name }))
  const inventory = pool.knownInventory(from.id)
  return (
    fits.find((to) => 'network' in networkBetween({ from, to, inventories: [inventory, pool.knownInventory(to.id)] }, network)) ?? fits[0]
  )
}

interface Ends {
  readonly from: HostView
  readonly to: Pick<HostView, 'id' | 'name'>
  readonly inventories: readonly [Inventory | undefined, Inventory | undefined]
}

function endsSeen({ from, to, inventories: [own, other] }: Ends): readonly [SeeingHost, SeeingHost] | undefined {
  const [here, there] = [seeing(from, own), seeing(to, other)].flat()
  return here && there && here.id === from.id ? [here, there] : undefined
}

function seeing({ id, name }: Pick<HostView, 'id' | 'name'>, inventory: Inventory | undefined): readonly SeeingHost[] {
  return inventory ? [{ id, name, inventory }] : []
}

/** Whose agent does not know of what is asked of it for disks that stay: before anything is taken for them. */
function tooOld({ pool }: PlanDeps, id: string, kinds: typeof GIVES | typeof TAKES): readonly InTheWay[] {
  const host = pool.hosts().find((one) => one.id === id)
  const { speaks } = host?.connection ?? {}
  const why = speaks === undefined ? undefined : kinds.map((kind) => withheldFrom(kind, speaks)).find((one) => one !== undefined)
  return host && why !== undefined ? [{ code: 'agent-too-old', reason: `${host.name}: ${why}` }] : []
}

function networkBetween({ from, to, inventories: [one, other] }: Ends, wanted: string | undefined): CommonNetwork | InTheWay {
  if (!one || !other) return { code: 'unread', reason: `${one ? to.name : from.name} has not reported` }
  const common = commonNetworks(one, other)
  const found = wanted === undefined ? common[0] : common.find(({ network }) => network === wanted)
  if (found) return found
  for (const [host, inventory] of [[from, one] as const, [to, other] as const]) {
    const unread = sayUnread(uncountedOf(inventory, ['addresses']))
    if (unread !== undefined) return { code: 'unread', reason: `the addresses of ${host.name} could not be read: ${unread}` }
  }
  const names = common.map(({ network }) => network).join(', ')
  const reason =
    wanted === undefined
      ? `${from.name} and ${to.name} have no IPv4 network in common`
      : `${from.name} and ${to.name} are not both in network ${wanted}${names === '' ? '' : `: they are in ${names}`}`
  return { code: 'no-network', reason }
}

interface Found {
  readonly asked: MoveAsked
  readonly record: GuestRecord
  readonly boot: GuestConfig['boot']
  readonly way: MigrateArgs['way']
  readonly ends: Ends
  readonly network: CommonNetwork
  readonly disks: readonly MovedDisk[]
}

async function argsOf(
  { networks, where, pool, epoch, now }: PlanDeps,
  { asked, record, boot, way, ends, network, disks }: Found,
): Promise<MigrateArgs> {
  const { uuid, spec, created, createdBy } = record
  const known = await networks.list()
  const { maxPauseMs, rateBytes, keepMs } = asked
  const cpu = await where.cpuOn(ends.to.id, spec)
  const guest = configOf({
    ...{ uuid, spec, boot, cpuid: cpu?.cpuid, host: ends.to.id, networks: known, macs: spec.nics.flatMap(({ mac }) => mac ?? []) },
    disks: disks.map(({ disk, to: vg, vdev, access, ...one }) => ({ disk, vg, generation: generationOf(one), vdev, access })),
  })
  const [from, to] = network.addresses
  const there = { id: ends.to.id, name: ends.to.name }
  const common = { uuid, spec, created, createdBy, networks: known, epoch, now: now() }
  const own = remembered({
    ...{ ...common, host: there },
    cpu: way === 'live' ? eitherCpu(record.cpu, cpu?.features) : cpu?.features,
    disks: disks.map(({ to: vg, disk, ...one }) => ({
      ...{ ...one, id: disk, vg, generation: generationOf(one) },
      image: record.disks.find(({ id }) => id === disk)?.image,
    })),
  })
  const home = own && disks.find(({ stays, to }) => stays && to.uuid === own.vg.uuid)
  // In a VG of both it is remembered already, and where its disks lie stays so unless one of them is copied.
  const isSaid = home !== undefined && disks.every(({ stays }) => stays)
  const moving = new Set(disks.map((one): string => one.disk))
  const before =
    home && remembered({ ...common, host: hostArgOf(ends.from), cpu: record.cpu, disks: record.disks.filter(({ id }) => moving.has(id)) })
  const written = sharedIn(pool, ends, [...disks.filter(({ stays }) => !stays), ...(home && !isSaid ? [home] : [])])
  return {
    ...{ guest, restart: spec.restart, way, disks, maxPauseMs, keepMs, epoch, seed: 'first', memoryBytes: memoryNeeded(spec) },
    ...{ from: hostArgOf(ends.from), to: there },
    over: { network: network.network, from, to },
    ...(rateBytes === undefined ? {} : { rateBytes }),
    ...(own && !isSaid ? { remembered: { ...own, ...(before ? { before: before.record } : {}) } } : {}),
    ...(written.length > 0 ? { sharedVgs: written } : {}),
    ...cpuArg(cpu),
  }
}

/** Of the VGs of these disks those of several hosts: LVs are made, tagged or removed there by it, or its record is written. */
function sharedIn(pool: PlanDeps['pool'], { from, to }: Ends, disks: readonly MovedDisk[]): readonly MovedDisk['to'][] {
  const [near, far] = [disks.map((disk) => disk.from), disks.map((disk) => disk.to)]
  const all = [...sharedVgsOf(near, from.id, pool), ...sharedVgsOf(far, to.id, pool)]
  return [...new Map(all.map((vg) => [vg.uuid, vg])).values()]
}
