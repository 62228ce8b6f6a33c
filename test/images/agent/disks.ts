// A simulated host with a VG of one disk that another tenant has used before, an image on a made-up manager, and requests as handlers get them.
import { createHash } from 'node:crypto'
import type { Command, Ran } from '../../../images/agent/backend.ts'
import { openImages } from '../../../images/agent/content/images.ts'
import { type Source, SourceGone } from '../../../images/agent/content/source.ts'
import { growDisk } from '../../../images/agent/requests/grow-disk.ts'
import { makeDisk } from '../../../images/agent/requests/make-disk.ts'
import { removeDisk } from '../../../images/agent/requests/remove-disk.ts'
import { type Task, UNWATCHED } from '../../../images/agent/requests/task.ts'
import { findGroup } from '../../../images/agent/simulator/state/activation.ts'
import type { Content } from '../../../images/agent/simulator/state/content.ts'
import { addDisk } from '../../../images/agent/simulator/state/furnish.ts'
import { brokenBooks } from '../../../images/agent/simulator/state/invariants.ts'
import { readAt } from '../../../images/agent/simulator/state/io.ts'
import { withMedium } from '../../../images/agent/simulator/state/site.ts'
import { closeDisk, openDisk } from '../../../images/agent/volumes/device.ts'
import { BLOCK_BYTES, contentPath, listPath } from '../../../manager/protocol/disk-image.ts'
import { deviceOf, lvOf, type VgRef } from '../../../manager/protocol/guest-disk.ts'
import type { RequestOf } from '../../../manager/protocol/requests.ts'
import { uuid } from '../../../manager/protocol/values.ts'
import { type Watched, watchedHost } from './simulated.ts'
import { words } from './simulator/pair.ts'

export const DISK = uuid.parse('0b5f5c7e-3b1c-4d39-8c0c-5f3a52a7a001')
export const GUEST = uuid.parse('6d1d4c6c-96b4-4d7f-b6a5-0d6d3c1b2002')
export const OTHER = uuid.parse('99999999-96b4-4d7f-b6a5-0d6d3c1b2003')
export const MIB = 1 << 20
const OLD = 'another tenant'

export interface TestImage {
  readonly id: string
  readonly sizeBytes: number
  readonly list: Uint8Array
  readonly blocks: readonly Uint8Array[]
}

