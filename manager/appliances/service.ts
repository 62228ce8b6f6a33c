// The appliances of the site: what they tell of boots and leases, on disk before they hear that it is, and the plan that they boot
// hosts by. What follows from a boot is verdict.ts's to say.
import { Emitter } from '../../appliance/wire/emitter.ts'
import type { Log } from '../../appliance/wire/log.ts'
import type { After } from '../../appliance/wire/timers.ts'
import type { HostView } from '../hosts/pool-change.ts'
import type { Pool } from '../hosts/service.ts'
import type { Refused } from '../outcome.ts'
import type { ApplianceSelf, AttemptsPush, BootRecord, BootsPush, LeasesPush } from '../protocol/appliance.ts'
import type { OnceKind } from '../protocol/once.ts'
import type { Store } from '../store/database.ts'
import { allAppliances, heardAppliance, type KnownAppliance, sawAppliance } from '../store/tables/appliances.ts'
import { saveAttempt } from '../store/tables/attempts.ts'
import { allBootSettings, type BootSettings, saveBootSettings } from '../store/tables/boot-settings.ts'
import {
  type BootedImage,
  bootedImages,
  bootsOf,
  boundBoots,
  knownBoots,
  newestBoots,
  type StoredBoot,
  saveBoot,
} from '../store/tables/boots.ts'
import { addHistory } from '../store/tables/history.ts'
import { hostByMac } from '../store/tables/hosts.ts'
import { saveLeases } from '../store/tables/leases.ts'
import { allOnceOrders, type StoredOrder } from '../store/tables/once-orders.ts'
import { type Captures, openCaptures } from './captures.ts'
import { OnceOrders } from './orders.ts'
import { planOf, type WrittenPlan, writePlan } from './plan.ts'
import { type Consequence, consequencesOf } from './verdict.ts'

export interface AppliancesOptions {
  readonly store: Store
  readonly pool: Pool
  readonly now: () => number
  readonly after: After
  /** 16 characters of base32. */
  readonly newId: () => string
  readonly log: Log
  /** Whether the images beside this manager have a published one of this name. */
  readonly isPublished: (image: string) => Promise<boolean>
}

/** What is left out stays; null is the default of its appliance. */
export interface WantedBoot {
  readonly image?: string | null | undefined
  readonly root?: BootSettings['root'] | null | undefined
}

/** Milliseconds that changes of the plan wait for each other. */
const TOGETHER = 250

export async function openAppliances(options: AppliancesOptions): Promise<Appliances> {
  const { db } = options.store
  const [images, settings, captures, orders] = await Promise.all([
    bootedImages(db),
    allBootSettings(db),
    openCaptures(options),
    allOnceOrders(db),
  ])
  return new Appliances(options, { captures, images, settings, orders: new OnceOrders(options, orders) })
}

interface KnownAtStart {
  readonly captures: Captures
  readonly images: readonly BootedImage[]
  readonly settings: ReadonlyMap<string, BootSettings>
  readonly orders: OnceOrders
}

export class Appliances {
  readonly captures: Captures
  readonly #options: AppliancesOptions
  readonly #booted: Emitter<string>
  readonly #planChanged: Emitter
  /** What each MAC came up with last. */
  readonly #images: Map<string, BootedImage>
  readonly #orders: OnceOrders
  #settings: ReadonlyMap<string, BootSettings>
  #plan: WrittenPlan | undefined
  #waking: (() => void) | undefined

