// Sees to what guests that have moved have left behind on their old hosts: an older copy of a disk is told to be left, with its mirror taken
// down, where the move itself could not; and is removed when its time is over. A copy that is the disk, and whose move cannot say so any
// more, as its database was lost, is told to be it. What counts is by the store, and by the LV's own tags.

import type { After } from '../../appliance/wire/timers.ts'
import { Turns } from '../../appliance/wire/turns.ts'
import type { Asked } from '../agents/questions.ts'
import type { Automations } from '../automation/service.ts'
import { holdingsOf } from '../guests/holdings.ts'
import { disksAmong, type TaggedLv } from '../guests/tagged-lvs.ts'
import type { HostView } from '../hosts/pool-change.ts'
import type { Pool } from '../hosts/service.ts'
import { type VgRef, vgRef } from '../protocol/guest-disk.ts'
import { isAnswering } from '../protocol/host.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { RequestBody } from '../protocol/requests.ts'
import type { Lv } from '../protocol/storage.ts'
import type { Uuid } from '../protocol/values.ts'
import type { Store } from '../store/database.ts'
import { type GuestDisksTable, disksAmong as rowsAmong } from '../store/tables/guests.ts'
import { Attempts } from './attempts.ts'
import type { About, Task, Wake } from './driver.ts'
import { type Locks, oneOfEach, sharedAmong } from './shared-left.ts'

export interface LeftDiskDeps {
  readonly store: Pick<Store, 'db'>
  readonly pool: Pick<Pool, 'hosts' | 'host' | 'knownInventory' | 'subscribe'>
  readonly automations: Pick<Automations, 'watchEnds'>
  readonly locks: Locks
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

interface Tagged {
  readonly host: string
  readonly hostName: string
  readonly found: readonly TaggedLv[]
}

const SAID: Readonly<Record<Left['act'], string>> = { leave: 'leave', remove: 'remove', keep: 'keep', part: 'let go of' }

/** It is the disk that counts, and in use on its guest's host alone: as long as its host reports nothing else, nothing is to be done of it. */
function isPlain({ lv, tags }: TaggedLv, row: GuestDisksTable | undefined, host: string): boolean {
  const { guest, generation, state } = tags
  return isSame({ lv, guest, generation }, row) && state === 'ready' && (row?.host === host || !lv.active)
}

function isSame(
  { lv, guest, generation }: { readonly lv: Lv; readonly guest: string; readonly generation: number },
  row: GuestDisksTable | undefined,
): boolean {
  return row?.vg_uuid === lv.vgUuid && row.generation === generation && row.guest === guest
}

/** What is to be done of an LV of this host, by the row of its disk, if it is there. `part`: if others see its VG, too. Pure. */
function actOn({ lv, tags, until }: TaggedLv, row: GuestDisksTable | undefined, host: string, at: number): Left['act'] | undefined {
  const { guest, generation, state: told } = tags
  const isIts = isSame({ lv, guest, generation }, row)
  if (row?.host === host) return told === 'making' && isIts && row.state === 'ready' ? 'keep' : undefined
  if (isIts && told === 'ready' && lv.active) return 'part'
  if (told === 'ready' && row !== undefined && row.generation > generation) return 'leave'
  return told === 'stale' && until !== undefined && until <= at ? 'remove' : undefined
}

function* inventoriesOf(pool: LeftDiskDeps['pool']): Iterable<Inventory | undefined> {
  for (const { id } of pool.hosts()) yield pool.knownInventory(id)
}

export class LeftDiskTask implements Task {
  readonly name = 'left-disks'
  readonly what = 'tells what guests that have moved left behind to be left, and removes it when its time is over'
  readonly period = 600_000
  readonly #deps: LeftDiskDeps
  readonly #attempts: Attempts
  readonly #due = new Map<string, Left>()
  readonly #waiting = new Map<string, string>()
  /** Ids of hosts with LVs that are not just the disks of guests, or whose guests are being changed: they are looked at with every look. */
  readonly #odd = new Set<string>()

  constructor(deps: LeftDiskDeps) {
    this.#deps = deps
    const { after, random } = deps
    this.#attempts = new Attempts({ after, random, act: (key) => this.#remove(key) })
  }

