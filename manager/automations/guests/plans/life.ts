// What is asked of a guest that is there: whether it can be, and what its recipe is given.

import type { z } from 'zod'
import { configOf, type PlacedDisk } from '../../../guests/config.ts'
import type { GuestRecord } from '../../../guests/guest.ts'
import { disksAmong } from '../../../guests/tagged-lvs.ts'
import { memoryNeeded } from '../../../guests/where.ts'
import { lvOf, vgRef } from '../../../protocol/guest-disk.ts'
import { isAnswering, isHarmless, sayHost } from '../../../protocol/host.ts'
import type { DestroyArgs, StopArgs } from '../end.ts'
import { cpuArg, type rememberedStart, type StartArgs } from '../parts.ts'
import { bootOf } from './boot.ts'
import {
  type Asked,
  free,
  heldBy,
  hostArgOf,
  type Managed,
  noGuest,
  type PlanDeps,
  type Planned,
  planned,
  refused,
  runningOn,
  sharedArg,
  sharedVgsOf,
} from './plan.ts'
import { rememberedStarting } from './remembered.ts'

export interface StartAsked extends Asked {
  /** Id of the host that it is to run on. */
  readonly on?: { readonly id: string; readonly name: string } | undefined
}

export async function planStart(
  deps: PlanDeps,
  asked: StartAsked,
): Promise<Planned<StartArgs & { readonly remembered?: z.output<typeof rememberedStart> }>> {
  const found = await free(deps, asked)
  if (found.kind !== 'done') return found
  const { record, name, state, host } = found.value
  if (state === 'running') return refused(`${name} runs already${host ? `, on ${host.name}` : ''}`)
  if (state === 'paused') return refused(`${name} is paused: hostless vm unpause ${name}`)
  if (state !== 'stopped' && state !== 'crashed') return refused(`${name} is ${state}: it cannot be started`)
  if (record.disks.some((disk) => disk.state === 'making'))
    return refused(`not all disks of ${name} are made: destroy it, and create it anew`)
  if (!host || record.host === undefined) return refused(`${name} lies on no host that is known`)
  if (asked.on && asked.on.id !== host.id)
    return refused(`the disks of ${name} lie on ${host.name}, and it cannot start on ${asked.on.name}`)
  const { spec, uuid } = record
  const places = await deps.where.places({ spec, placed: { uuid, host: host.id } })
  if (places.fits.length === 0) {
    const why = places.refused.find((one) => one.host === host.id)?.reasons.join('; ')
    return refused(`${name} cannot start on ${host.name}: ${why ?? 'it has not reported'}`)
  }
  const boot = await bootOf(deps.images, spec)
  if (boot.kind !== 'done') return boot
  const networks = await deps.networks.list()
  const cpu = await deps.where.cpuOn(host.id, spec)
  const guest = configOf({
    ...{ uuid, spec, boot: boot.value, cpuid: cpu?.cpuid, host: host.id, networks, macs: spec.nics.flatMap(({ mac }) => mac ?? []) },
    disks: disksOf(record),
  })
  const leftover = found.value.seen.some((one) => one.host.id === host.id) ? 'domain' : 'none'
  const memoryBytes = memoryNeeded(spec)
  const told = rememberedStarting(deps, found.value, { networks, cpu: cpu?.features })
  return planned('start-guest', {
    ...{ guest, restart: spec.restart, host: hostArgOf(host), memoryBytes, leftover, ...cpuArg(cpu) },
    ...(told ? { remembered: told } : {}),
  })
}

/** But for what is to go. */
export function disksOf({ disks }: GuestRecord): readonly PlacedDisk[] {
  const stay = disks.filter(({ state }) => state !== 'leaving')
  return stay.map(({ id, vg, generation, vdev, access }) => ({ disk: id, vg: vgRef.parse(vg), generation, vdev, access }))
}

export interface StopAsked extends Asked, Pick<StopArgs, 'how' | 'seconds'> {}

export async function planStop(deps: PlanDeps, asked: StopAsked): Promise<Planned<StopArgs>> {
  const found = await free(deps, asked)
  if (found.kind !== 'done') return found
  const { record, name, state } = found.value
  const host = runningOn(found.value)
  if (state === 'defined' || !host) return refused(`${name} runs nowhere`)
  if (state === 'stopped' && record.power === 'off' && found.value.seen.length === 0) return refused(`${name} is stopped already`)
  const how = state === 'crashed' || state === 'stopped' ? 'hard' : asked.how
  return planned('stop-guest', { guest: { uuid: record.uuid, name }, host: hostArgOf(host), how, seconds: asked.seconds })
}

export interface DestroyAsked extends Asked {
  readonly disks: 'remove' | 'keep'
}

