// What is done with the LV of a disk: made, zeroed, tagged, discarded, removed. Each function resolves with undefined when it is done, and
// otherwise with why not.
import { createHash } from 'node:crypto'
import { type DiskTags, writeDiskTags } from '../../../manager/protocol/guest-disk.ts'
import type { Lv, Vg } from '../../../manager/protocol/storage.ts'
import type { Command, Ran } from '../backend.ts'
import type { Task } from '../requests/task.ts'
import { failureOf, saidBy, type World } from '../requests/world.ts'
import { lvmCommand, mapOfLv } from './lvm.ts'
import { readMaps } from './maps.ts'

type VolumeWorld = Pick<World, 'backend'>
type Failure = Promise<string | undefined>

export interface NewVolume {
  readonly vg: Vg
  readonly name: string
  readonly thinPool?: string
  /** Whole extents. */
  readonly sizeBytes: number
  readonly tags: DiskTags
}

/**
 * Not active, so that nobody reads what was there before; and skipped whenever all of a VG is activated. Its signatures are not looked
 * for: all of it is zeroed.
 */
export function createVolume({ backend }: VolumeWorld, { vg, name, thinPool, sizeBytes, tags }: NewVolume): Failure {
  const common = ['-an', '-k', 'y', '-n', name, ...writeDiskTags(tags).flatMap((tag) => ['--addtag', tag])]
  return failureOf(
    backend,
    thinPool === undefined
      ? lvmCommand('lvcreate', '-W', 'n', '-Z', 'n', ...common, '-l', String(sizeBytes / vg.extentBytes), vg.name)
      : lvmCommand('lvcreate', ...common, '-V', `${sizeBytes}b`, '-T', `${vg.name}/${thinPool}`),
  )
}

export function activateVolume({ backend }: VolumeWorld, { vg, name }: Pick<Lv, 'vg' | 'name'>): Failure {
  return failureOf(backend, lvmCommand('lvchange', '-ay', '-K', `${vg}/${name}`))
}

export function extendVolume({ backend }: VolumeWorld, { vg, name }: Pick<Lv, 'vg' | 'name'>, extents: number): Failure {
  return failureOf(backend, lvmCommand('lvextend', '-l', String(extents), `${vg}/${name}`))
}

/** Whoever activates it the next time finds it as it is on the disk. */
export function deactivateVolume({ backend }: VolumeWorld, { vg, name }: Pick<Lv, 'vg' | 'name'>): Failure {
  return failureOf(backend, lvmCommand('lvchange', '-an', `${vg}/${name}`))
}

export function removeVolume({ backend }: VolumeWorld, { vg, name }: Pick<Lv, 'vg' | 'name'>): Failure {
  return failureOf(backend, lvmCommand('lvremove', '-y', `${vg}/${name}`))
}

/** All in one change of the VG's metadata: there is no moment between. */
export async function changeTags(
  { backend }: VolumeWorld,
  { vg, name, tags }: Pick<Lv, 'vg' | 'name' | 'tags'>,
  { without, and }: { readonly without: (tag: string) => boolean; readonly and: readonly string[] },
): Failure {
  const gone = tags.filter((tag) => without(tag) && !and.includes(tag))
  const fresh = and.filter((tag) => !tags.includes(tag))
  if (gone.length + fresh.length === 0) return undefined
  const changes = [...gone.flatMap((tag) => ['--deltag', tag]), ...fresh.flatMap((tag) => ['--addtag', tag])]
  return failureOf(backend, lvmCommand('lvchange', ...changes, `${vg}/${name}`))
}

/** How often it is open, device-mapper's own tables over it included. Undefined: it is not active, or that is not known. */
export async function openCount(world: VolumeWorld, { vg, name }: Pick<Lv, 'vg' | 'name'>): Promise<number | undefined> {
  const read = await readMaps(world)
  return read.kind === 'read' ? read.maps.get(mapOfLv(vg, name))?.open : undefined
}

export interface Range {
  readonly from: number
  readonly to: number
}

/** Bytes that one call to the kernel zeroes: between two of them it can be stopped, and tells how far it is. */
const STEP = 1 << 30
const DD_BLOCK = 4 << 20

/**
 * On the disk when it resolves. `claims`: nothing else may have it open, as nobody else has while it is made; a disk that grows is a
 * guest's. A program that outlives its agent belongs to one LV: what another of the same name needs is done anew.
 */
export async function zero(world: VolumeWorld, task: Task, { vg, name, uuid }: Lv, { from, to }: Range, how: 'claims' | 'shares'): Failure {
  const path = `/dev/${vg}/${name}`
  const place = ['-o', String(from), '-l', String(to - from)]
  const shares = how === 'shares' ? ['-f'] : []
  const doing = { phase: 'zeroing', total: Math.ceil((to - from) / MIB), unit: 'MiB' }
  const step = (program: string): string => `${program}-${lettersOf(`${uuid} ${from} ${to}`)}`
  const said = async (ran: Promise<Ran>, command: Command): Failure => saidBy(command, await ran)
  const discard: Command = ['blkdiscard', '-z', '-v', '-p', String(STEP), ...shares, ...place, path]
  const seconds = ZERO_SECONDS
  const progressOf = (stdout: string) => toldOf(doing, stdout, /Zero-filled (\d+) bytes from the offset (\d+)/g, from)
  const failure = await said(task.run(step('zero'), discard, { seconds, progressOf }), discard)
  if (failure === undefined) return failureOf(world.backend, ['sync', path])
  if (task.signal.aborted || /busy/i.test(failure)) return failure
  // Of a disk that cannot: by plain writes. Extents are powers of two, and so are these blocks.
  const block = [from, to].reduce(common, DD_BLOCK)
  const written = ['bs', 'seek', 'count'].map((key, index) => `${key}=${[block, from / block, (to - from) / block][index]}`)
  const copy: Command = ['dd', 'if=/dev/zero', `of=${path}`, ...written, 'oflag=direct', 'conv=notrunc,nocreat,fsync', 'status=progress']
  return said(task.run(step('dd'), copy, { seconds, progressOf: (_, stderr) => toldOf(doing, stderr, /(\d+) bytes .*copied/g, 0) }), copy)
}

/** As far as the disk below can; whether it could is nobody's business. */
export async function discard(task: Task, { vg, name, uuid }: Lv): Promise<void> {
  await task.run(`discard-${lettersOf(uuid)}`, ['blkdiscard', '-p', String(STEP), `/dev/${vg}/${name}`], { seconds: DISCARD_SECONDS })
}

const MIB = 1 << 20
const ZERO_SECONDS = 6 * 3600
const DISCARD_SECONDS = 1800

function toldOf(doing: { phase: string; total: number; unit: string }, said: string, form: RegExp, from: number) {
  const last = [...said.matchAll(form)].at(-1)
  if (!last) return undefined
  const done = Number(last[1]) + Number(last[2] ?? from) - from
  return { ...doing, done: Math.min(doing.total, Math.floor(done / MIB)) }
}

function common(one: number, other: number): number {
  return other === 0 ? one : common(other, one % other)
}

/** Steps of jobs have names of letters alone. */
function lettersOf(text: string): string {
  const digest = createHash('sha256').update(text).digest().subarray(0, 10)
  return [...digest].map((byte) => String.fromCharCode(97 + (byte >> 4), 97 + (byte & 15))).join('')
}