/** Blocks at these places. */
export function imageOf(places: readonly number[], sizeBytes = 16 * MIB, seed = 1): TestImage {
  const blocks = places.map((at) =>
    Buffer.alloc(Math.max(1, Math.min(BLOCK_BYTES, sizeBytes - at * BLOCK_BYTES)), (seed + at * 7) % 251 || 1),
  )
  const list = Buffer.from(
    JSON.stringify({
      kind: 'hostless-disk',
      sizeBytes,
      blocks: places.map((at, index) => ({ at, sha256: hashOf(blocks[index] ?? Buffer.alloc(0)) })),
    }),
  )
  return { id: hashOf(list), sizeBytes, list, blocks }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export interface TestManager extends Source {
  /** The first block of each stream that was asked for. */
  readonly streams: number[]
  /** What becomes of a block before it leaves; may throw. */
  onBlock: (index: number, block: Uint8Array) => Uint8Array | Promise<Uint8Array>
}

export function managerWith(...images: readonly TestImage[]): TestManager {
  const streams: number[] = []
  const manager: TestManager = {
    streams,
    onBlock: (_, block) => block,
    fetch: async (path) => {
      const found = images.find(({ id }) => path === listPath(id))
      if (!found) throw new SourceGone('HTTP 404')
      return found.list
    },
    async *stream(path, signal) {
      const from = Number(path.slice(path.lastIndexOf('=') + 1))
      const found = images.find(({ id }) => path === contentPath(id, from))
      if (!found) throw new SourceGone('HTTP 404')
      streams.push(from)
      for (const [index, block] of found.blocks.entries()) {
        if (index < from) continue
        const sent = await manager.onBlock(index, block)
        // In odd parts, as a network brings them.
        for (let at = 0; at < sent.length; at += 300_007) {
          if (signal.aborted) throw new Error('aborted')
          yield sent.subarray(at, at + 300_007)
        }
      }
    },
  }
  return manager
}

type Changed = Partial<RequestOf<'make-disk'>>

export interface DisksHost extends Watched {
  readonly vg: VgRef
  readonly image: TestImage
  readonly manager: TestManager
  body(changed?: Changed): RequestOf<'make-disk'>
  make(changed?: Changed, task?: Task): ReturnType<typeof makeDisk>
  grow(sizeBytes: number, task?: Task): ReturnType<typeof growDisk>
  remove(task?: Task): ReturnType<typeof removeDisk>
  open(): ReturnType<typeof openDisk>
  close(): ReturnType<typeof closeDisk>
  ok(line: string): Promise<string>
  tags(): readonly string[] | undefined
  /** What a guest reads by the device; undefined when there is none. */
  content(): Content | undefined
  /** An agent after this one: it knows of no transfer. */
  restart(): void
}

/** `bytes`: of the disk. */
export async function hostWithVg(bytes = 64 * MIB, image = imageOf([0, 3, 4], 4 * MIB + 4096)): Promise<DisksHost> {
  const watched = watchedHost((site, host) => addDisk(site, host, 'vda', 'virtio', { bytes, serial: 'S1' }))
  const { site, host, world } = watched
  site.change((now) => {
    const [medium] = [...now.media.values()]
    return medium ? withMedium(now, { ...medium, content: [{ at: 0, end: medium.sectors, stamp: OLD }] }) : now
  })
  const ok = async (line: string): Promise<string> => {
    const ran = await host.backend.run(words(line))
    if (ran.kind !== 'ended' || ran.exitCode !== 0) throw new Error(`${line}: ${JSON.stringify(ran)}`)
    return ran.stdout
  }
  await ok('vgcreate data /dev/vda')
  const group = () => findGroup(site.state, host.name, 'data')
  const vg: VgRef = { name: 'data', uuid: group()?.uuid ?? '' }
  const manager = managerWith(image)
  let images = openImages({ source: manager, devices: host.devices, clock: host.clock })
  const body = ({ image: own = { id: image.id, sizeBytes: image.sizeBytes }, ...changed }: Changed = {}): RequestOf<'make-disk'> => ({
    kind: 'make-disk',
    vg,
    disk: DISK,
    guest: GUEST,
    generation: 1,
    epoch: 1,
    sizeBytes: 16 * MIB,
    image: own,
    ...changed,
  })
  return {
    ...watched,
    vg,
    image,
    manager,
    body,
    make: (changed, task = taskOn(watched)) => makeDisk(world, images, body(changed), task),
    grow: (sizeBytes, task = taskOn(watched)) => growDisk(world, { kind: 'grow-disk', vg, disk: DISK, sizeBytes }, task),
    remove: (task = taskOn(watched)) => removeDisk(world, { kind: 'remove-disk', vg, disk: DISK }, task),
    open: () => openDisk(world, { vg, disk: DISK, guest: GUEST, generation: 1 }),
    close: () => closeDisk(world, { vg, disk: DISK }),
    ok,
    tags: () => group()?.volumes.find(({ name }) => name === lvOf(DISK))?.tags,
    content: () => {
      const device = host.state().ram.dm.find(({ name }) => name === deviceOf(DISK))
      const sectors = device?.active?.reduce((sum, line) => sum + line.sectors, 0) ?? 0
      const read = device && readAt(site.state, host.name, `dm-${device.minor}`, 0, sectors)
      return read?.kind === 'done' ? read.value : undefined
    },
    restart: () => {
      images = openImages({ source: manager, devices: host.devices, clock: host.clock })
    },
  }
}

/** A job: each step of it runs once, and what came of it is known to an agent that is asked again. */
export function taskOn({ host }: Pick<Watched, 'host'>, signal: AbortSignal = UNWATCHED.signal): Task {
  const steps = new Map<string, Promise<Ran>>()
  return {
    pace: 'long',
    signal,
    tell: () => undefined,
    run: (step, command: Command) => {
      const ran = steps.get(step) ?? host.backend.run(command)
      steps.set(step, ran)
      return ran
    },
  }
}

/** Nothing of another tenant's can be read by a guest, and the kernel's books are right. Sentences of what is wrong. */
export function leaks({ site, host }: Pick<Watched, 'site' | 'host'>): readonly string[] {
  const open = host.state().ram.dm.filter(({ name }) => name.startsWith('hostless-'))
  const read = open.flatMap(({ name, minor, active }) => {
    const sectors = active?.reduce((sum, line) => sum + line.sectors, 0) ?? 0
    const content = readAt(site.state, host.name, `dm-${minor}`, 0, sectors)
    return content.kind === 'done' && content.value.some(({ stamp }) => stamp === OLD) ? [`${name} shows another tenant's data`] : []
  })
  return [...read, ...brokenBooks(site.state)]
}
