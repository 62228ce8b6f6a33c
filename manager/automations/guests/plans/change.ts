// A guest as it is to be: what differs from what it is, what of that a guest that runs has at once, and what its recipe is given.

import { changed } from '../../../guests/changed.ts'
import { configOf, withVdevs } from '../../../guests/config.ts'
import { AT_ONCE, type Difference, differenceOf } from '../../../guests/difference.ts'
import type { DiskRecord } from '../../../guests/guest.ts'
import { freeMacs } from '../../../guests/macs.ts'
import type { Done } from '../../../outcome.ts'
import { poolsOf } from '../../../placement/picture.ts'
import type { GuestChange } from '../../../protocol/guest-change.ts'
import { vgRef } from '../../../protocol/guest-disk.ts'
import { type GuestSpec, type NicSpec, writeSpec } from '../../../protocol/guest-spec.ts'
import type { Guest as Domain } from '../../../protocol/guests.ts'
import { isAnswering, sayHost } from '../../../protocol/host.ts'
import { uuid as uuidSchema } from '../../../protocol/values.ts'
import { claimsOf } from '../../../store/tables/claims.ts'
import type { ChangeArgs } from '../change-args.ts'
import type { NewDisk } from '../create.ts'
import { diskPart } from '../rows.ts'
import { fromImages, sayNoNetwork } from './create.ts'
import { type Asked, free, hostArgOf, type Managed, type PlanDeps, type Planned, planned, refused, sharedArg, sharedVgsOf } from './plan.ts'
import { rememberedAs } from './remembered.ts'
import { type Said, sayChanges, sizesOf } from './say-change.ts'

export type ChangeAsked = Asked & ({ readonly spec: GuestSpec } | { readonly change: GuestChange })

interface Looked {
  readonly view: Managed
  readonly difference: Difference
  readonly live: 'yes' | 'no'
  /** Of the guest's disks that it had no more, and that are yet to be removed. */
  readonly leaving: readonly DiskRecord[]
}

/** What would be other, and from when on. */
export async function previewChange(deps: PlanDeps, asked: ChangeAsked): Promise<Done<readonly Said[]>> {
  const looked = await look(deps, asked)
  return looked.kind === 'done' ? { kind: 'done', value: sayOf(looked.value) } : looked
}

export async function planChange(deps: PlanDeps, asked: ChangeAsked): Promise<Planned<ChangeArgs>> {
  const looked = await look(deps, asked)
  if (looked.kind !== 'done') return looked
  const { view, difference, live, leaving } = looked.value
  const { record, name, host, seen } = view
  const { added, grown, removed, newNics, goneNics, keys, wanted } = difference
  const touched = added.length + grown.length + removed.length + leaving.length
  const isOnHost = touched > 0 || live === 'yes'
  if (isOnHost && (!host || record.host === undefined)) return refused(`${name} lies on no host that is known`)
  if (touched > 0 && host && !isAnswering(host))
    return refused(`${host.name} is ${sayHost(host)}: disks of ${name} can be changed when it is up`)
  if (difference.name !== undefined && (await deps.book.find(difference.name)))
    return refused(`there is a guest ${difference.name} already: hostless vm show ${difference.name}`, 'held')
  const networks = await deps.networks.list()
  const unknown = [...newNics, ...difference.otherNics].find(({ network }) => !networks.some((one) => one.name === network))
  if (unknown) return refused(sayNoNetwork(unknown, networks))
  const disks = await newDisks(deps, looked.value)
  if (disks.kind !== 'done') return disks
  const nics = await withMacs(deps, record.uuid, newNics)
  if (!nics) return refused('no MAC is free')
  const { uuid, spec } = record
  const id = host?.id ?? ''
  const attached = (all: readonly NicSpec[]) =>
    configOf({ uuid, spec: { ...spec, nics: [...all] }, host: id, disks: [], macs: all.flatMap(({ mac }) => mac ?? []), networks }).nics
  const [domain] = seen
  const whole: GuestSpec = {
    ...wanted,
    disks: [...wanted.disks.filter((disk) => !added.includes(disk)), ...disks.value.map(({ spec: one }) => one)],
    nics: [...wanted.nics.filter((nic) => !newNics.includes(nic)), ...nics],
  }
  const resize = live === 'yes' && domain ? sizesOf(keys, wanted, domain.domain) : undefined
  const of = (vdevs: readonly string[]) => record.disks.filter((disk) => vdevs.includes(disk.vdev) && disk.state !== 'leaving')
  const larger = of(grown.map(({ vdev }) => vdev))
  const parts = [...(difference.name === undefined ? [] : ['name']), ...larger.map((disk) => diskPart(disk.id))]
  const newOnes = disks.value.map(({ disk }) => disk)
  const own = rememberedAs(deps, view, { wanted: whole, added: newOnes, grown, removed, networks })
  return planned('change-guest', {
    ...{ guest: { uuid, name }, live, said: sayOf(looked.value).map(({ what }) => what), epoch: deps.epoch },
    ...(isOnHost && host ? { host: hostArgOf(host) } : {}),
    ...{ before: JSON.stringify(writeSpec(spec)), wanted: JSON.stringify(writeSpec(whole)) },
    ...(difference.name === undefined ? {} : { rename: difference.name }),
    ...(resize ? { resize } : {}),
    added: newOnes,
    grown: larger.map((disk): ChangeArgs['grown'][number] => {
      const now = grown.find(({ vdev }) => vdev === disk.vdev)
      const sized = { disk: disk.id, vdev: disk.vdev, vg: vgRef.parse(disk.vg), sizeBytes: now?.size ?? disk.sizeBytes }
      return { ...sized, space: now?.thinPool === undefined ? 'thick' : 'thin' }
    }),
    ...(own ? { remembered: own } : {}),
    ...sharedArg(
      sharedVgsOf(
        [...newOnes, ...of(removed), ...larger, ...leaving, ...(own ? [own] : [])].flatMap(({ vg }) => vgRef.safeParse(vg).data ?? []),
        id,
        deps.pool,
      ),
    ),
    removed: [...of(removed).map((disk) => leavingDisk(disk, live)), ...leaving.map((disk) => leavingDisk(disk, 'no'))],
    newNics: attached(nics),
    goneNics: goneNics.flatMap((nic) => goneNic(nic, live === 'yes' ? domain?.domain : undefined)),
    claims: (await claimsOf(deps.store.db, 'guest', uuid)).filter(({ part }) => parts.includes(part)),
  })
}

