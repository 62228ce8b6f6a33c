// Where the manager is, by the config, and what an agent is told of it. Pure.
import { type ManagerAddress, managerAddress } from '../../manager/protocol/appliance.ts'
import type { Config } from '../config.ts'
import type { Ipv4 } from '../wire/addresses.ts'

export interface ManagerPlace {
  readonly address: Ipv4
  readonly port: number
}

/** Undefined where there is none. One that listens everywhere is reached where we are. */
export function managerPlace({ manager, network }: Pick<Config, 'manager' | 'network'>): ManagerPlace | undefined {
  if (!manager) return undefined
  const { address, listen } = manager
  if (address) return address
  return listen?.address === '0.0.0.0' ? { address: network.address, port: listen.port } : listen
}

export type FoundManager =
  | { readonly kind: 'manager'; readonly address: ManagerAddress }
  | { readonly kind: 'none'; readonly reason: string }

export const NO_MANAGER: FoundManager = {
  kind: 'none',
  reason: 'this appliance has no manager: name one in its config by manager.listen or manager.address',
}

/** `authority`: PEM, or why there is none yet. */
export function findManager(
  place: ManagerPlace,
  authority: { readonly kind: 'authority'; readonly pem: string } | (FoundManager & { readonly kind: 'none' }),
): FoundManager {
  if (authority.kind === 'none') return authority
  const parsed = managerAddress.safeParse({ ...place, authority: authority.pem })
  return parsed.success
    ? { kind: 'manager', address: parsed.data }
    : { kind: 'none', reason: `keys/manager-ca.pem is no certificate of a manager: ${parsed.error.issues[0]?.message}` }
}
