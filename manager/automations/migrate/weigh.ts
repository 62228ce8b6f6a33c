// Whether and how a guest can go to another host: the plan that is shown, and the plan that is run. All that is in the way is named, each
// with a code that stays. It looks at the world as it is now; claims and hosts have the last word.

import { type CommonNetwork, commonNetworks } from '../../connectivity/common-networks.ts'
import type { DiskRecord, GuestRecord } from '../../guests/guest.ts'
import type { Places } from '../../guests/where.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import type { Done } from '../../outcome.ts'
import { isAnswering, sayHost } from '../../protocol/host.ts'
import type { Inventory } from '../../protocol/inventory.ts'
import { withheldFrom } from '../../protocol/requests.ts'
import { sayUnread, uncountedOf } from '../../protocol/unread.ts'
import type { SeeingHost } from '../../storage/shared-vgs.ts'
import { bootOf, NO_KERNEL } from '../guests/plans/boot.ts'
import { heldBy, type Managed, noGuest, type PlanDeps, type Planned, planned, runningOn } from '../guests/plans/plan.ts'
import type { MigrateArgs } from './args.ts'
import type { MoveAsked } from './asked.ts'
import { disksTo, type InTheWay, poolOf, staysOn, thinOf } from './disks-to.ts'
import { type NotSent, notSent } from './estimate.ts'
import { argsOf, type Ends, USUAL_RESTART } from './planned-args.ts'
import { stopOf } from './restarting.ts'
import { GIVES, going, TAKES } from './shared.ts'

export interface Weighed {
  readonly guest: string
  readonly way: MigrateArgs['way'] | undefined
  readonly from: HostView | undefined
  readonly to: Pick<HostView, 'id' | 'name'> | undefined
  readonly over: CommonNetwork | undefined
  readonly diskBytes: number
  readonly memoryBytes: number
  /** By disk that is copied. */
  readonly saved: ReadonlyMap<string, NotSent>
  /** Of one that is restarted: how long it is down, ms, beyond what it takes to power off and to boot. */
  readonly stopMs?: number | undefined
  /** All of them; none where there are `args`. */
  readonly refusals: readonly InTheWay[]
  readonly args: MigrateArgs | undefined
  /** Of one that cannot go live as it stands: what a stop would come to. */
  readonly restart?: { readonly stopMs: number } | undefined
  /** Where that was asked for and the guest lies somewhere. */
  readonly others: Places | undefined
}

export function planOf(weighed: Done<Weighed>): Planned<MigrateArgs> {
  if (weighed.kind !== 'done') return weighed
  const { args, refusals } = weighed.value
  if (args) return planned('migrate-guest', args)
  const offer = weighed.value.restart ? `; ${sayOffer(weighed.value.restart)}` : ''
  const code = refusals.some((one) => one.code === 'locked') ? 'locked' : refusals.some((one) => one.code === 'unread') ? 'unread' : 'unfit'
  return { kind: 'refused', code, reason: `${refusals.map(({ reason }) => reason).join('; ')}${offer}` }
}

/** What somebody is told who has not asked for it. */
export function sayOffer({ stopMs }: NonNullable<Weighed['restart']>): string {
  return `--restart moves it with a stop of about ${Math.ceil(stopMs / 1000)} s, beside what it takes to power off and to boot`
}

export async function weigh(deps: PlanDeps, asked: MoveAsked): Promise<Done<Weighed>> {
  const view = await deps.book.find(asked.ref)
  if (!view) return noGuest(asked.ref)
  const isRunning = view.state === 'running' && asked.as === undefined
  if (isRunning && asked.restart?.when === 'always') return weighAs(deps, asked, view, 'restarted')
  const way = isRunning ? 'live' : asked.as === 'stopped' && view.state === 'running' ? 'stopped' : WAYS[view.state]
  const weighed = await weighAs(deps, asked, view, way)
  if (weighed.value.way !== 'live' || weighed.value.args) return weighed
  const restarted = await weighAs(deps, { ...asked, restart: asked.restart ?? USUAL_RESTART }, view, 'restarted')
  if (!restarted.value.args) return weighed
  return asked.restart ? restarted : { kind: 'done', value: { ...weighed.value, restart: { stopMs: restarted.value.stopMs ?? 0 } } }
}

async function weighAs(
  deps: PlanDeps,
  asked: MoveAsked,
  view: Managed,
  way: MigrateArgs['way'] | undefined,
): Promise<{ readonly kind: 'done'; readonly value: Weighed }> {
  const { record, name } = view
  const from = runningOn(view)
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
  const copied = going({ disks: found?.moved ?? [] })
  const saved = new Map<string, NotSent>(lies ? copied.map((one) => [one.disk, notSent(one, ...lies)]) : [])
  const diskBytes = disks.reduce((sum, { id, sizeBytes }) => sum + (stays.has(id) ? 0 : sizeBytes), 0)
  return {
    kind: 'done',
    value: {
      ...{ guest: name, way, from, to, over: network, refusals, args },
      diskBytes,
      saved,
      memoryBytes: way === 'live' ? record.spec.memory : 0,
      stopMs: args && way === 'restarted' ? stopOf(args, diskBytes) : undefined,
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
  readonly asked: Pick<MoveAsked, 'to' | 'among' | 'others'>
}

function placesOf({ where, pool }: PlanDeps, { record, disks, from, way, asked: { to, among, others: told } }: Asking): Promise<Places> {
  const others = pool.hosts().flatMap(({ id, trust }) => (id === from.id || trust === 'rejected' || among?.has(id) === false ? [] : [id]))
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
