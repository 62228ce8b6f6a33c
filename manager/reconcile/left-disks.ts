// Sees to what guests that have moved have left behind on their old hosts: an older copy of a disk is told to be left, with its mirror taken
// down, where the move itself could not; and is removed when its time is over. A copy that is the disk, and whose move cannot say so any
// more, as its database was lost, is told to be it. What counts is by the store, and by the LV's own tags.

import type { After } from '../../appliance/wire/timers.ts'
import { Turns } from '../../appliance/wire/turns.ts'
import type { Asked } from '../agents/questions.ts'
import { holdingsOf } from '../guests/holdings.ts'
import type { Pool } from '../hosts/service.ts'
import { type DiskTags, readDiskTags, untilOf, vgRef } from '../protocol/guest-disk.ts'
import { isAnswering } from '../protocol/host.ts'
import type { RequestBody } from '../protocol/requests.ts'
import type { Lv } from '../protocol/storage.ts'
import type { Uuid } from '../protocol/values.ts'
import type { Store } from '../store/database.ts'
import { locksOn } from '../store/tables/automations.ts'
import { disksOf } from '../store/tables/guests.ts'
import { Attempts } from './attempts.ts'
import type { Task, Wake } from './driver.ts'
import { oneOfEach, sharedIn } from './shared-left.ts'

export interface LeftDiskDeps {
  readonly store: Pick<Store, 'db'>
  readonly pool: Pick<Pool, 'hosts' | 'knownInventory' | 'subscribe'>
  /** `limit`: milliseconds. */
  readonly request: (host: string, body: RequestBody, limit: number) => Promise<Asked>
  readonly now: () => number
  readonly epoch: number
  readonly after: After
  /** From 0 to 1. */
  readonly random: () => number
}

/** Reports come in swarms, ms. */
const GATHER = 2000
const LIMIT = 3600_000

/** Of what a move could not tell to be left, ms. */
const KEEP = 3600_000

const DONE = ['disk-removed', 'disk-left', 'copy-kept', 'disk-parted'] as const

interface Left {
  readonly host: string
  readonly hostName: string
  readonly disk: Uuid
  readonly lv: Lv
  readonly generation: number
  /** `part`: its guest has gone to another host, which has the same LV. */
  readonly act: 'leave' | 'remove' | 'keep' | 'part'
  readonly guest: Uuid
}

interface TaggedLv {
  readonly lv: Lv
  readonly tags: DiskTags
  readonly until: number | undefined
}

/** Of each report of LVs, as long as it is the last of its host. */
const TAGGED = new WeakMap<readonly Lv[], readonly TaggedLv[]>()

function disksAmong(lvs: readonly Lv[]): readonly TaggedLv[] {
  const found =
    TAGGED.get(lvs) ??
    lvs.flatMap((lv) => {
      const tags = readDiskTags(lv.tags)
      return tags ? [{ lv, tags, until: untilOf(lv.tags) }] : []
    })
  TAGGED.set(lvs, found)
  return found
}

export class LeftDiskTask implements Task {
  readonly name = 'left-disks'
  readonly what = 'tells what guests that have moved left behind to be left, and removes it when its time is over'
  readonly period = 600_000
  readonly #deps: LeftDiskDeps
  readonly #attempts: Attempts
  readonly #due = new Map<string, Left>()
  readonly #waiting = new Map<string, string>()

  constructor(deps: LeftDiskDeps) {
    this.#deps = deps
    const { after, random } = deps
    this.#attempts = new Attempts({ after, random, act: (key) => this.#remove(key) })
  }

