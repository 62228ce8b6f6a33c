// Hosts, what runs on them, and how they boot.

import { endOf } from '../../appliances/once.ts'
import type { Appliance, BootedImage, BootSettings, boots } from '../../contract/boots.ts'
import type { guests } from '../../contract/guests.ts'
import type { Host, hosts } from '../../contract/hosts.ts'
import type { Wish } from '../../hosts/operator.ts'
import type { HostView, Outcome } from '../../hosts/pool-change.ts'
import type { Pool } from '../../hosts/service.ts'
import type { StateEvent } from '../../hosts/state.ts'
import type { Done, Refused } from '../../outcome.ts'
import { HOST_FIELD_NAMES } from '../../protocol/host-fields.ts'
import type { OnceKind } from '../../protocol/once.ts'
import type { StoredBoot } from '../../store/tables/boots.ts'
import type { StoredOrder } from '../../store/tables/once-orders.ts'
import { maintenance } from '../answers/host-action.ts'
import { guestsOn } from '../answers/host-summary.ts'
import type { HostAnswers } from '../answers/hosts.ts'
import { admit } from './admitting.ts'
import { type Caller, done, found, type HandlersOf, missing } from './handlers.ts'

/** What the appliances tell of the boots. */
export interface BootBook {
  /** Of machines with these MACs, newest first. */
  attempts(macs: readonly string[]): Promise<readonly StoredBoot[]>
  /** Of all machines, newest first. */
  newest(limit: number): Promise<readonly StoredBoot[]>
  /** What each MAC came up with last. */
  images(): readonly { readonly mac: string; readonly started: number; readonly image: string; readonly generation: string }[]
  /** What it booted; undefined where no appliance has told. */
  imageOf(host: HostView): Host['image']
  /** Of each attempt that is new or has gone on; until the function that it returns is called. */
  subscribe(listener: (mac: string) => void): () => void
  /** Heard of last comes first. */
  appliances(): Promise<readonly Appliance[]>
  /** `host`: its id. */
  settingsOf(host: string): BootSettings
  /** Whether an appliance is known to have an image of this name. */
  hasImage(name: string): Promise<boolean>
  setBoot(host: string, wanted: BootSettings, who: string): Promise<void>
  /** What it boots once, at its next boot. */
  onceOf(host: string): StoredOrder | undefined
  /** `what`: undefined takes the order back. Why not, where it is refused. */
  bootOnce(host: HostView, what: OnceKind | undefined, who: string): Promise<Refused | undefined>
}

/** As is said of a host. */
export function shownOrder(order: StoredOrder | undefined): Host['once'] {
  return order && { what: order.what, who: order.who, at: order.at, until: endOf(order) }
}

export interface HostDeps {
  readonly pool: Pool
  readonly boots: BootBook
  readonly answers: HostAnswers
}

export function hostHandlers({ pool, answers }: HostDeps): HandlersOf<typeof hosts> {
  const shown = async (outcome: Outcome): Promise<Done<Host>> =>
    outcome.kind === 'refused' ? outcome : found(await answers.one(outcome.host.id), noHost(outcome.host.id))
  const move = async (ref: string, { who }: Caller, eventOf: (view: HostView) => StateEvent | Promise<StateEvent>): Promise<Done<Host>> => {
    const view = pool.find(ref)
    return view ? shown(await pool.move(view.id, await eventOf(view), byUser(who.user))) : missing(noHost(ref))
  }
  const wish = async (ref: string, { who }: Caller, wanted: Wish): Promise<Done<Host>> => {
    const view = pool.find(ref)
    return view ? shown(await pool.change(view.id, [wanted], byUser(who.user))) : missing(noHost(ref))
  }
  return {
    async list(page) {
      const { hosts: some, next } = await answers.page(page)
      return done({ hosts: [...some], ...(next === undefined ? {} : { next }) })
    },
    show: async ({ ref }) => found(await answers.one(ref), noHost(ref)),
    async inventory({ ref }) {
      const view = pool.find(ref)
      return found(view && (await pool.inventory(view.id)), `inventory of a host ${ref}`)
    },
    async history({ ref, limit }) {
      const view = pool.find(ref)
      return view ? done({ entries: [...(await pool.history(view.id, limit))] }) : missing(noHost(ref))
    },
    async change({ ref, name, groups, ...fields }, { who }) {
      const view = pool.find(ref)
      if (!view) return missing(noHost(ref))
      const wishes: readonly Wish[] = [
        ...(name === undefined ? [] : [{ kind: 'rename' as const, name }]),
        ...(groups === undefined ? [] : [{ kind: 'group' as const, groups }]),
        ...HOST_FIELD_NAMES.flatMap((field) => {
          const text = fields[field]
          return text === undefined ? [] : [{ kind: 'write' as const, field, text }]
        }),
      ]
      return shown(await pool.change(view.id, wishes, byUser(who.user)))
    },
    approve: ({ ref, seen }, by) => move(ref, by, () => ({ kind: 'approve', seen })),
    admit: (wanted, { who }) => admit(pool, wanted, byUser(who.user)),
    reject: ({ ref }, by) => move(ref, by, () => ({ kind: 'reject' })),
    maintain: ({ ref }, by) => move(ref, by, async ({ id, presence }) => maintenance(presence, await pool.inventory(id))),
    resume: ({ ref }, by) => move(ref, by, () => ({ kind: 'resume' })),
    cordon: ({ ref, reason }, by) => wish(ref, by, { kind: 'cordon', reason }),
    uncordon: ({ ref }, by) => wish(ref, by, { kind: 'uncordon' }),
    fence: ({ ref, proof }, by) => move(ref, by, () => ({ kind: 'fence', proof })),
    release: ({ ref }, by) => move(ref, by, () => ({ kind: 'release' })),
  }
}

