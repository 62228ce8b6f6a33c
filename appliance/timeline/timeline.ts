// From an attempt's events to its stages with times, and to the view that people and programs get. Pure: the
// time that a view is taken at goes in.
import { type OnceKind, sayOnce } from '../../manager/protocol/once.ts'
import { TOOL_FILES } from '../boot/tools.ts'
import type { Ipv4, Mac } from '../wire/addresses.ts'
import type { Generation, ImageName } from '../wire/generation.ts'
import { type Attempt, addressOf, eventsOf, onceServed, type RecordedEvent } from './attempt.ts'
import { explainCapture, explainEnd, explainFailure, explainOnce, explainStuck } from './diagnosis.ts'
import { type EventOf, REPORTED_STAGES, type ReportedStage, type Stage } from './event.ts'

export interface StageView {
  readonly stage: Stage
  /** ms since the epoch: when it was done; while it runs, or when it failed, when that was first seen. */
  readonly at: number
  /** Since the stage before; 0 for the first. */
  readonly seconds: number
  readonly status: 'done' | 'failed' | 'running'
  readonly detail: string
}

/** `once`: it has got something else than the pool to boot, as was ordered; whatever becomes of that, it is no boot of the pool that hangs. */
export type AttemptState = 'booting' | 'up' | 'failed' | 'stuck' | 'once'

export interface AttemptView {
  readonly id: string
  /** The name, or the MAC of a host that the config does not know. */
  readonly host: string
  readonly mac: Mac
  readonly address?: Ipv4
  readonly image?: ImageName
  readonly generation?: Generation
  /** ms since the epoch */
  readonly startedAt: number
  readonly state: AttemptState
  /** What it boots instead of the pool. */
  readonly once?: OnceKind
  readonly stages: readonly StageView[]
  /** Versions, as the host reported them. */
  readonly xen?: string
  readonly kernel?: string
  /** Of a failed or stuck attempt, and of one that boots something else and has come back: what is wrong and what to do. */
  readonly diagnosis?: string
  /** What was on the wire is kept, and can be fetched by the attempt's id. */
  readonly capture?: { readonly packets: number; readonly missed: number }
}

/** What a view depends on besides the attempt. */
export interface ViewContext {
  readonly host: string
  /** The host has begun another boot since. */
  readonly superseded: boolean
  /** ms since the epoch */
  readonly now: number
}

/** How long (ms) after a stage the next sign of life may take. Xen and Linux start within 30 s, but say nothing meanwhile. */
export const PATIENCE: Readonly<Record<Stage, number>> = {
  firmware: 45_000,
  ipxe: 45_000,
  script: 60_000,
  kernel: 150_000,
  initramfs: 60_000,
  network: 180_000,
  root: 60_000,
  dom0: 180_000,
  up: Number.POSITIVE_INFINITY,
}

export function viewOf(attempt: Attempt, context: ViewContext): AttemptView {
  const stages = stagesOf(attempt)
  const state = stateOf(attempt, stages, context)
  const address = addressOf(attempt)
  const once = onceServed(attempt)?.what
  const versions = eventsOf(attempt, 'report').map(({ event }) => event.detail)
  const xen = versions.flatMap((detail) => detail.xen ?? []).at(-1)
  const kernel = versions.flatMap((detail) => detail.kernel ?? []).at(-1)
  const [kept] = eventsOf(attempt, 'capture')
  const capture = kept && { packets: kept.event.packets, missed: kept.event.missed }
  const cause = diagnose(attempt, stages, state, context)
  const diagnosis = cause && capture ? `${cause} ${explainCapture(context.host)}` : cause
  return {
    id: attempt.id,
    host: context.host,
    mac: attempt.mac,
    ...(address ? { address } : {}),
    ...(attempt.pin ?? {}),
    startedAt: attempt.startedAt,
    state,
    ...(once ? { once } : {}),
    stages,
    ...(xen ? { xen } : {}),
    ...(kernel ? { kernel } : {}),
    ...(diagnosis ? { diagnosis } : {}),
    ...(capture ? { capture } : {}),
  }
}

/** When a booting attempt turns stuck, ms since the epoch, unless something happens first. */
export function stuckAt(attempt: Attempt): number {
  const stages = stagesOf(attempt)
  const last = stages.at(-1)
  const progress = stages.reduce((latest, { at }) => Math.max(latest, at), attempt.startedAt)
  return progress + PATIENCE[last?.stage ?? 'firmware']
}

