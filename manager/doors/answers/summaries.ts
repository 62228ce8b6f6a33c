// The hosts as the API tells them, each made anew only when something of it has changed: of ten thousand, a few do from one look to the
// next. What has not changed is the same object.

import type { Host } from '../../contract/hosts.ts'
import { type HostParts, summaryOf } from './host-summary.ts'

export class Summaries {
  readonly #made = new Map<string, { readonly parts: HostParts; readonly host: Host }>()

  of(parts: HostParts): Host {
    const made = this.#made.get(parts.view.id)
    if (made && isSame(made.parts, parts)) return made.host
    const host = summaryOf(parts)
    this.#made.set(parts.view.id, { parts, host })
    return host
  }
}

function isSame(a: HostParts, b: HostParts): boolean {
  return (
    a.view === b.view &&
    a.inventory === b.inventory &&
    a.sample === b.sample &&
    a.freeBytes === b.freeBytes &&
    a.cpuGroup === b.cpuGroup &&
    a.alarms === b.alarms &&
    a.image?.image === b.image?.image &&
    a.image?.generation === b.image?.generation &&
    a.once?.what === b.once?.what &&
    a.once?.at === b.once?.at &&
    a.once?.who === b.once?.who
  )
}
