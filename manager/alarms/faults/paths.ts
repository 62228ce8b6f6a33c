// Multipath maps that are not whole, on each host that has them: by what they had, and what siblings have.
import type { ConditionKind } from '../../store/tables/alarms.ts'
import type { Finding, ReportingHost, Source } from '../condition.ts'
import { PathMemory } from '../path-memory.ts'
import { few } from './fault.ts'

export class PathFaults implements Source {
  readonly sections = ['dmi', 'multipaths'] as const
  readonly #paths: PathMemory
  readonly #hosts = new Map<string, ReportingHost>()
  readonly #touched = new Set<string>()

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

  /** By a person: what the map has now is right. */
  cleared(kind: ConditionKind, about: string): void {
    const [id = '', ...wwid] = about.split(' ')
    const host = kind === 'path-failed' ? this.#hosts.get(id) : undefined
    if (!host) return
    this.#paths.accept(host, wwid.join(' '))
    this.#touched.add(id)
  }

  findings(): readonly Finding[] {
    const found = [...this.#touched].map((subject) => ({ subject, conditions: this.#conditionsOf(subject) }))
    this.#touched.clear()
    return found
  }

  #conditionsOf(id: string): Finding['conditions'] {
    const host = this.#hosts.get(id)
    if (!host) return []
    const sayMany = (maps: string) => `${maps} on ${host.name} have failed paths: see to cables, switches and the array`
    return few('path-failed', host, this.#paths.faultsOf(host), (fault) => fault, sayMany)
  }
}