  constructor(options: AppliancesOptions, { captures, images, settings, orders }: KnownAtStart) {
    this.#options = options
    this.captures = captures
    this.#orders = orders
    this.#images = new Map(images.map((image) => [image.mac, image]))
    this.#settings = settings
    this.#booted = new Emitter(options.log, 'boots')
    this.#planChanged = new Emitter(options.log, 'changes of the boot plan')
    options.pool.subscribe(({ kind }) => {
      if (kind === 'host') this.#forgetPlan()
    })
    captures.subscribe(() => this.#forgetPlan())
  }

  // ---- what appliances tell; each resolves when it is on disk ----

  async takeAttempts({ appliance, attempts, followed = [] }: AttemptsPush): Promise<void> {
    const { store, pool } = this.#options
    if (appliance) this.#orders.heard(appliance)
    const { fresh, orders } = await store.write(async (transaction) => {
      if (appliance) await sawAppliance(transaction, appliance, this.#options.now())
      const macs: string[] = []
      for (const attempt of attempts) if (await saveAttempt(transaction, attempt)) macs.push(attempt.mac)
      return { fresh: macs, orders: followed.length > 0 ? await this.#orders.followed(transaction, followed) : undefined }
    })
    if (orders) {
      this.#orders.take(orders)
      this.#ordersChanged(followed.map(({ mac }) => mac))
    }
    for (const mac of fresh) await pool.boots(mac)
  }

  async takeBoots({ appliance, boots }: BootsPush): Promise<void> {
    const { store, now } = this.#options
    this.#orders.heard(appliance)
    const ordered = [...boots].sort((a, b) => a.started - b.started)
    for (const boot of ordered) await this.#follow(appliance, boot, boots)
    await store.write(async (transaction) => {
      await sawAppliance(transaction, appliance, now())
      for (const boot of boots) await saveBoot(transaction, appliance.id, boot)
      await boundBoots(transaction, new Set(boots.map(({ mac }) => mac)))
    })
    for (const { mac, outcome, started, image, generation } of ordered) {
      const isLater = started >= (this.#images.get(mac)?.started ?? 0)
      if (outcome === 'up' && isLater && image !== undefined && generation !== undefined) {
        this.#images.set(mac, { mac, started, image, generation })
      }
    }
    for (const mac of new Set(boots.map((boot) => boot.mac))) this.#booted.tell(mac)
  }

  async takeLeases(told: LeasesPush): Promise<void> {
    const { store, now } = this.#options
    this.#orders.heard(told.appliance)
    await store.write(async (transaction) => {
      await sawAppliance(transaction, told.appliance, now())
      await saveLeases(transaction, told.appliance, told)
    })
  }

  /** The plan, as soon as it is another than `known`; undefined when it still is that when `until` comes. */
  async plan(appliance: string, known: string | undefined, until: AbortSignal): Promise<WrittenPlan | undefined> {
    const { store, now } = this.#options
    await store.write((transaction) => heardAppliance(transaction, appliance, now()))
    for (;;) {
      this.#plan ??= this.#writtenPlan()
      if (this.#plan.etag !== known) return this.#plan
      if (until.aborted) return undefined
      await this.#planChange(until)
    }
  }

  // ---- for the API ----

  /** Heard of last comes first. */
  appliances(): Promise<readonly KnownAppliance[]> {
    return allAppliances(this.#options.store.db)
  }

  /** Of all machines, newest first. */
  newest(limit: number): Promise<readonly StoredBoot[]> {
    return newestBoots(this.#options.store.db, limit)
  }

  /** What each MAC came up with last. */
  images(): readonly BootedImage[] {
    return [...this.#images.values()]
  }

  attempts(macs: readonly string[]): Promise<readonly StoredBoot[]> {
    return bootsOf(this.#options.store.db, macs)
  }

  imageOf({ macs }: Pick<HostView, 'macs'>): { readonly image: string; readonly generation: string } | undefined {
    const booted = macs.flatMap(({ mac }) => this.#images.get(mac) ?? []).sort((a, b) => b.started - a.started)
    const [newest] = booted
    return newest && { image: newest.image, generation: newest.generation }
  }

  /** An image that a machine has come up with, or that lies published beside this manager: appliances elsewhere do not tell of others. */
  async hasImage(name: string): Promise<boolean> {
    return [...this.#images.values()].some(({ image }) => image === name) || (await this.#options.isPublished(name))
  }

  settingsOf(host: string): BootSettings {
    return this.#settings.get(host) ?? {}
  }

  /** What is left out stays; null is the default. Appliances hear of it within seconds. `who`: as history writes it. */
  async setBoot(host: string, wanted: WantedBoot, who: string): Promise<void> {
    const { store, now } = this.#options
    this.#settings = await store.write(async (transaction) => {
      const before = (await allBootSettings(transaction)).get(host) ?? {}
      const image = wanted.image === undefined ? before.image : (wanted.image ?? undefined)
      const root = wanted.root === undefined ? before.root : (wanted.root ?? undefined)
      const what = `boots ${image ?? 'the default image'}, its root in ${root ?? 'the default mode'}, from its next boot on`
      await saveBootSettings(transaction, host, { ...(image === undefined ? {} : { image }), ...(root === undefined ? {} : { root }) })
      await addHistory(transaction, host, { at: now(), who, what })
      return allBootSettings(transaction)
    })
    this.#forgetPlan()
  }

  /** What it boots once, at its next boot. */
  onceOf(host: string): StoredOrder | undefined {
    return this.#orders.of(host)
  }

  /** In the place of the order before; undefined takes that back. Why not, where it is refused. `who`: as history writes it. */
  async bootOnce(host: HostView, what: OnceKind | undefined, who: string): Promise<Refused | undefined> {
    const refused = await this.#orders.give(host, what, who)
    if (!refused) this.#ordersChanged(host.macs.map(({ mac }) => mac))
    return refused
  }

  /** Orders that no host has followed in time. */
  async dropOldOrders(): Promise<void> {
    await this.#orders.dropOld()
  }

  subscribe(listener: (mac: string) => void): () => void {
    return this.#booted.subscribe(listener)
  }

  // ---- inside ----

  /** Before the boot is on disk: after a crash in between it is told, and followed, once more. */
  async #follow(appliance: ApplianceSelf, boot: BootRecord, told: readonly BootRecord[]): Promise<void> {
    const { store, now } = this.#options
    const host = await hostByMac(store.db, boot.mac)
    const macs = new Set([boot.mac, ...(host?.macs ?? []).map(({ mac }) => mac)])
    const beside = told.filter(({ id, mac }) => macs.has(mac) && id !== boot.id).map((one) => ({ ...one, appliance: appliance.id }))
    const stored = await knownBoots(store.db, [...macs])
    // Who boots from another NIC of a host may be anybody until it has enrolled: that is no sign of the host's own boot.
    const isOwn = host?.macs.some(({ mac, boot: boots }) => boots && mac === boot.mac) === true
    const consequences = consequencesOf({ boot, appliance, known: [...beside, ...stored], host, now: now() })
    for (const each of consequences) if (each.kind !== 'silent' || isOwn) await this.#act(each)
  }

  async #act(consequence: Consequence): Promise<void> {
    const { pool } = this.#options
    switch (consequence.kind) {
      case 'alarm':
        return pool.alarm(consequence.alarm)
      case 'over':
        return void (await pool.clearAlarm(consequence.key, 'manager'))
      case 'silent':
        if (pool.host(consequence.host)?.presence !== 'booting') return
        return void (await pool.move(consequence.host, { kind: 'silent', cause: consequence.cause }, 'appliance'))
    }
  }

  #ordersChanged(macs: readonly string[]): void {
    this.#forgetPlan()
    for (const mac of macs) this.#booted.tell(mac)
  }

  #writtenPlan(): WrittenPlan {
    const captured = new Set(this.captures.orders().map(({ host }) => host))
    return writePlan(planOf(this.#options.pool.hosts(), this.#settings, this.#orders.standing(), captured))
  }

  /** Many hosts change at once when a rack is switched on: appliances hear of all in one. */
  #forgetPlan(): void {
    this.#plan = undefined
    this.#waking ??= this.#options.after(TOGETHER, () => {
      this.#waking = undefined
      this.#planChanged.tell()
    })
  }

  #planChange(until: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        unsubscribe()
        until.removeEventListener('abort', wake)
        resolve()
      }
      const unsubscribe = this.#planChanged.subscribe(wake)
      until.addEventListener('abort', wake, { once: true })
    })
  }
}
