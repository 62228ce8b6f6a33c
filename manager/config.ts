// What the manager takes of the one config file. Pure: appliance/config.ts has parsed and checked it.
import type { Config } from '../appliance/config.ts'
import type { EnrolPolicy } from './enrolment/decide.ts'

export interface ManagerConfig {
  readonly dataDir: string
  /** `sqlite`, or a postgres:// URL, which may hold a password. */
  readonly database: string
  readonly listen: { readonly address: string; readonly port: number }
  readonly enrol: EnrolPolicy
  /** The name that the config gives the host of a MAC. */
  readonly names: ReadonlyMap<string, string>
}

export type ReadManagerConfig =
  | { readonly kind: 'config'; readonly config: ManagerConfig }
  | { readonly kind: 'refused'; readonly reason: string }

export function managerConfig({ manager, dataDir, boot, hosts }: Config): ReadManagerConfig {
  if (!manager?.listen) return { kind: 'refused', reason: 'the config has no key manager.listen: add manager: { listen: ADDRESS:PORT }' }
  const names = new Map(
    hosts.flatMap(({ name, mac, bond }) => [mac, ...(bond?.members ?? [])].map((one) => [one as string, name] as const)),
  )
  return { kind: 'config', config: { dataDir, database: manager.database, listen: manager.listen, enrol: boot.enrol, names } }
}
