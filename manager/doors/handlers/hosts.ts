// Hosts, what runs on them, and how they boot.
import type { Appliance, BootSettings, boots } from '../../contract/boots.ts'
import type { guests } from '../../contract/guests.ts'
import type { Host, hosts } from '../../contract/hosts.ts'
import type { Wish } from '../../hosts/operator.ts'
import type { HostView, Outcome } from '../../hosts/pool-change.ts'
import type { Pool } from '../../hosts/service.ts'
import type { StateEvent } from '../../hosts/state.ts'
import type { Done } from '../../outcome.ts'
import type { StoredBoot } from '../../store/tables/boots.ts'
import { maintenance } from '../answers/host-action.ts'
import { guestsOn } from '../answers/host-summary.ts'
import type { HostAnswers } from '../answers/hosts.ts'
import { type Caller, done, found, type HandlersOf, missing } from './handlers.ts'

/** What the appliances tell of the boots. */
export interface BootBook {
  /** Of machines with these MACs, newest first. */
  attempts(macs: readonly string[]): Promise<readonly StoredBoot[]>
  /** What it booted; undefined where no appliance has told. */
  imageOf(host: HostView): Host['image']
  /** Of each attempt that is new or has gone on; until the function that it returns is called. */
  subscribe(listener: (mac: string) => void): () => void
  /** Heard of last comes first. */
  appliances(): Promise<readonly Appliance[]>
  /** `host`: its id. */
  settingsOf(host: string): BootSettings
  setBoot(host: string, wanted: BootSettings, who: string): Promise<void>
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
    async change({ ref, name, groups, notes }, { who }) {
      const view = pool.find(ref)
      if (!view) return missing(noHost(ref))
      const wishes: readonly Wish[] = [
        ...(name === undefined ? [] : [{ kind: 'rename' as const, name }]),
        ...(groups === undefined ? [] : [{ kind: 'group' as const, groups }]),
        ...(notes === undefined ? [] : [{ kind: 'note' as const, notes }]),
      ]
      return shown(await pool.change(view.id, wishes, byUser(who.user)))
    },
    approve: ({ ref, seen }, by) => move(ref, by, () => ({ kind: 'approve', seen })),
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
  return {
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
    async set({ ref, ...wanted }, { who }) {
      const view = pool.find(ref)
      if (!view) return missing(noHost(ref))
      await book.setBoot(view.id, wanted, byUser(who.user))
      return found(await answers.one(view.id), noHost(ref))
    },
    appliances: async () => done({ appliances: [...(await book.appliances())] }),
  }
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