  watches(wake: Wake): () => void {
    const { pool, automations } = this.#deps
    const ends = [
      pool.subscribe((change) => {
        if (change.kind === 'connected' || (change.kind === 'inventory' && change.sections.includes('lvs'))) wake(GATHER, change.host)
      }),
      // Its host may have told its last before the guest was let go.
      automations.watchEnds(() => {
        for (const id of this.#odd) wake(GATHER, id)
      }),
    ]
    return () => {
      for (const end of ends) end()
    }
  }

  async step(about: About): Promise<number | undefined> {
    const { pool, now } = this.#deps
    const { due, next } = await this.#look(about === 'all' ? pool.hosts() : this.#hostsOf([...about, ...this.#odd]))
    for (const key of this.#due.keys()) if (!due.has(key)) this.#drop(key)
    for (const [key, left] of due) {
      this.#due.set(key, left)
      this.#attempts.want(key)
    }
    return next === undefined ? undefined : next - now()
  }

  #hostsOf(ids: Iterable<string>): readonly HostView[] {
    return [...new Set(ids)].flatMap((id) => {
      const view = this.#deps.pool.host(id)
      if (!view) this.#odd.delete(id)
      return view ?? []
    })
  }

  /** What is due on these hosts, and when something will be. What is as it should be is not looked at again until its host reports another. */
  async #look(hosts: readonly HostView[]): Promise<{ readonly due: ReadonlyMap<string, Left>; readonly next: number | undefined }> {
    const { store, pool, now } = this.#deps
    const turns = new Turns()
    const seen: Tagged[] = []
    const odd = new Set<string>()
    for (const view of hosts) {
      if (turns.isOver()) await turns.next()
      const found = disksAmong(pool.knownInventory(view.id)?.lvs ?? [])
      if (found.length === 0) continue
      if (isAnswering(view)) seen.push({ host: view.id, hostName: view.name, found })
      else odd.add(view.id)
    }
    const ids = [...new Set(seen.flatMap(({ found }) => found.map(({ tags }) => tags.disk)))]
    const [rows, holdings] = [await rowsAmong(store.db, ids), await holdingsOf(store.db)]
    const known = new Map(rows.map((row) => [row.id, row]))
    const at = now()
    const due = new Map<string, Left>()
    let next: number | undefined
    for (const { host, hostName, found } of seen) {
      if (turns.isOver()) await turns.next()
      for (const one of found) {
        const { lv, tags, until } = one
        const { disk, guest, generation, state: told } = tags
        const row = known.get(disk)
        const isHome = row?.host === host
        // An automation that has the guest may be about to make a newer copy in this one's place.
        const isHeld = holdings.has(guest) || (row !== undefined && holdings.has(row.guest))
        if (isHeld || !isPlain(one, row, host)) odd.add(host)
        if (isHeld) continue
        const act = actOn(one, row, host, at)
        if (act) due.set(`${host} ${disk}`, { host, hostName, disk, guest, lv, generation, act })
        else if (!isHome && told === 'stale' && until !== undefined) next = Math.min(next ?? until, until)
      }
    }
    for (const { id } of hosts) {
      if (odd.has(id)) this.#odd.add(id)
      else this.#odd.delete(id)
    }
    const shared = await this.#sharedOf([...due.values()])
    for (const [key, { act, lv }] of due) if (act === 'part' && !shared.has(lv.vgUuid)) due.delete(key)
    return { due: oneOfEach(due, shared), next }
  }

  /** VGs of several hosts: they are counted where something is due only. */
  async #sharedOf(all: readonly Left[]): Promise<ReadonlySet<string>> {
    const { pool } = this.#deps
    const vgs = new Set(all.map(({ lv }): string => lv.vgUuid))
    return vgs.size === 0 ? vgs : sharedAmong(vgs, inventoriesOf(pool))
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
    const known = this.#due.get(key)
    const vg = known && vgRef.safeParse({ name: known.lv.vg, uuid: known.lv.vgUuid })
    if (!known || !vg?.success) return 'done'
    const isShared = known.act !== 'part' && (await this.#sharedOf([known])).has(known.lv.vgUuid)
    const { name, uuid } = vg.data
    const lock = { key: `vg ${uuid}`, name: `VG ${name}`, access: isShared ? 'exclusive' : 'shared' } as const
    const title = `${SAID[known.act]} ${name}/${known.lv.name} of ${known.hostName}`
    const taken = await this.#deps.locks.take(lock, { task: this.name, title })
    if (taken.kind === 'held') {
      this.#waiting.set(key, taken.reason)
      return 'again'
    }
    try {
      return await this.#act(key, vg.data)
    } finally {
      taken.release()
    }
  }

  /** Nobody else changes the VG meanwhile. */
  async #act(key: string, vg: VgRef): Promise<'done' | 'again'> {
    // Long after a failure, or while an automation has begun, it may be something else: what is removed is gone.
    const left = (await this.#look(this.#hostsOf([key.slice(0, key.indexOf(' '))]))).due.get(key)
    if (!left || !this.#due.has(key)) {
      this.#drop(key)
      return 'done'
    }
    const { host, disk, lv, generation, guest, act } = left
    const { request, now, epoch } = this.#deps
    if (lv.vgUuid !== vg.uuid) return 'again'
    const of = { vg, disk }
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
