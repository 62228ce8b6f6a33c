// What of another config is taken while the appliance runs, and what only a restart takes. Pure.
import { isDeepStrictEqual } from 'node:util'
import { type Config, hostNames } from './config.ts'
import { describeLease, isLive, type LeaseView, ownerOf } from './dhcp/lease.ts'
import { reservationsOf } from './dhcp/scope.ts'
import type { Reloaded } from './http/control/routes.ts'

type ServiceName = Reloaded['restart'][number]['services'][number]

/** Who reads a section, or one key of it, at its start. */
const READERS: Readonly<Record<string, readonly ServiceName[]>> = {
  dataDir: ['appliance', 'manager'],
  network: ['appliance', 'manager'],
  'dhcp.mode': ['appliance'],
  tftp: ['appliance'],
  http: ['appliance'],
  nfs: ['appliance'],
  manager: ['manager'],
  // The appliance tells agents where it is.
  'manager.listen': ['appliance', 'manager'],
  'manager.address': ['appliance'],
  'boot.enrol': ['manager'],
}

/** What addresses are given by: right for the network and mode of its own file, and for no other. */
const ADDRESSING = /^(dhcp\.|hosts$)/
const GROUND = /^(network\.|dhcp\.mode$)/

export class RunningConfig {
  /** That of the start; what the manager went by, too. */
  readonly #started: Config
  #config: Config
  readonly #followers: ((config: Config) => void)[] = []

  constructor(config: Config) {
    this.#started = config
    this.#config = config
  }

  /** What is gone by. */
  get config(): Config {
    return this.#config
  }

  /** Calls it with each config that is taken, before `take` returns. */
  follow(follower: (config: Config) => void): void {
    this.#followers.push(follower)
  }

  /** Takes what can be taken now; the rest is told again until a restart. */
  take(after: Config): Omit<Reloaded, 'notes'> {
    const before = this.#config
    const changed = changedSettings(before, after)
    const isOnOtherGround = changed.some((setting) => GROUND.test(setting))
    const waits = (setting: string): readonly ServiceName[] | undefined =>
      isOnOtherGround && ADDRESSING.test(setting) ? ['appliance'] : readersOf(setting)
    const taken = changed.filter((setting) => waits(setting) === undefined)
    const { enrol } = before.boot
    this.#config = {
      ...before,
      boot: { ...after.boot, enrol },
      ...(isOnOtherGround ? {} : { dhcp: after.dhcp, hosts: after.hosts }),
    }
    if (taken.length > 0) for (const follower of this.#followers) follower(this.#config)
    return { taken, restart: this.#restarts(changed, after, waits) }
  }

  #restarts(
    changed: readonly string[],
    after: Config,
    waits: (setting: string) => readonly ServiceName[] | undefined,
  ): Reloaded['restart'] {
    const { manager } = this.#started
    const isManagers = manager?.listen !== undefined || after.manager?.listen !== undefined
    // It names by the config whom it sees for the first time.
    const isNamedAnew = !isDeepStrictEqual(hostNames(this.#started), hostNames(after))
    const settings = [...new Set([...changed, ...(isNamedAnew ? ['hosts'] : [])])].sort()
    return settings.flatMap((setting) => {
      const readers = [...(waits(setting) ?? []), ...(setting === 'hosts' && isNamedAnew ? (['manager'] as const) : [])]
      const services = readers.filter((service) => service === 'appliance' || isManagers)
      return services.length === 0 ? [] : [{ setting, services }]
    })
  }
}

/** Of addresses that are reserved and that others have until they renew or their lease ends. `now`: ms since the epoch. */
export function lentToOthers({ hosts }: Pick<Config, 'hosts'>, leases: Pick<LeaseView, 'byAddress'>, now: number): readonly string[] {
  const reservations = reservationsOf(hosts)
  return hosts.flatMap(({ name, mac, address }) => {
    const lease = address && leases.byAddress(address)
    if (!lease || !isLive(lease, now) || reservations.isSameHost(mac, ownerOf(lease))) return []
    return [`${address} is reserved for ${name} and ${describeLease(lease)}: ${name} gets it once that one has asked again or is gone`]
  })
}

/** Undefined: it is read whenever it is needed. */
function readersOf(setting: string): readonly ServiceName[] | undefined {
  return READERS[setting] ?? READERS[setting.split('.')[0] ?? '']
}

/** Keys of sections, and of what is no section; sorted. */
function changedSettings(before: Config, after: Config): readonly string[] {
  const [old, now] = [settingsOf(before), settingsOf(after)]
  const names = new Set([...old.keys(), ...now.keys()])
  const changed = [...names].filter((name) => !isDeepStrictEqual(old.get(name), now.get(name)))
  // The subnet is that of the address.
  return [...new Set(changed.map((name) => (name === 'network.subnet' ? 'network.address' : name)))].sort()
}

function settingsOf(config: Config): ReadonlyMap<string, unknown> {
  const entries = Object.entries(config).flatMap(([section, value]): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([key, inner]) => [`${section}.${key}`, inner])
      : [[section, value]],
  )
  return new Map(entries.filter(([, value]) => value !== undefined))
}