export async function planDestroy(deps: PlanDeps, asked: DestroyAsked): Promise<Planned<DestroyArgs>> {
  const found = await free(deps, asked)
  if (found.kind !== 'done') return found
  const { record, name } = found.value
  const host = runningOn(found.value)
  if (host && !isAnswering(host)) {
    return refused(`${host.name} is ${sayHost(host)}, and has disks of ${name}: they can be removed when it is up again`)
  }
  const keeps = asked.disks === 'keep'
  const disks = keeps ? [] : record.disks.map(({ id, vg }) => ({ disk: id, vg: vgRef.parse(vg) }))
  const guest = { uuid: record.uuid, name }
  return planned('destroy-guest', {
    guest,
    ...(host ? { host: hostArgOf(host) } : {}),
    disks,
    ...(keeps ? {} : copiesArg(copiesOf(record, deps.pool))),
    remembering: host ? vgsOf(record) : [],
    ...sharedArg(host ? sharedVgsOf(vgsOf(record), host.id, deps.pool) : []),
    left: keeps ? lvsOf(record) : [],
  })
}

/** Of a guest whose host is gone for good: that it runs nothing any more is certain, or it would run twice when it comes back. */
export async function planForget(
  { book, pool }: Pick<PlanDeps, 'book' | 'pool'>,
  { ref, within, confirm }: Asked & { readonly confirm: string },
): Promise<Planned<DestroyArgs>> {
  const view = await book.find(ref)
  if (!view) return noGuest(ref)
  const { record, name, holding, seen } = view
  if (holding && holding.automation !== within) return heldBy(name, holding)
  if (confirm !== name) return refused(`to forget ${name}, say its name as it stands: ${JSON.stringify(confirm)} is another`)
  const host = record.host === undefined ? undefined : pool.hosts().find(({ id }) => id === record.host)
  if (host && !isHarmless(host) && host.trust !== 'rejected') {
    const how =
      host.presence === 'lost' ? `hostless host fence ${host.name} --proof TEXT says that it runs nothing` : `hostless vm destroy ${name}`
    return refused(`${host.name}, where ${name} lies, is ${sayHost(host)}: ${how}`)
  }
  const runs = seen.find((one) => one.host.id !== record.host && one.domain.state !== 'shutdown' && one.domain.state !== 'crashed')
  if (runs) return refused(`${name} runs on ${runs.host.name}: it is not forgotten while it runs`)
  return planned('destroy-guest', { guest: { uuid: record.uuid, name }, disks: [], remembering: [], left: lvsOf(record, host?.name) })
}

type Copies = NonNullable<DestroyArgs['copies']>

/** On hosts that answer. Those in a VG of several hosts are left to the manager's task left-disks, which knows who else may write there. */
function copiesOf({ uuid, disks }: GuestRecord, pool: PlanDeps['pool']): Copies {
  const found = pool
    .hosts()
    .filter(isAnswering)
    .flatMap((host) =>
      disksAmong(pool.knownInventory(host.id)?.lvs ?? []).flatMap(({ lv, tags: { disk, guest, state } }) => {
        const vg = vgRef.safeParse({ name: lv.vg, uuid: lv.vgUuid })
        const isIt = disks.some(({ id, vg: own }) => id === disk && own.uuid === lv.vgUuid)
        return guest === uuid && state === 'stale' && !isIt && vg.success ? [{ host: hostArgOf(host), disk, vg: vg.data }] : []
      }),
    )
  return found.filter(({ host, vg }) => sharedVgsOf([vg], host.id, pool).length === 0)
}

function copiesArg(copies: Copies): Pick<DestroyArgs, 'copies'> {
  return copies.length === 0 ? {} : { copies }
}

/** Each once. */
function vgsOf({ disks }: GuestRecord): DestroyArgs['remembering'] {
  return [...new Map(disks.map(({ vg }) => [vg.uuid, vgRef.parse(vg)])).values()]
}

function lvsOf({ disks, host }: GuestRecord, name = host): readonly string[] {
  return disks.map(({ id, vg }) => `${vg.name}/${lvOf(id)}${name === undefined || name === host ? '' : ` of ${name}`}`)
}

interface OnHost {
  readonly guest: StopArgs['guest']
  readonly host: StopArgs['host']
}

export async function planReboot(deps: PlanDeps, asked: Asked): Promise<Planned<OnHost & { readonly domid: number }>> {
  const found = await free(deps, asked)
  if (found.kind !== 'done') return found
  const [seen] = found.value.seen
  if (found.value.state !== 'running' || !seen) return refused(notRunning(found.value))
  return planned('reboot-guest', { guest: guestArg(found.value), host: hostArgOf(seen.host), domid: seen.domain.domid })
}

export async function planPause(deps: PlanDeps, asked: Asked & { readonly to: 'paused' | 'running' }): Promise<Planned<OnHost>> {
  const found = await free(deps, asked)
  if (found.kind !== 'done') return found
  const { state, name } = found.value
  const host = runningOn(found.value)
  if (asked.to === 'paused' && (state !== 'running' || !host)) return refused(notRunning(found.value))
  if (asked.to === 'running' && (state !== 'paused' || !host)) return refused(`${name} is ${state}, and not paused`)
  if (!host) return refused(`${name} runs nowhere`)
  return planned(asked.to === 'paused' ? 'pause-guest' : 'unpause-guest', { guest: guestArg(found.value), host: hostArgOf(host) })
}

function guestArg({ record, name }: Managed): StopArgs['guest'] {
  return { uuid: record.uuid, name }
}

function notRunning({ name, state }: Managed): string {
  return state === 'running' ? `${name} has only just started: its host has not reported it yet` : `${name} is ${state}, and not running`
}
