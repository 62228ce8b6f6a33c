// All that follows from the hosts' inventories: connectivity matrix, CPU levels, what is wrong. Kept as hosts report.

import { Conclusions } from '../alarms/conclusions.ts'
import { ConnectivityMatrix } from '../connectivity/matrix.ts'
import { type PoolCpu, poolCpu } from '../cpu/pool.ts'
import { mayBeAsked } from '../enrolment/standing.ts'
import type { LiveHost } from './live-host.ts'

export class PoolPicture {
  readonly matrix = new ConnectivityMatrix()
  readonly conclusions: Conclusions
  /** Hosts that may run guests. */
  readonly #usable = new Set<string>()
  #cpu: PoolCpu | undefined

  /** What was written down when the manager last ran: the conditions, and what multipath maps had. */
  constructor(...written: ConstructorParameters<typeof Conclusions>) {
    this.conclusions = new Conclusions(...written)
  }

  /** A host that has reported, or has another name or state: it is taken in, or out when it is rejected. */
  place({ record, inventory }: LiveHost): void {
    const { id, name, trust } = record
    const before = this.matrix.cpuOf(id)
    if (inventory && trust !== 'rejected') {
      const { presence, service, power } = record
      this.matrix.update({ id, name, trust, presence, service, power, inventory })
      this.conclusions.update({ id, name, inventory })
    } else {
      this.matrix.remove(id)
      this.conclusions.remove(id)
    }
    const usable = mayBeAsked(record)
    if (this.matrix.cpuOf(id) !== before || this.#usable.has(id) !== usable) this.#cpu = undefined
    if (usable) this.#usable.add(id)
    else this.#usable.delete(id)
  }

  /** Of the hosts that may run guests; the same object until one of their CPUs is another. */
  cpu(): PoolCpu {
    this.#cpu ??= poolCpu(
      [...this.#usable].flatMap((id) => {
        const cpu = this.matrix.cpuOf(id)
        return cpu ? [{ id, cpu }] : []
      }),
    )
    return this.#cpu
  }
}
