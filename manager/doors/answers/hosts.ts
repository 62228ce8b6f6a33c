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

export class HostAnswers {
  readonly #pool: Pool
  readonly #imageOf: (host: HostView) => Host['image']
  readonly #summaries = new Summaries()
  readonly #alarms: AlarmCount
  #groups: { readonly cpu: PoolCpu; readonly of: ReadonlyMap<string, number> } | undefined

  /** `imageOf`: what it booted; undefined where no appliance has told. */
  constructor(pool: Pool, imageOf: (host: HostView) => Host['image']) {
    this.#pool = pool
    this.#imageOf = imageOf
    this.#alarms = new AlarmCount(() => pool.alarms())
    pool.subscribe(({ kind }) => {
      if (kind === 'alarm' || kind === 'alarm-cleared') this.#alarms.forget()
    })
  }

  /** `next`: the name behind which there are more. */
  async page({ limit, after }: HostPage): Promise<{ readonly hosts: readonly Host[]; readonly next: string | undefined }> {
    const [cpu, alarms, memory] = await Promise.all([this.#pool.cpu(), this.#alarms.now(), this.#pool.memory.look()])
    const groups = this.#groupsOf(cpu)
    const views = this.#pool.hostsBehind(after, limit + 1)
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
      image: this.#imageOf(view),
      cpuGroup: groups.get(view.id),
      alarms: alarms.get(view.id) ?? 0,
    }
  }
}
