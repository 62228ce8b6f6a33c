// What the manager takes of the one config file. Pure: appliance/config.ts has parsed and checked it.
import { type Config, hostNames } from '../appliance/config.ts'
import type { OidcSettings } from './access/oidc/settings.ts'
import type { MoveLimits } from './automations/migrate/turns.ts'
import type { EnrolPolicy } from './enrolment/decide.ts'

export interface ManagerConfig {
  readonly dataDir: string
  /** `sqlite`, or a postgres:// URL, which may hold a password. */
  readonly database: string
  readonly listen: { readonly address: string; readonly port: number }
  /** Where hosts find it, if it listens at every address. */
  readonly reached?: string
  readonly enrol: EnrolPolicy
  /** Bytes of a disk that guests' disks are made of. */
  readonly largestImage?: number
  /** Guests that are started at once after a power cut. */
  readonly startsAtOnce?: number
  /** How long tasks, automations among them, are kept after their end, ms. */
  readonly keepTasks?: number
  /** Guests that move at a time; what is left out has its default. */
  readonly moves?: Partial<MoveLimits>
  /** Sign-in of people by an issuer. */
  readonly oidc?: OidcSettings
  /** The folder of the site's hooks. */
  readonly hooks?: string
  /** The name that the config gives the host of a MAC. */
  readonly names: ReadonlyMap<string, string>
}

export type ReadManagerConfig =
  | { readonly kind: 'config'; readonly config: ManagerConfig }
  | { readonly kind: 'refused'; readonly reason: string }

export function managerConfig(config: Config): ReadManagerConfig {
  const { manager, dataDir, network, boot } = config
  if (!manager?.listen) return { kind: 'refused', reason: 'the config has no key manager.listen: add manager: { listen: ADDRESS:PORT }' }
  const { database, listen, hooks, largestImage, startsAtOnce, keepTasks, moves, oidc } = manager
  const reached = listen.address === '0.0.0.0' ? { reached: network.address } : {}
  const limit = largestImage === undefined ? {} : { largestImage: largestImage * 2 ** 30 }
  const given = {
    ...reached,
    ...limit,
    ...(startsAtOnce === undefined ? {} : { startsAtOnce }),
    ...(keepTasks === undefined ? {} : { keepTasks: keepTasks * 24 * 3600_000 }),
    ...(hooks === undefined ? {} : { hooks }),
    ...(moves ? { moves } : {}),
    ...(oidc ? { oidc } : {}),
  }
  return {
    kind: 'config',
    config: { dataDir, database, listen, ...given, enrol: boot.enrol, names: hostNames(config) },
  }
}

/** All that one host of the config has; none for a name that it does not give. */
export function macsNamed(names: ManagerConfig['names'], wanted: string | undefined): readonly string[] {
  return wanted === undefined ? [] : [...names].flatMap(([mac, name]) => (name === wanted ? [mac] : []))
}