function stateOf(attempt: Attempt, stages: readonly StageView[], { superseded, now }: ViewContext): AttemptState {
  if (onceServed(attempt) && stages.every(({ status }) => status !== 'failed')) return 'once'
  if (stages.at(-1)?.stage === 'up' && stages.at(-1)?.status === 'done') return 'up'
  if (superseded || stages.some(({ status }) => status === 'failed')) return 'failed'
  return now >= stuckAt(attempt) ? 'stuck' : 'booting'
}

function diagnose(attempt: Attempt, stages: readonly StageView[], state: AttemptState, { superseded }: ViewContext): string | undefined {
  const failed = stages.findLast(({ status }) => status === 'failed')
  const last = stages.at(-1)?.stage
  switch (state) {
    case 'booting':
    case 'up':
      return undefined
    case 'once':
      return explainOnce(attempt)
    case 'failed': {
      const cause = failed ? explainFailure(attempt, failed.stage, failed.detail) : explainStuck(attempt, last, stages.at(-1)?.at)
      return superseded ? explainEnd(last, cause) : cause
    }
    case 'stuck':
      return explainStuck(attempt, last, stages.at(-1)?.at)
  }
}

type Found = Omit<StageView, 'seconds'>

/** The stages that were reached, in order, each with its distance to the one before. */
export function stagesOf(attempt: Attempt): StageView[] {
  const reported = REPORTED_STAGES.flatMap((stage) => reportedStage(attempt, stage) ?? [])
  const loaded = [scriptStage(attempt), kernelStage(attempt)].flatMap((found) => found ?? [])
  const later = [...loaded, ...reported]
  const ipxe = dhcpStage(attempt, 'ipxe', later.length > 0)
  const heard = ipxe !== undefined || later.length > 0
  const firmware = dhcpStage(attempt, 'firmware', heard) ?? (heard ? undefined : droppedStage(attempt))
  const found = [firmware, ipxe, ...later].flatMap((stage) => stage ?? [])
  const views: StageView[] = []
  for (const stage of found) {
    const before = views.at(-1)
    // Reports travel side by side: one may overtake that of the stage before.
    const at = Math.max(stage.at, before?.at ?? stage.at)
    views.push({ ...stage, at, seconds: before ? (at - before.at) / 1000 : 0 })
  }
  return views
}

function dhcpStage(attempt: Attempt, by: 'firmware' | 'ipxe', passed: boolean): Found | undefined {
  const exchanges = eventsOf(attempt, 'dhcp').filter(({ event }) => event.by === by)
  const first = exchanges.find(({ event }) => event.message === 'DISCOVER') ?? exchanges[0]
  if (!first) return undefined
  const discovers = exchanges.filter(({ event }) => event.message === 'DISCOVER').reduce((sum, { times }) => sum + times, 0)
  const address = exchanges.flatMap(({ event }) => (event.answer === 'ack' && event.address ? [event.address] : [])).at(-1)
  const loader = by === 'firmware' ? loaderOf(attempt) : undefined
  const isFirst = by === 'firmware' || eventsOf(attempt, 'dhcp').every(({ event }) => event.by !== 'firmware')
  const dropped = isFirst ? dropsText(attempt) : undefined
  const parts = [first.event.architecture, discovers > 1 ? `${discovers} DISCOVERs` : undefined, address, loader, dropped]
  return { stage: by, at: first.at, status: passed ? 'done' : 'running', detail: sentence(parts) }
}

/** A machine of which nothing but what we could not read was heard. */
function droppedStage(attempt: Attempt): Found | undefined {
  const [first] = eventsOf(attempt, 'drop').filter(({ event }) => event.protocol === 'dhcp')
  return first && { stage: 'firmware', at: first.at, status: 'running', detail: dropsText(attempt) ?? '' }
}

/** What we dropped ourselves, for the stage that it belongs to most often. */
function dropsText(attempt: Attempt): string | undefined {
  const drops = eventsOf(attempt, 'drop')
  if (drops.length === 0) return undefined
  const times = drops.reduce((sum, recorded) => sum + recorded.times, 0)
  const latest = [...drops].sort((a, b) => a.last - b.last).at(-1)
  return `${times} dropped here: ${name(latest?.event.protocol ?? 'dhcp')} ${latest?.event.reason ?? ''}`
}

/** The file that the firmware loaded, by TFTP or (UEFI HTTP boot) by HTTP. */
function loaderOf(attempt: Attempt): string | undefined {
  const fetched = [...eventsOf(attempt, 'tftp'), ...eventsOf(attempt, 'file')].filter(
    ({ event }) => event.outcome === 'served' && !isBootFile(event.file),
  )
  return fetched.sort((a, b) => a.last - b.last).at(-1)?.event.file
}