export function bootHandlers({ pool, boots: book, answers }: HostDeps): HandlersOf<typeof boots> {
  const hostOf = () =>
    new Map(pool.hosts().flatMap(({ id, name, macs }) => macs.map(({ mac }) => [mac, { host: id, hostName: name }] as const)))
  return {
    async newest({ limit }) {
      const of = hostOf()
      return done({
        boots: (await book.newest(limit)).map(({ stages, ...boot }) => ({ ...boot, ...of.get(boot.mac), stages: [...stages] })),
      })
    },
    images: async () => done({ images: bootedImages(book.images(), hostOf()) }),
    async list({ ref }) {
      const view = pool.find(ref)
      if (!view) return missing(noHost(ref))
      const attempts = await book.attempts(view.macs.map(({ mac }) => mac))
      return done({ boots: attempts.map(({ stages, ...boot }) => ({ ...boot, stages: [...stages] })) })
    },
    async settings({ ref }) {
      const view = pool.find(ref)
      return found(view && book.settingsOf(view.id), noHost(ref))
    },
    async set({ ref, force, ...wanted }, { who }) {
      const view = pool.find(ref)
      if (!view) return missing(noHost(ref))
      const { image } = wanted
      if (typeof image === 'string' && force !== true && !(await book.hasImage(image))) return noImage(image)
      await book.setBoot(view.id, wanted, byUser(who.user))
      return found(await answers.one(view.id), noHost(ref))
    },
    async once({ ref, what }, { who }) {
      const view = pool.find(ref)
      if (!view) return missing(noHost(ref))
      const refused = await book.bootOnce(view, what === 'none' ? undefined : what, byUser(who.user))
      return refused ?? found(await answers.one(view.id), noHost(ref))
    },
    appliances: async () => done({ appliances: [...(await book.appliances())] }),
  }
}

function noImage(image: string): Refused {
  const why = `no machine has come up with an image ${image} yet, and none of that name is published beside this manager`
  const mend =
    'see what there is (hostless image list, hostless image publish), or take it all the same (--force; over the API "force": true)'
  return { kind: 'refused', code: 'unknown', reason: `${why}: hosts that are to boot it might not come up; ${mend}` }
}

/** The one that was booted last first. */
function bootedImages(booted: ReturnType<BootBook['images']>, hostOf: ReadonlyMap<string, { readonly hostName: string }>): BootedImage[] {
  const of = new Map<string, typeof booted>()
  for (const one of booted) {
    const key = `${one.image} ${one.generation}`
    of.set(key, [...(of.get(key) ?? []), one])
  }
  const images = [...of.values()].flatMap((all) => {
    const [{ image, generation } = { image: undefined, generation: '' }] = all
    const hosts = [...new Set(all.flatMap(({ mac }) => hostOf.get(mac)?.hostName ?? []))].sort()
    const others = all.filter(({ mac }) => !hostOf.has(mac)).length
    return image === undefined ? [] : [{ image, generation, hosts, others, last: Math.max(...all.map(({ started }) => started)) }]
  })
  return images.sort((a, b) => b.last - a.last)
}

export function guestHandlers({ pool }: HostDeps): HandlersOf<typeof guests> {
  return {
    async list() {
      await pool.matrix()
      const all = pool.hosts().flatMap((view) => {
        const inventory = pool.knownInventory(view.id)
        return inventory ? guestsOn(view, inventory, pool.latestSample(view.id)) : []
      })
      return done({ guests: all })
    },
  }
}

export const noHost = (ref: string): string => `host ${JSON.stringify(ref)}`

/** History names users apart from `agent`, `appliance` and `manager`. */
export function byUser(who: string): string {
  return `user ${who}`
}
