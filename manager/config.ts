// What the manager takes of the one config file. Pure: appliance/config.ts has parsed and checked it.
import type { Config } from '../appliance/config.ts'
import type { EnrolPolicy } from './enrolment/decide.ts'

export interface ManagerConfig {
  readonly dataDir: string
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
  if (manager.database !== 'sqlite') {
    return { kind: 'refused', reason: `manager.database: this hostless keeps its data in sqlite only, not in ${scheme(manager.database)}` }
  }
  const names = new Map(
    hosts.flatMap(({ name, mac, bond }) => [mac, ...(bond?.members ?? [])].map((one) => [one as string, name] as const)),
  )
  return { kind: 'config', config: { dataDir, listen: manager.listen, enrol: boot.enrol, names } }
}

/** Without what may be a password. */
function scheme(database: string): string {
  return database.split(':')[0] ?? ''
}
