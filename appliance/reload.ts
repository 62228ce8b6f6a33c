// What of another config is taken while the appliance runs, and what only a restart takes. Pure.
import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config.ts'
import type { Reloaded } from './http/control/routes.ts'

type ServiceName = Reloaded['restart'][number]['services'][number]

/** Who reads a section, or one key of it, at its start. */
const READERS: Readonly<Record<string, readonly ServiceName[]>> = {
  dataDir: ['appliance', 'manager'],
  network: ['appliance', 'manager'],
  dhcp: ['appliance'],
  tftp: ['appliance'],
  http: ['appliance'],
  nfs: ['appliance'],
  hosts: ['appliance', 'manager'],
  manager: ['manager'],
  // The appliance tells agents where it is.
  'manager.listen': ['appliance', 'manager'],
  'manager.address': ['appliance'],
  'boot.enrol': ['manager'],
}

export class RunningConfig {
  #config: Config

  constructor(config: Config) {
    this.#config = config
  }

  /** What is gone by. */
  get config(): Config {
    return this.#config
  }

  /** Takes what can be taken now; the rest is told again until a restart. */
  take(after: Config): Reloaded {
    const before = this.#config
    const changed = changedSettings(before, after)
    const taken = changed.filter((setting) => readersOf(setting) === undefined)
    const { enrol } = before.boot
    this.#config = { ...before, boot: { ...after.boot, enrol } }
    const isManagers = before.manager?.listen !== undefined || after.manager?.listen !== undefined
    const restart = changed.flatMap((setting) => {
      const services = readersOf(setting)?.filter((service) => service === 'appliance' || isManagers)
      return services === undefined || services.length === 0 ? [] : [{ setting, services }]
    })
    return { taken, restart }
  }
}

/** Undefined: boots read it when they begin. */
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
