// A host as config and manager know it together, and by which NICs. The config wins where both speak; whom an admin has rejected, the
// config does not say. Pure.
import type { PlannedHost } from '../../manager/protocol/appliance.ts'
import type { Mac } from '../wire/addresses.ts'
import { parseImageName } from '../wire/generation.ts'
import type { KnownHost } from './plan.ts'

/** Undefined for a machine that neither knows. */
export function knownHost(configured: KnownHost | undefined, planned: PlannedHost | undefined): KnownHost | undefined {
  if (!planned) return configured
  const image = parseImageName(planned.image ?? '')
  const { root, standing, once } = planned
  const told = { ...(image ? { image } : {}), ...(root ? { root } : {}), ...(once ? { once } : {}) }
  if (configured) return { ...told, ...configured, ...(standing === 'rejected' ? { standing } : {}) }
  return { name: planned.name, maintenance: false, standing, ...told }
}

/** A host of the config by its NICs: each member of its bond may be the one that boots. */
export interface HostNics {
  readonly mac: Mac
  readonly bond?: { readonly members: readonly Mac[] } | undefined
}

/** All MACs of a host, its own first. */
export function macsOf({ mac, bond }: HostNics): readonly Mac[] {
  return [...new Set([mac, ...(bond?.members ?? [])])]
}

/** Of any MAC, the one that its host is kept under. A machine that the config does not know is kept under the MAC that it shows. */
export type HostKey = (mac: Mac) => Mac

export function hostKeyOf(hosts: readonly HostNics[]): HostKey {
  const keys = new Map(hosts.flatMap((host) => macsOf(host).map((mac) => [mac, host.mac] as const)))
  return (mac) => keys.get(mac) ?? mac
}

/** What the manager says of a host with these MACs: whom it has rejected by one of them is rejected by all. */
export function plannedFor(macs: readonly Mac[], of: (mac: Mac) => PlannedHost | undefined): PlannedHost | undefined {
  const planned = macs.flatMap((mac) => of(mac) ?? [])
  return planned.find(({ standing }) => standing === 'rejected') ?? planned[0]
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
