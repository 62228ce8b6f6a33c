// Multipath maps that are not whole, by what they had, and what siblings have. What many hosts have lost by one portal of an array, or of one
// LUN, is one alarm of all of them: its key is the cause, and stays while hosts come and go.
import type { ConditionKind } from '../../store/tables/alarm-kinds.ts'
import { sayNames } from '../../wording.ts'
import type { Condition, Finding, ReportingHost, Source } from '../condition.ts'
import { CARE, causesOf, type HostFaults, type PathFault, sayCause } from '../path-fault.ts'
import { PathMemory } from '../path-memory.ts'

const KIND = 'path-failed'
/** Of one host: where there are more, one alarm of its own says so. */
const MOST_CAUSES = 16

export class PathFaults implements Source {
  readonly sections = ['dmi', 'multipaths', 'blockDevices'] as const
  readonly #paths: PathMemory
  readonly #hosts = new Map<string, ReportingHost>()
  readonly #touched = new Set<string>()
  /** By cause and host. */
  readonly #causes = new Map<string, Map<string, HostFaults>>()
  /** Of each host those that it is in. */
  readonly #ofHosts = new Map<string, ReadonlySet<string>>()

  constructor(paths = new PathMemory(new Map(), [])) {
    this.#paths = paths
  }

  update(host: ReportingHost): void {
    this.#hosts.set(host.id, host)
    for (const id of this.#paths.tell(host)) this.#touched.add(id)
  }

  remove(id: string): void {
    this.#hosts.delete(id)
    for (const other of this.#paths.forget(id)) this.#touched.add(other)
    this.#touched.add(id)
  }

  /** By a person: what the maps that it is about have now is right. */
  cleared(kind: ConditionKind, about: string): void {
    if (kind !== KIND) return
    const alone = this.#hosts.get(about)
    const faulty = alone ? [{ id: about, faults: this.#paths.faultsOf(alone) }] : [...(this.#causes.get(about)?.values() ?? [])]
    for (const { id, faults } of faulty) {
      const host = this.#hosts.get(id)
      if (host) for (const { wwid } of faults) this.#paths.accept(host, wwid)
      this.#touched.add(id)
    }
  }

  findings(): readonly Finding[] {
    const causes = new Set<string>()
    const own = [...this.#touched].map((id) => ({ subject: id, conditions: this.#judge(id, causes) }))
    this.#touched.clear()
    return [...own, ...[...causes].map((cause) => ({ subject: `cause ${cause}`, conditions: this.#conditionsOf(cause) }))]
  }

  /** Puts what is wrong with it to its causes, and gives what is said of it alone. `touched`: causes that are others now. */
  #judge(id: string, touched: Set<string>): readonly Condition[] {
    for (const cause of this.#ofHosts.get(id) ?? []) {
      const hosts = this.#causes.get(cause)
      hosts?.delete(id)
      if (hosts?.size === 0) this.#causes.delete(cause)
      touched.add(cause)
    }
    this.#ofHosts.delete(id)
    const host = this.#hosts.get(id)
    if (!host) return []
    const faults = this.#paths.faultsOf(host)
    const byCause = new Map<string, PathFault[]>()
    for (const fault of faults) for (const cause of causesOf(fault, id)) byCause.set(cause, [...(byCause.get(cause) ?? []), fault])
    if (byCause.size > MOST_CAUSES) {
      const names = sayNames(faults.map(({ short }) => short))
      return [{ kind: KIND, about: id, host: id, text: `${names} on ${host.name} have failed paths. ${CARE}` }]
    }
    for (const [cause, some] of byCause) {
      const hosts = this.#causes.get(cause) ?? new Map<string, HostFaults>()
      this.#causes.set(cause, hosts.set(id, { id, name: host.name, faults: some }))
      touched.add(cause)
    }
    this.#ofHosts.set(id, new Set(byCause.keys()))
    return []
  }

  #conditionsOf(cause: string): readonly Condition[] {
    const hosts = [...(this.#causes.get(cause)?.values() ?? [])].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    const [first, ...others] = hosts
    if (!first) return []
    const who = others.length === 0 ? { host: first.id } : { hosts: hosts.map(({ id }) => id).sort() }
    return [{ kind: KIND, about: cause, ...who, text: sayCause(cause, hosts) }]
  }
}
