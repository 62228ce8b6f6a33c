// The hosts as they are told: what the pool, the appliances and the alarms know of each, put together. What has not changed is not
// made again.
import type { Room } from '../../claims/rooms.ts'
import type { Host, HostPage } from '../../contract/hosts.ts'
import type { PoolCpu } from '../../cpu/pool.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import type { Pool } from '../../hosts/service.ts'
import { AlarmCount, type AlarmsOf } from './alarm-count.ts'
import { groupsOfHosts } from './cpu-answer.ts'
import { type HostParts, summaryOf } from './host-summary.ts'
import { Summaries } from './summaries.ts'

/** What the appliances and the operators say of the boots of a host. */
export interface HostBoots {
  /** What it booted; undefined where no appliance has told. */
  imageOf(host: HostView): Host['image']
  /** What it boots next, once. */
  onceOf(host: HostView): Host['once']
}

export class HostAnswers {
  readonly #pool: Pool
  readonly #boots: HostBoots
  readonly #summaries = new Summaries()
  readonly #alarms: AlarmCount
  #groups: { readonly cpu: PoolCpu; readonly of: ReadonlyMap<string, number> } | undefined

  constructor(pool: Pool, boots: HostBoots) {
    this.#pool = pool
    this.#boots = boots
    this.#alarms = new AlarmCount(() => pool.alarms())
    pool.subscribe(({ kind }) => {
      if (kind === 'alarm' || kind === 'alarm-cleared') this.#alarms.forget()
    })
  }

  /** `next`: the name behind which there are more. */
  async page({ limit, after, state, group }: HostPage): Promise<{ readonly hosts: readonly Host[]; readonly next: string | undefined }> {
    const [cpu, alarms, memory] = await Promise.all([this.#pool.cpu(), this.#alarms.now(), this.#pool.memory.look()])
    const groups = this.#groupsOf(cpu)
    const isMeant = (view: HostView): boolean =>
      (state === undefined || view.state === state) && (group === undefined || view.groups.includes(group))
    const isWhole = state === undefined && group === undefined
    const views = isWhole
      ? this.#pool.hostsBehind(after, limit + 1)
      : this.#pool.hostsBehind(after, Number.MAX_SAFE_INTEGER).filter(isMeant)
    const hosts = views.slice(0, limit).map((view) => this.#summaries.of(this.#parts(view, groups, alarms, memory)))
    return { hosts, next: views.length > limit ? hosts.at(-1)?.name : undefined }
  }

  async one(ref: string): Promise<Host | undefined> {
    const [cpu, alarms, memory] = await Promise.all([this.#pool.cpu(), this.#alarms.now(), this.#pool.memory.look()])
    const view = this.#pool.find(ref)
    return view && summaryOf(this.#parts(view, this.#groupsOf(cpu), alarms, memory))
  }

  /** The pool gives the same object until a CPU is another. */
  #groupsOf(cpu: PoolCpu): ReadonlyMap<string, number> {
    if (this.#groups?.cpu !== cpu) this.#groups = { cpu, of: groupsOfHosts(cpu) }
    return this.#groups.of
  }

  #parts(view: HostView, groups: ReadonlyMap<string, number>, alarms: AlarmsOf, memory: (host: string) => Room | undefined): HostParts {
    const room = memory(view.id)
    return {
      view,
      inventory: this.#pool.knownInventory(view.id),
      sample: this.#pool.latestSample(view.id),
      freeBytes: room?.kind === 'room' ? Math.max(0, room.free) : undefined,
      image: this.#boots.imageOf(view),
      once: this.#boots.onceOf(view),
      cpuGroup: groups.get(view.id),
      alarms: alarms.get(view.id) ?? 0,
    }
  }
}