  watches(wake: Wake): () => void {
    return this.#deps.pool.subscribe((change) => {
      if (change.kind === 'connected' || (change.kind === 'inventory' && change.sections.includes('lvs'))) wake(GATHER)
    })
  }

  async step(): Promise<number | undefined> {
    const { due, next } = await this.#look()
    for (const key of this.#due.keys()) if (!due.has(key)) this.#drop(key)
    for (const [key, left] of due) {
      this.#due.set(key, left)
      this.#attempts.want(key)
    }
    return next
  }

  /** What is due, and in how many ms something will be. */
  async #look(): Promise<{ readonly due: ReadonlyMap<string, Left>; readonly next: number | undefined }> {
    const { store, pool, now } = this.#deps
    const [rows, holdings] = [await disksOf(store.db), await holdingsOf(store.db)]
    const known = new Map(rows.map((row) => [row.id, row]))
    const at = now()
    const due = new Map<string, Left>()
    let next: number | undefined
    const turns = new Turns()
    const shared = sharedIn(pool.hosts().map(({ id }) => pool.knownInventory(id)))
    for (const view of pool.hosts()) {
      if (turns.isOver()) await turns.next()
      const { id: host, name: hostName } = view
      const lvs = isAnswering(view) ? (pool.knownInventory(host)?.lvs ?? []) : []
      for (const { lv, tags, until } of disksAmong(lvs)) {
        const row = known.get(tags.disk)
        // An automation that has the guest may be about to make a newer copy in this one's place.
        if (holdings.has(tags.guest) || (row && holdings.has(row.guest))) continue
        const { disk, guest, generation, state: told } = tags
        const left = { host, hostName, disk, guest, lv, generation }
        if (row?.host === host) {
          const isDisk = row.state === 'ready' && row.vg_uuid === lv.vgUuid && row.generation === generation && row.guest === guest
          if (told === 'making' && isDisk) due.set(`${host} ${disk}`, { ...left, act: 'keep' })
          continue
        }
        const isSame = row?.vg_uuid === lv.vgUuid && row.generation === generation && row.guest === guest && told === 'ready'
        if (isSame && lv.active && shared.has(lv.vgUuid)) due.set(`${host} ${disk}`, { ...left, act: 'part' })
        const isOlder = told === 'ready' && row !== undefined && row.generation > generation
        if (isOlder) due.set(`${host} ${disk}`, { ...left, act: 'leave' })
        if (told !== 'stale' || until === undefined) continue
        if (until <= at) due.set(`${host} ${disk}`, { ...left, act: 'remove' })
        else next = Math.min(next ?? until, until)
      }
    }
    const held = new Set(
      (shared.size === 0
        ? []
        : await locksOn(
            store.db,
            [...shared].map((uuid) => `vg ${uuid}`),
          )
      ).map(({ key }) => key),
    )
    const mine = oneOfEach(due, shared, (uuid) => held.has(`vg ${uuid}`))
    return { due: mine, next: next === undefined ? undefined : next - at }
  }

  waitsFor(): readonly string[] {
    return [...this.#due].map(
      ([key, { hostName, lv }]) => `${lv.vg}/${lv.name} of ${hostName}: ${this.#waiting.get(key) ?? 'it is seen to just now'}`,
    )
  }

  close(): void {
    this.#attempts.close()
  }

  async #remove(key: string): Promise<'done' | 'again'> {
    // Long after a failure, or while an automation has begun, it may be something else: what is removed is gone.
    const left = (await this.#look()).due.get(key)
    if (!left || !this.#due.has(key)) {
      this.#drop(key)
      return 'done'
    }
    const { host, disk, lv, generation, guest, act } = left
    const { request, now, epoch } = this.#deps
    const vg = vgRef.safeParse({ name: lv.vg, uuid: lv.vgUuid })
    if (!vg.success) return 'done'
    const of = { vg: vg.data, disk }
    const leave = { kind: 'leave-disk', ...of, minor: 0, generation, untilMs: now() + KEEP } as const
    const body = {
      leave,
      remove: { kind: 'remove-disk', ...of },
      keep: { kind: 'keep-copy', ...of, guest, generation, epoch },
      part: { kind: 'part-disk', ...of, guest },
    } as const
    const asked = await request(host, body[act], LIMIT)
    if (asked.kind === 'answered' && DONE.some((kind) => kind === asked.answer.kind)) {
      this.#drop(key)
      return 'done'
    }
    this.#waiting.set(key, asked.kind === 'refused' ? asked.reason : 'reason' in asked.answer ? asked.answer.reason : asked.answer.kind)
    return 'again'
  }

  #drop(key: string): void {
    this.#due.delete(key)
    this.#waiting.delete(key)
    this.#attempts.drop(key)
  }
}