/** Of a host from a stick this is when it came to us: all that was loaded before, it loaded by itself. */
function stickStage(attempt: Attempt): Found | undefined {
  const latest = [...eventsOf(attempt, 'stick')].sort((a, b) => a.last - b.last).at(-1)
  if (!latest) return undefined
  const { outcome, reason, image, generation } = latest.event
  if (outcome === 'refused') return { stage: 'script', at: latest.at, status: 'failed', detail: reason ?? 'refused' }
  return { stage: 'script', at: latest.at, status: 'done', detail: `none: it runs from a stick with ${image}, generation ${generation}` }
}

function scriptStage(attempt: Attempt): Found | undefined {
  const asked = [...eventsOf(attempt, 'script')].sort((a, b) => a.last - b.last)
  const latest = asked.at(-1)
  if (!latest) return stickStage(attempt)
  if (latest.event.outcome === 'refused')
    return { stage: 'script', at: latest.at, status: 'failed', detail: latest.event.reason ?? 'refused' }
  const served = asked.filter(({ event }) => event.outcome === 'served')
  const times = served.reduce((sum, recorded) => sum + recorded.times, 0)
  const at = Math.min(...served.map((recorded) => recorded.at))
  return {
    stage: 'script',
    at,
    status: 'done',
    detail: sentence([
      latest.event.once && sayOnce(latest.event.once),
      `over ${name(latest.event.transport)}`,
      times > 1 ? `asked for ${times} times` : undefined,
    ]),
  }
}

/** Done when the initramfs, the last file of the script, or memtest86+ has gone out whole. */
function kernelStage(attempt: Attempt): Found | undefined {
  const files = eventsOf(attempt, 'file').filter(({ event }) => isBootFile(event.file))
  const whole = files.filter(({ event }) => event.outcome === 'served')
  const initrd = whole.find(({ event }) => event.file === 'initrd.img' || isTool(event.file))
  const broken = files.filter(({ event }) => event.outcome !== 'served' && event.outcome !== 'partial')
  const [latest] = [...files].sort((a, b) => b.last - a.last)
  if (!latest) return undefined
  const parts = [
    whole.length > 0 ? whole.map(({ event }) => fileText(event)).join(', ') : undefined,
    ...broken.map(({ event }) => `${event.file} ${event.outcome} over ${name(event.transport)}`),
  ]
  return { stage: 'kernel', at: initrd?.at ?? latest.at, status: initrd ? 'done' : 'running', detail: sentence(parts) }
}

function reportedStage(attempt: Attempt, stage: ReportedStage): Found | undefined {
  const reports = eventsOf(attempt, 'report').filter(({ event }) => event.stage === stage)
  const [latest] = [...reports].sort((a, b) => b.last - a.last || b.seq - a.seq)
  const first = reports[0]
  if (!latest || !first) return undefined
  const { status, detail } = latest.event
  switch (status) {
    case 'begin':
      return { stage, at: latest.at, status: 'running', detail: detailText(detail) }
    case 'failed':
      return { stage, at: latest.at, status: 'failed', detail: detail.reason ?? (detailText(detail) || 'no reason given') }
    case 'done':
      // The initramfs is reached with its first word, the other stages when they are done.
      return {
        stage,
        at: stage === 'initramfs' ? first.at : latest.at,
        status: 'done',
        detail: sentence([detailText(detail), failuresBefore(reports)]),
      }
  }
}

/** Why the stage took longer than it needs to. */
function failuresBefore(reports: readonly (RecordedEvent & { readonly event: EventOf<'report'> })[]): string | undefined {
  const failed = reports.filter(({ event }) => event.status === 'failed')
  const latest = [...failed].sort((a, b) => a.last - b.last).at(-1)
  if (!latest) return undefined
  const count = failed.reduce((sum, { times }) => sum + times, 0)
  return `failed ${count === 1 ? 'once' : `${count} times`} before: ${latest.event.detail.reason ?? 'no reason given'}`
}

function detailText(detail: EventOf<'report'>['detail']): string {
  return sentence(Object.entries(detail).map(([key, value]) => `${key} ${value}`))
}

function fileText({ file, bytes, transport }: EventOf<'file'>): string {
  const size = bytes >= 1_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${Math.ceil(bytes / 1000)} kB`
  return `${file} ${size} ${name(transport)}`
}

function isBootFile(file: string): boolean {
  return isTool(file) || ['xen', 'xen.efi', 'xen.cfg', 'vmlinuz', 'initrd.img'].includes(file)
}

function isTool(file: string): boolean {
  return TOOL_FILES.some((tool) => tool === file)
}

function name(transport: EventOf<'drop'>['protocol']): string {
  return transport.toUpperCase()
}

function sentence(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(', ')
}
