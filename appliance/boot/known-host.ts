// A host as config and manager know it together. The config wins where both speak; whom an admin has rejected, the config does not
// say. Pure.
import type { PlannedHost } from '../../manager/protocol/appliance.ts'
import type { Mac } from '../wire/addresses.ts'
import { parseImageName } from '../wire/generation.ts'
import type { KnownHost } from './plan.ts'

/** Undefined for a machine that neither knows. */
export function knownHost(configured: KnownHost | undefined, planned: PlannedHost | undefined): KnownHost | undefined {
  if (!planned) return configured
  const image = parseImageName(planned.image ?? '')
  const { root, standing } = planned
  const told = { ...(image ? { image } : {}), ...(root ? { root } : {}) }
  if (configured) return { ...told, ...configured, ...(standing === 'rejected' ? { standing } : {}) }
  return { name: planned.name, maintenance: false, standing, ...told }
}

/** The plan by MAC. */
export class PlannedHosts {
  readonly #byMac: ReadonlyMap<string, PlannedHost>

  constructor(hosts: readonly PlannedHost[]) {
    this.#byMac = new Map(hosts.flatMap((host) => host.macs.map((mac) => [mac, host] as const)))
  }

  of(mac: Mac): PlannedHost | undefined {
    return this.#byMac.get(mac)
  }
}