async function look(deps: PlanDeps, asked: ChangeAsked): Promise<Done<Looked>> {
  const found = await free(deps, asked)
  if (found.kind !== 'done') return found
  const view = found.value
  const { record, name, state, seen } = view
  const leaving = record.disks.filter((disk) => disk.state === 'leaving')
  const isGone = (vdev: string): boolean => leaving.some((disk) => disk.vdev === vdev)
  const wanted =
    'spec' in asked
      ? ({ kind: 'done', value: asked.spec } as const)
      : changed(record.spec, { ...asked.change, removeDisks: asked.change.removeDisks.filter((vdev) => !isGone(vdev)) })
  if (wanted.kind !== 'done') return wanted
  const difference = differenceOf(record.spec, wanted.value)
  if (difference.kind !== 'done') return difference
  const live = state === 'running' || state === 'paused' ? 'yes' : 'no'
  const isPlain = difference.value.keys.every((key) => AT_ONCE.some((one) => one === key))
  if (live === 'no' && state !== 'stopped' && state !== 'defined' && state !== 'crashed' && !isPlain)
    return refused(`${name} is ${state}: it can be changed when it runs, or is stopped`)
  if (live === 'yes' && seen.length === 0) return refused(`${name} has only just started: its host has not reported it yet`)
  if (record.disks.some((disk) => disk.state === 'making'))
    return refused(`not all disks of ${name} are made: destroy it, and create it anew`)
  return { kind: 'done', value: { view, difference: difference.value, live, leaving } }
}

function sayOf({ view: { record, seen }, difference, live, leaving }: Looked): readonly Said[] {
  return sayChanges({ before: record.spec, difference, domain: live === 'yes' ? seen[0]?.domain : undefined, leaving })
}

function leavingDisk({ id, vdev, vg, generation, access }: DiskRecord, live: 'yes' | 'no'): ChangeArgs['removed'][number] {
  const one = { disk: id, vdev, vg: vgRef.parse(vg) }
  return { ...one, ...(live === 'yes' ? { attached: { ...one, generation, access } } : {}) }
}

/** As the domain has it; one that it does not have goes from the spec alone. */
function goneNic({ mac, rateKBps, filter }: NicSpec, domain: Domain | undefined): ChangeArgs['goneNics'] {
  if (mac === undefined) return []
  const bridge = domain?.nics.find((one) => one.mac === mac)?.bridge
  if (bridge === undefined) return [{ mac }]
  const bounds = { ...(rateKBps === undefined ? {} : { rateKBps }), ...(filter === undefined ? {} : { filter }) }
  return [{ mac, attached: { mac, bridge, ...bounds } }]
}

interface Placed {
  readonly disk: NewDisk
  readonly spec: GuestSpec['disks'][number]
}

/** At places of the bus that neither another disk has nor one that is yet to go. */
async function newDisks(
  deps: PlanDeps,
  { view: { record, name }, difference: { added, wanted } }: Looked,
): Promise<Done<readonly Placed[]>> {
  if (added.length === 0) return { kind: 'done', value: [] }
  const inventory = record.host === undefined ? undefined : deps.pool.knownInventory(record.host)
  const pools = inventory && poolsOf(inventory)
  if (!pools) return refused(`the host of ${name} has not reported its VGs`)
  const taken = new Set(record.disks.map(({ vdev }) => vdev))
  const named = withVdevs([...[...taken].map((vdev) => ({ ...wanted.disks[0], vdev })), ...added.map((disk) => ({ ...disk }))])
  const free = named.slice(taken.size)
  const there = free.find(({ vdev }) => taken.has(vdev))
  if (there) return refused(`${name} has a disk at ${there.vdev} already`)
  const sized = await fromImages(deps, { ...wanted, disks: added.map((disk, at) => ({ ...disk, vdev: free[at]?.vdev })) })
  if (sized.kind !== 'done') return sized
  const placed: Placed[] = []
  for (const { from, vdev, size, pool, thinPool, access, image } of sized.value) {
    const vg = vgRef.safeParse(pools.get(pool))
    if (!vg.success) return refused(`the host of ${name} has no VG ${pool}`)
    const more = { ...(thinPool === undefined ? {} : { thinPool }), ...(from ? { image: from } : {}) }
    placed.push({
      disk: { disk: uuidSchema.parse(deps.newUuid()), vdev, vg: vg.data, sizeBytes: size, access, ...more },
      spec: { vdev, size, pool, thinPool, access, image },
    })
  }
  return { kind: 'done', value: placed }
}

async function withMacs(deps: PlanDeps, uuid: string, nics: readonly NicSpec[]): Promise<readonly NicSpec[] | undefined> {
  const free = await freeMacs(
    deps,
    nics.map((_, at) => `${uuid}/new nic ${at}`),
  )
  return free && nics.map((nic, at) => ({ ...nic, mac: nic.mac ?? free[at] }))
}
